// Populations that only emit spikes: rates, schedules and lists of spikes.
#pragma once
#include "engine/network.hpp"

namespace plastica {

void check_schedule(const std::string& what, const std::vector<Step>& steps, const Values& values, std::size_t neurons);

template <class R>
void derive_source(Network<R>& net, Population<R>& population);

// Some neurons leave the schedule: from now on they have the values, the others what it says.
Schedule without(const Schedule& schedule, std::size_t size, const std::vector<Neuron>& ids, const Values& values);

}  // namespace plastica
