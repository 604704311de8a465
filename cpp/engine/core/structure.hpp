// Synapses and neurons that come and go.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

// New synapses deliver later spikes only; spikes on their way to one that is removed are lost. Weights and delays: one, or one each.
template <class R>
void add_synapses(Network<R>& net, std::size_t projection, const std::vector<Neuron>& sources, const std::vector<Neuron>& targets, const Values& weights,
                  const Values& delays);
template <class R>
void remove_synapses(Network<R>& net, std::size_t projection, std::vector<std::int64_t> indices);
// ms
template <class R>
Values births(Network<R>& net, std::size_t projection);
// Spikes of silent neurons are dropped before anything sees them.
template <class R>
void silence(Network<R>& net, std::size_t population, const Ids& ids, bool on);
template <class R>
std::vector<char> silent(const Network<R>& net, std::size_t population);
// All synapses from and to these neurons go.
template <class R>
void disconnect(Network<R>& net, std::size_t population, const std::vector<Neuron>& ids);
// They go silent for good, without synapses; a neuron can be born in the place of each.
template <class R>
void kill(Network<R>& net, std::size_t population, const std::vector<Neuron>& ids);
template <class R>
void give_birth(Network<R>& net, std::size_t population, const std::vector<Neuron>& ids);
template <class R>
std::vector<char> alive(const Network<R>& net, std::size_t population);
// ms
template <class R>
Values neuron_births(const Network<R>& net, std::size_t population);

}  // namespace plastica
