// Deliver: spikes that arrive now, onto the inputs of a share's own neurons; plastic rows learn in the same walk.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void deliver(Network<R>& net, std::size_t share, std::size_t population, Step k, std::size_t row);

}  // namespace plastica
