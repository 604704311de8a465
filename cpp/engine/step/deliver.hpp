#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void deliver(Network<R>& net, std::size_t share, std::size_t population, Step k, std::size_t row);

}  // namespace plastica
