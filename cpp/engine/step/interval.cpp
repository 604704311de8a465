// The step.
//
//   every step       sample    what recorders want of this moment
//                    deliver   spikes that arrive now, onto the inputs of the thread's own neurons; plastic rows learn in the same walk
//                    drive     stimuli
//                    update    receptors and membranes; sources emit
//                    learn     the thread's own spikes enter the histories that plastic rows read
//   every interval   exchange  everybody's spikes, in the order of (population, step, neuron), onto the way to their rows of synapses
//
// A population onto which nothing plastic projects takes several steps at once, phase by phase.
//
// Threads own fixed ranges of neurons and the synapses onto them, and meet once per interval of the least delay plus one step: a spike
// stamped k + 1 in the first step k of an interval arrives no earlier than one interval later. The buffers of spikes alternate
// between two, so that one barrier is enough.
#include <algorithm>

#include "base/barrier.hpp"
#include "engine/core/time.hpp"
#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/ticks.hpp"
#include "engine/plastic/walks.hpp"
#include "engine/record/sample.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/slow/freezing.hpp"
#include "engine/step/bundle.hpp"
#include "engine/step/deliver.hpp"
#include "engine/step/drive.hpp"
#include "engine/step/exchange.hpp"
#include "engine/step/failures.hpp"
#include "engine/step/learn.hpp"
#include "engine/step/update.hpp"

