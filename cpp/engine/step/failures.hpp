// What went wrong in a step: numbers that are not finite, and what is to blame.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void check_fired(Network<R>& net, std::size_t share, std::size_t p, const std::vector<Neuron>& neurons, Step k, std::size_t parity);

template <class R>
void check_finite(Network<R>& net, std::size_t share, Step k, std::size_t parity);

}  // namespace plastica
