// Drive: what stimuli add to the input and the external current of a share's neurons.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void stimulate(Network<R>& net, std::size_t share, std::size_t p, Step k, std::size_t row);

}  // namespace plastica