namespace plastica {

constexpr Step check_interval_steps = 1000;

template <class R>
void run(Network<R>& net, Step steps) {
  if (net.failed) throw Error("this network stopped with an error and cannot go on; build it again, or read its recorders");
  const Step end = net.now + std::max<Step>(steps, 0);
  if (net.now < end) put_switches_in_force(net);
  while (net.now < end) {
    try {
      sample_before_acting(net);
      perform_due(net);
    } catch (const std::bad_alloc&) {
      net.failed = true;  // in the middle of an edit
      throw;
    }
    advance_to(net, std::min(end, next_due(net, net.now + 1)));
  }
}

template <class R>
static void advance_to(Network<R>& net, Step end) {
  try {
    bundle_up(net);
  } catch (...) {
    net.failed = true;
    throw;
  }
  net.have_sampled = have_acted(net);
  const int workers = worth_feeding(net) ? std::min(net.share_count, most_workers()) : 1;
  Barrier barrier(workers);
  run_team(workers, [&](int thread) {
    try {
      run_thread(net, thread, workers, end, barrier);
    } catch (...) {
      net.failed = true;  // some threads are further than others
      barrier.abandon();
      throw;
    }
  });
}

// Whether there is enough to do for several threads, where the user leaves their number to Plastica; it makes no difference to the result.
template <class R>
static bool worth_feeding(const Network<R>& net) {
  if (net.threads != 0) return true;
  double per_interval = 0;
  for (const auto& population : net.populations) per_interval += static_cast<double>(population.size) * static_cast<double>(net.interval);
  return per_interval > 8000;
}

template <class R>
static void run_thread(Network<R>& net, int thread, int workers, Step end, Barrier& barrier) {
  Step k = net.now;
  std::size_t parity = net.parity;
  const auto stride = static_cast<std::size_t>(workers);
  const auto all = static_cast<std::size_t>(net.share_count);
  bool stopped = false;
  Step last = 0;
  while (k < end && !stopped) {
    const Step until = std::min(end, k + net.interval);
    for (auto share = static_cast<std::size_t>(thread); share < all; share += stride) {
      begin_interval(net, share, k, parity);
      note_sample_steps(net, share, net.have_sampled && k == net.now ? k + 1 : k, until);
      know_modulators(net, share, k, until);
      for (Step begin = k; begin < until; begin += net.span) advance_all(net, share, begin, std::min(until, begin + net.span), k, parity);
      if (until == end || until / check_interval_steps != k / check_interval_steps) check_finite(net, share, until, parity);
    }
    barrier.wait();
    for (auto share = static_cast<std::size_t>(thread); share < all; share += stride) exchange(net, share, k, until, parity);
    for (const auto& state : net.shares) stopped = stopped || state.failure[parity].has_value();
    last = until - k;
    k = until;
    parity ^= 1;
  }
  barrier.wait();
  if (thread != 0) return;
  net.now = k;
  net.parity = parity;
  net.last_interval = last;
  net.timings = {};
  for (const auto& state : net.shares)
    for (std::size_t phase = 0; phase < net.timings.size(); ++phase) net.timings[phase] += state.timings[phase];
  if (!stopped) return;
  net.failed = true;
  for (const auto& state : net.shares)
    if (state.failure[parity ^ 1]) throw SimulationError(*state.failure[parity ^ 1]);
}

template <class R>
static void begin_interval(Network<R>& net, std::size_t share, Step k, std::size_t parity) {
  if (k - net.shares[share].origin > (Step{1} << 29)) rebase(net, share, k);
  auto& emitted = net.shares[share].emitted[parity];
  emitted.resize(net.populations.size());
  for (auto& of_population : emitted)
    for (auto& of_step : of_population) of_step.clear();
}

// Populations do not see each other's spikes within an interval, so each goes through some steps of it on its own.
template <class R>
static void advance_all(Network<R>& net, std::size_t share, Step begin, Step end, Step interval, std::size_t parity) {
  auto& state = net.shares[share];
  const auto start = net.profiling ? Clock::now() : Clock::time_point{};
  deliver_bundles(net, share, begin, end);
  if (net.profiling) state.timings[static_cast<std::size_t>(Phase::deliver)] += std::chrono::duration<double>(Clock::now() - start).count();
  for (std::size_t p = 0; p < net.populations.size(); ++p) {
    auto& emitted = state.emitted[parity][p];
    if (emitted.size() < static_cast<std::size_t>(end - interval)) emitted.resize(static_cast<std::size_t>(end - interval));
    if (net.populations[p].owned(share) > 0) advance(net, share, p, begin, end, emitted.data() + (begin - interval), parity);
  }
}

namespace {

// Adds the time since the last lap to a phase, if someone wants to know.
template <class R>
class Stopwatch {
 public:
  Stopwatch(const Network<R>& net, Share<R>& share) : timings_(net.profiling ? share.timings.data() : nullptr) {
    if (timings_ != nullptr) last_ = Clock::now();
  }
  void lap(Phase phase) {
    if (timings_ == nullptr) return;
    const auto now = Clock::now();
    timings_[static_cast<std::size_t>(phase)] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  double* timings_;
  Clock::time_point last_{};
};

}  // namespace

// `emitted` takes the spikes of each step.
template <class R>
static void advance(Network<R>& net, std::size_t share, std::size_t p, Step begin, Step end, std::vector<Neuron>* emitted, std::size_t parity) {
  Stopwatch<R> watch(net, net.shares[share]);
  for (Step k = begin; k < end;) {
    const Step steps = stretch(net, p, k, end);
    // Bundles have filled a row for each step from the beginning; otherwise rows are used again while they are in the cache.
    const auto row = static_cast<std::size_t>(net.bundles_deliver ? k - begin : 0);
    if (!net.have_sampled || k != net.now) sample(net, share, p, k);
    watch.lap(Phase::sample);
    if (!net.populations[p].learning.empty()) {
      for (const auto* walk : walks<R>()) walk->begin_step(net, p, share, k);
      tick(net, share, p, k);
      watch.lap(Phase::learn);
    }
    for (Step j = 0; j < steps; ++j) deliver(net, share, p, k + j, row + static_cast<std::size_t>(j));
    watch.lap(Phase::deliver);
    for (Step j = 0; j < steps; ++j) stimulate(net, share, p, k + j, row + static_cast<std::size_t>(j));
    watch.lap(Phase::drive);
    update(net, share, p, k, steps, row);
    watch.lap(Phase::update);
    for (Step j = 0; j < steps; ++j) emit(net, share, p, j, k + j + 1, emitted[k + j - begin], parity);
    watch.lap(Phase::learn);
    k += steps;
  }
}

// The spikes of step j of a stretch, which are stamped with the next step: the share's own rows and recorders learn of them, and `neurons` takes them.
template <class R>
static void emit(Network<R>& net, std::size_t share, std::size_t p, Step j, Step stamp, std::vector<Neuron>& neurons, std::size_t parity) {
  auto& population = net.populations[p];
  auto& state = net.shares[share];
  const Neuron* const fired = state.fired.data() + static_cast<std::size_t>(j) * population.stride();
  std::size_t count = state.fired_count[static_cast<std::size_t>(j)];
  // Neurons that pad the last chunk are not there.
  while (count > 0 && fired[count - 1] >= population.owned(share)) --count;
  neurons.assign(fired, fired + count);
  if (population.some_mute()) std::erase_if(neurons, [&](Neuron i) { return population.mute(population.first(share) + i); });
  learn(net, share, p, neurons, stamp);
  if (neurons.empty()) return;
  for (auto& neuron : neurons) neuron += population.first(share);
  if (!population.source) check_fired(net, share, p, neurons, stamp, parity);
  state.spike_count[p] += neurons.size();
  note_spikes(net, share, p, neurons, stamp);
}

// How many steps the population can take at once: one, if plastic synapses must see its spikes or if currents drive it; else up to the next
// sample of its state.
template <class R>
static Step stretch(const Network<R>& net, std::size_t p, Step k, Step end) {
  const auto& population = net.populations[p];
  if (population.fused == nullptr || !population.learning.empty() || !population.external.empty()) return 1;
  return std::min({end - k, static_cast<Step>(population.stretch), until_sample(net, p, k)});
}

PLASTICA_INSTANTIATE(run);

}  // namespace plastica
