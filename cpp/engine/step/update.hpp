// Update: receptors, then membranes, then who fired; sources emit.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void update(Network<R>& net, std::size_t share, std::size_t p, Step k, Step steps, std::size_t row);

}  // namespace plastica
