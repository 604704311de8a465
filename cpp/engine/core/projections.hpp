// Projections and their synapses.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
Connections connect(Network<R>& net, std::size_t pre, std::size_t post, const Ids& pre_ids, const Ids& post_ids, const std::string& connector,
                    const ConnectorOptions& options, std::span<const double> pre_positions, std::span<const double> post_positions, int dimensions);
template <class R>
std::size_t add_projection(Network<R>& net, Connections connections, std::size_t receptor, const SynapseValues& weight, const SynapseValues& delay,
                           double dendritic_fraction, const std::vector<PartSpec>& rules);
template <class R>
std::uint64_t synapses(const Network<R>& net, std::size_t projection);
template <class R>
Values weights(Network<R>& net, std::size_t projection);
template <class R>
void set_weights(Network<R>& net, std::size_t projection, const Values& values);
template <class R>
std::vector<Neuron> sources(Network<R>& net, std::size_t projection);
template <class R>
std::vector<Neuron> targets(Network<R>& net, std::size_t projection);
template <class R>
Values delays(Network<R>& net, std::size_t projection);
template <class R>
std::size_t bytes(const Network<R>& net, std::size_t projection);
// some rule changes weights
template <class R>
bool learns(const Network<R>& net, std::size_t projection);
template <class R>
bool plastic(const Network<R>& net, std::size_t projection);
template <class R>
void set_plastic(Network<R>& net, std::size_t projection, bool on);

}  // namespace plastica
