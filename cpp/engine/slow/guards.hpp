// Guards: what they watch, and when they stop a run.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// A watched population's spikes of one step; of each share its own count.
void count_spikes(Guard& guard, std::size_t share, const std::vector<Neuron>& neurons, Step stamp);

// What a guard sees at this step: an event if it is out of its band.
template <class R>
std::optional<GuardError> look(Network<R>& net, std::size_t id);

}  // namespace plastica
