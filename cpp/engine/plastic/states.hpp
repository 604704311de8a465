// What rules keep besides weights: naming, reading and setting it.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// Variables that follow the weight do so when it is set.
template <class R>
void adopt_weights(Network<R>& net, std::size_t p);

template <class R>
Probe probe_of(const Network<R>& net, std::size_t p, std::size_t state);

}  // namespace plastica
