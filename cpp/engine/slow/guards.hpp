// Guards: what they watch, and when they stop a run.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// A watched population's spikes of one step; of each share its own count.
void count_spikes(Guard& guard, std::size_t share, const std::vector<Neuron>& neurons, Step stamp);

// What a file holds of one.
template <class R>
void archive_guard(Network<R>& net, Archive& a, std::size_t g);

}  // namespace plastica
