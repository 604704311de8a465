// Laws of structure.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

// `specs`: the law, then, where synapses bind elements, those of the axons and of the dendrites of each projection; columns of elements count
// in this order.
template <class R>
std::size_t add_rewiring(Network<R>& net, const std::string& name, const std::vector<std::size_t>& projections, const std::vector<PartSpec>& specs,
                         const Places& places);
template <class R>
Values elements_get(Network<R>& net, std::size_t rewiring, std::size_t column, const std::string& name);
template <class R>
void elements_set(Network<R>& net, std::size_t rewiring, std::size_t column, const std::string& name, const Values& values);
template <class R>
double rewiring_get(const Network<R>& net, std::size_t rewiring, const std::string& name);
template <class R>
void rewiring_set(Network<R>& net, std::size_t rewiring, const std::string& name, double value);
template <class R>
void set_rewiring_schedule(Network<R>& net, std::size_t rewiring, std::vector<Step> steps, Values values);
template <class R>
bool rewiring_active(const Network<R>& net, std::size_t rewiring);
template <class R>
void set_rewiring_active(Network<R>& net, std::size_t rewiring, bool on);
// Synapses that it has created, and removed.
template <class R>
std::pair<std::uint64_t, std::uint64_t> rewired(const Network<R>& net, std::size_t rewiring);
// Seconds of the last update, by phase.
template <class R>
std::array<double, structure_phases.size()> rewiring_timings(const Network<R>& net, std::size_t rewiring);

}  // namespace plastica
