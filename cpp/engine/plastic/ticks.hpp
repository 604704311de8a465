// What all synapses onto a population do at once at some steps: ticks of rules, and renewals of integrals.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// Everything that all synapses onto a population do at once at this step, before what is stamped with it acts.
template <class R>
void tick(Network<R>& net, std::size_t share, std::size_t population, Step k);

}  // namespace plastica
