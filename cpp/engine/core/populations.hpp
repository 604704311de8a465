// Populations and their values.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
std::size_t add_population(Network<R>& net, Neuron size, const PartSpec& model, const std::vector<ReceptorSpec>& receptors);
// Takes back the population, or the drive, that was added last, if something about it turns out to be impossible.
template <class R>
void withdraw_population(Network<R>& net);
template <class R>
Values get(const Network<R>& net, std::size_t population, const std::string& name);
template <class R>
void set(Network<R>& net, std::size_t population, const std::string& name, const Ids& ids, const Values& values);
template <class R>
std::vector<std::string> variables(const Network<R>& net, std::size_t population);
template <class R>
void set_spikes(Network<R>& net, std::size_t population, std::span<const Step> steps, std::span<const Neuron> neurons);
template <class R>
void set_schedule(Network<R>& net, std::size_t population, const std::string& name, std::vector<Step> steps, Values values);
template <class R>
std::uint64_t spike_count(const Network<R>& net, std::size_t population);

}  // namespace plastica
