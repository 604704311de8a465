// What recorders are told while a network runs.
#include "engine/record/sample.hpp"

#include <algorithm>

namespace plastica {

// The interval of the steps begin .. end-1 lies ahead.
template <class R>
void note_sample_steps(Network<R>& net, std::size_t share, Step begin, Step end) {
  if (share != 0) return;
  for (const auto& recorder : net.recorders)
    if (recorder->listens.steps_of != Listening::nobody) recorder->approach(begin, end);
}

template <class R>
void sample(Network<R>& net, std::size_t share, std::size_t p, Step k) {
  for (const auto& recorder : net.recorders)
    if (recorder->listens.steps_of == p && k % recorder->interval == 0) recorder->sample(net, share, k);
}

// So many steps from k on no recorder samples the population but at their beginning.
template <class R>
Step until_sample(const Network<R>& net, std::size_t p, Step k) {
  Step steps = last_step;
  for (const auto& recorder : net.recorders)
    if (recorder->listens.steps_of == p) steps = std::min(steps, recorder->interval - k % recorder->interval);
  return steps;
}

template <class R>
void sample_modulator(Network<R>& net, std::size_t modulator, Step k, double level) {
  for (const auto& recorder : net.recorders) {
    if (recorder->listens.level_of != modulator || k % recorder->interval != 0) continue;
    recorder->approach(k, k + 1);
    recorder->take_level(level);
  }
}

PLASTICA_INSTANTIATE(note_sample_steps);
PLASTICA_INSTANTIATE(sample);
PLASTICA_INSTANTIATE(until_sample);
PLASTICA_INSTANTIATE(sample_modulator);

}  // namespace plastica
