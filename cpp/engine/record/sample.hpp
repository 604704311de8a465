// What recorders sample in a step.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// The moments that recorders of states and weights will sample in this interval.
template <class R>
void note_sample_steps(Network<R>& net, std::size_t share, Step begin, Step end);

template <class R>
void sample(Network<R>& net, std::size_t share, std::size_t p, Step k);

template <class R>
void sample_modulator(Network<R>& net, std::size_t modulator, Step k, double level);

}  // namespace plastica
