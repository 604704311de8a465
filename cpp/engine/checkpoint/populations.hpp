// Populations in a file, with what their spikes have left for plastic synapses, and modulators.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void archive_population(Network<R>& net, Archive& a, std::size_t p);

// What the spikes of a population have left for the plastic synapses onto it.
template <class R>
void archive_learning(Network<R>& net, Archive& a, std::size_t p);

template <class R>
void archive_modulator(Network<R>& net, Archive& a, std::size_t m);

// What releases them, once there are populations, and the past that rules look back on, once there are rules.
template <class R>
void archive_levels(Network<R>& net, Archive& a, std::size_t m);

}  // namespace plastica
