// Reading and setting the synapses of a projection between runs.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
std::vector<std::vector<R>> current(const Network<R>& net, std::size_t p, const Probe& probe);

}  // namespace plastica
