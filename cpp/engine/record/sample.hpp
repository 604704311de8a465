// What recorders are told while a network runs.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// The interval of the steps begin .. end-1 lies ahead.
template <class R>
void note_sample_steps(Network<R>& net, std::size_t share, Step begin, Step end);

template <class R>
void sample(Network<R>& net, std::size_t share, std::size_t p, Step k);

// So many steps from k on no recorder samples the population but at their beginning.
template <class R>
Step until_sample(const Network<R>& net, std::size_t p, Step k);

template <class R>
void sample_modulator(Network<R>& net, std::size_t modulator, Step k, double level);

}  // namespace plastica
