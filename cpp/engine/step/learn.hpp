// Learn: a share's own spikes enter what plastic synapses read of their targets, and are noted by all who count them.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// The spikes of one step, stamped with the next, enter what plastic synapses read of their targets.
template <class R>
void learn(Network<R>& net, std::size_t share, std::size_t p, const std::vector<Neuron>& fired, Step stamp);

template <class R>
void note_spikes(Network<R>& net, std::size_t share, std::size_t p, const std::vector<Neuron>& neurons, Step stamp);

}  // namespace plastica
