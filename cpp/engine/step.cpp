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
#include <cmath>
#include <stdexcept>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

constexpr std::size_t block_size = 16 * chunk_size;  // scratch of a block of neurons stays in the first-level cache
constexpr Step check_interval_steps = 1000;
constexpr std::size_t table_ahead = 4;  // so many rows before its turn, what a short row needs of the table of epochs is fetched

}  // namespace

template <class R>
void Simulation<R>::run(Step steps) {
  if (failed_) throw Error("this network stopped with an error and cannot go on; build it again, or read its recorders");
  const Step end = now_ + std::max<Step>(steps, 0);
  if (now_ < end) put_switches_in_force();
  while (now_ < end) {
    try {
      sample_before_acting();
      perform_due();
    } catch (const std::bad_alloc&) {
      failed_ = true;  // in the middle of an edit
      throw;
    }
    advance_to(std::min(end, next_due(now_ + 1)));
  }
}

template <class R>
void Simulation<R>::advance_to(Step end) {
  try {
    bundle_up();
  } catch (...) {
    failed_ = true;
    throw;
  }
  have_sampled_ = have_acted();
  const int workers = worth_feeding() ? std::min(parts_, most_workers()) : 1;
  Barrier barrier(workers);
  run_team(workers, [&](int thread) {
    try {
      run_thread(thread, workers, end, barrier);
    } catch (...) {
      failed_ = true;  // some threads are further than others
      barrier.abandon();
      throw;
    }
  });
}

// Whether there is enough to do for several threads, where the user leaves their number to Plastica; it makes no difference to the result.
template <class R>
bool Simulation<R>::worth_feeding() const {
  if (threads_ != 0) return true;
  double per_interval = 0;
  for (const auto& population : populations_) per_interval += static_cast<double>(population.size) * static_cast<double>(interval_);
  return per_interval > 8000;
}

template <class R>
void Simulation<R>::run_thread(int thread, int workers, Step end, Barrier& barrier) {
  Step k = now_;
  std::size_t parity = parity_;
  const auto share = static_cast<std::size_t>(workers);
  const auto all = static_cast<std::size_t>(parts_);
  bool stopped = false;
  Step last = 0;
  while (k < end && !stopped) {
    const Step until = std::min(end, k + interval_);
    for (auto part = static_cast<std::size_t>(thread); part < all; part += share) {
      begin_interval(part, k, parity);
      note_sample_steps(part, have_sampled_ && k == now_ ? k + 1 : k, until);
      know_modulators(part, k, until);
      for (Step begin = k; begin < until; begin += span_) advance_all(part, begin, std::min(until, begin + span_), k, parity);
      if (until == end || until / check_interval_steps != k / check_interval_steps) check_finite(part, until, parity);
    }
    barrier.wait();
    for (auto part = static_cast<std::size_t>(thread); part < all; part += share) exchange(part, k, until, parity);
    for (const auto& state : parts_state_) stopped = stopped || state.failure[parity].has_value();
    last = until - k;
    k = until;
    parity ^= 1;
  }
  barrier.wait();
  if (thread != 0) return;
  now_ = k;
  parity_ = parity;
  last_interval_ = last;
  timings_ = {};
  for (const auto& state : parts_state_)
    for (std::size_t phase = 0; phase < timings_.size(); ++phase) timings_[phase] += state.timings[phase];
  if (!stopped) return;
  failed_ = true;
  for (const auto& state : parts_state_)
    if (state.failure[parity ^ 1]) throw SimulationError(*state.failure[parity ^ 1]);
}

template <class R>
void Simulation<R>::begin_interval(std::size_t part, Step k, std::size_t parity) {
  if (k - parts_state_[part].origin > (Step{1} << 29)) rebase(part, k);
  auto& emitted = parts_state_[part].emitted[parity];
  emitted.resize(populations_.size());
  for (auto& of_population : emitted)
    for (auto& of_step : of_population) of_step.clear();
}

// The moments that recorders of states and weights will sample in this interval.
template <class R>
void Simulation<R>::note_sample_steps(std::size_t part, Step begin, Step end) {
  if (part != 0) return;
  for (const auto& recorder : recorders_) {
    if (recorder->kind != RecorderKind::states && recorder->kind != RecorderKind::synapses) continue;
    const Step interval = recorder->interval;
    for (Step k = (begin + interval - 1) / interval * interval; k < end; k += interval) recorder->steps[0].push_back(k);
  }
}

// Populations do not see each other's spikes within an interval, so each goes through some steps of it on its own.
template <class R>
void Simulation<R>::advance_all(std::size_t part, Step begin, Step end, Step interval, std::size_t parity) {
  auto& state = parts_state_[part];
  const auto start = profile_ ? Clock::now() : Clock::time_point{};
  deliver_bundles(part, begin, end);
  if (profile_) state.timings[static_cast<std::size_t>(Phase::deliver)] += std::chrono::duration<double>(Clock::now() - start).count();
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    auto& emitted = state.emitted[parity][p];
    if (emitted.size() < static_cast<std::size_t>(end - interval)) emitted.resize(static_cast<std::size_t>(end - interval));
    if (populations_[p].owned(part) > 0) advance(part, p, begin, end, emitted.data() + (begin - interval), parity);
  }
}

// `emitted` takes the spikes of each step.
template <class R>
void Simulation<R>::advance(std::size_t part, std::size_t p, Step begin, Step end, std::vector<Neuron>* emitted, std::size_t parity) {
  auto& population = populations_[p];
  auto& state = parts_state_[part];
  auto last = profile_ ? Clock::now() : Clock::time_point{};
  const auto lap = [&](Phase phase) {
    if (!profile_) return;
    const auto now = Clock::now();
    state.timings[static_cast<std::size_t>(phase)] += std::chrono::duration<double>(now - last).count();
    last = now;
  };
  for (Step k = begin; k < end;) {
    const Step steps = stretch(p, k, end);
    // Bundles have filled a row for each step from the beginning; otherwise rows are used again while they are in the cache.
    const auto row = static_cast<std::size_t>(bundles_deliver_ ? k - begin : 0);
    if (!have_sampled_ || k != now_) sample(part, p, k);
    lap(Phase::sample);
    if (!population.learning.empty()) {
      begin_running_epochs(part, p, k);
      tick(part, p, k);
      lap(Phase::learn);
    }
    for (Step j = 0; j < steps; ++j) deliver(part, p, k + j, row + static_cast<std::size_t>(j));
    lap(Phase::deliver);
    for (Step j = 0; j < steps; ++j) drive(part, p, k + j, row + static_cast<std::size_t>(j));
    lap(Phase::drive);
    update(part, p, k, steps, row);
    lap(Phase::update);
    for (Step j = 0; j < steps; ++j) {
      auto& neurons = emitted[k + j - begin];
      const Neuron* const fired = state.fired.data() + static_cast<std::size_t>(j) * population.stride();
      std::size_t count = state.fired_count[static_cast<std::size_t>(j)];
      // Neurons that pad the last chunk are not there.
      while (count > 0 && fired[count - 1] >= population.owned(part)) --count;
      neurons.assign(fired, fired + count);
      if (population.some_mute()) {
        std::erase_if(neurons, [&](Neuron i) { return population.mute(population.first(part) + i); });
        count = neurons.size();
      }
      learn(part, p, neurons, k + j + 1);
      if (count == 0) continue;
      for (auto& neuron : neurons) neuron += population.first(part);
      if (population.source == SourceKind::none) check_fired(part, p, neurons, k + j + 1, parity);
      state.spike_count[p] += count;
      note_spikes(part, p, neurons, k + j + 1);
    }
    lap(Phase::learn);
    k += steps;
  }
}

// How many steps the population can take at once: one, if plastic synapses must see its spikes or if currents drive it; else up to the next
// sample of its state.
template <class R>
Step Simulation<R>::stretch(std::size_t p, Step k, Step end) const {
  const auto& population = populations_[p];
  if (population.fused == nullptr || !population.learning.empty() || !population.external.empty()) return 1;
  Step steps = std::min(end - k, static_cast<Step>(population.stretch));
  for (const auto& recorder : recorders_) {
    const bool of_state = recorder->kind == RecorderKind::states && recorder->target == p;
    const bool of_weights = recorder->kind == RecorderKind::synapses && projections_[recorder->target].post == p;
    if (of_state || of_weights) steps = std::min(steps, recorder->interval - k % recorder->interval);
  }
  return steps;
}

// ---- deliver --------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::deliver(std::size_t part, std::size_t population, Step k, std::size_t row) {
  auto& post = populations_[population];
  for (const std::size_t p : incoming_[population]) {
    if (bundled_[p]) continue;
    auto& projection = projections_[p];
    auto& shard = projection.shards[part];
    auto& due = shard.arrivals(k);
    if (due.empty() && shard.transmitted.empty() && shard.lagged.empty()) continue;
    R* const input = post.receptors[projection.receptor].arrivals.data() + row * post.stride() + post.first(part);
    if (const auto settled = shard.transmitted.find(k); settled != shard.transmitted.end()) {
      for (const auto& arrival : settled->second) input[arrival.target] += arrival.weight * projection.gain;
      shard.transmitted.erase(settled);
    }
    if (!projection.stateful()) {
      const StaticRows<R> rows{shard.store.data(), shard.layout.head, shard.shared};
      const bool scaled = projection.gain != R(1);
      auto& scales = parts_state_[part].scales;
      if (scaled) scales.assign(due.size(), projection.gain);
      kernels_.deliver[shard.layout.narrow()][!shard.layout.weights][scaled](rows, due.data(), scaled ? scales.data() : nullptr, due.size(), input);
    } else {
      switch (plastic_[p].walk) {
        case Walk::none:
          deliver_by_axons(part, p, due, k, input);
          break;
        case Walk::replay:
          deliver_plastic(part, p, due, k, input);
          break;
        case Walk::table:
          deliver_by_table(part, p, due, k, input);
          break;
        case Walk::running:
          deliver_by_sums(part, p, due, k, input);
          break;
      }
      if (plastic_[p].lag > 0) {
        if (!due.empty()) {
          auto& late = shard.lagged[k + plastic_[p].lag];
          late.insert(late.end(), due.begin(), due.end());
        }
        act_late(part, p, k);
      }
    }
    due.clear();
  }
}

// Rules of axons alone: every row transmits its part of the weights.
template <class R>
void Simulation<R>::deliver_by_axons(std::size_t part, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const auto& set = plastic_[p];
  auto& scales = parts_state_[part].scales;
  scales.resize(due.size());
  for (std::size_t r = 0; r < due.size(); ++r) {
    RowState& state = shard.state(due[r]);
    const std::int32_t now = relative(part, k) - 2 * projection.dendritic(state.delay);
    scales[r] = release_axons(set, shard.traces(due[r]), now - state.base) * projection.gain;
    state.base = now;
  }
  const StaticRows<R> rows{shard.store.data(), shard.layout.head, shard.shared};
  kernels_.deliver[shard.layout.narrow()][!shard.layout.weights][1](rows, due.data(), scales.data(), due.size(), input);
}

template <class R>
void Simulation<R>::deliver_plastic(std::size_t part, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& shard = projections_[p].shards[part];
  const auto& set = plastic_[p];
  const PlasticContext<R> rules = context(p, part);
  const auto arrive = kernels_.rows.arrive[shard.layout.narrow()];
  for (const RowPosition at : due) {
    PlasticRow<R> row = row_of(p, part, at);
    row.inert = inert(p, part, at, k);
    const std::int32_t now = relative(part, k) - 2 * row.dendritic;
    const R efficacy = release_axons(set, row.traces, now - row.base) * projections_[p].gain;
    arrive(rules, row, now, Visit::arrival, efficacy, input);
    put_back(p, part, at, row);
  }
}

// Spikes that arrived some time ago act once more.
template <class R>
void Simulation<R>::act_late(std::size_t part, std::size_t p, Step k) {
  auto& shard = projections_[p].shards[part];
  const auto& set = plastic_[p];
  const PlasticContext<R> rules = context(p, part);
  const auto arrive = kernels_.rows.arrive[shard.layout.narrow()];
  for (const auto& [step, at] : shard.early)
    if (step == k) shard.lagged[k].push_back(at);
  std::erase_if(shard.early, [k](const auto& each) { return each.first == k; });
  auto* const late = shard.lagged.find(k);
  if (late == nullptr) return;
  for (const RowPosition at : *late) {
    PlasticRow<R> row = row_of(p, part, at);
    row.inert = inert(p, part, at, k - set.lag);
    const std::int32_t now = relative(part, k) - 2 * row.dendritic;
    advance_axons(set, row.traces, now - row.base);
    arrive(rules, row, now, Visit::lagged, R(1), nullptr);
    put_back(p, part, at, row);
  }
  late->clear();
}

template <class R>
void Simulation<R>::deliver_by_table(std::size_t part, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const auto& set = plastic_[p];
  auto& learning = populations_[projection.post].learning[part];
  const auto& table = learning.tables[set.table];
  const R* const y = learning.dense[set.dense[0]].value.data();
  const std::int32_t now = relative(part, k);
  auto& arrived = shard.arrived[table.slot(table.epoch_of(k))];
  const auto arrive = set.kernels.arrive_table[shard.layout.narrow()];
  auto& rows = parts_state_[part].table_rows;
  rows.clear();
  for (const RowPosition at : due) {
    rows.push_back(table_row(p, part, at));
    rows.back().inert = inert(p, part, at, k);
  }
  for (std::size_t r = 0; r < due.size(); ++r) {
    if (r + table_ahead < due.size()) kernels_.rows.fetch_table[shard.layout.narrow()](rows[r + table_ahead]);
    RowState& state = shard.state(due[r]);
    const R efficacy = release_axons(set, shard.traces(due[r]), now - state.base) * projection.gain;
    arrive(rows[r], set.rules[0].constants, y, static_cast<R>(set.w_max), projection.sign * efficacy, input);
    mark_traces(set, shard.traces(due[r]), now - state.arrival);
    state.arrival = state.consumed = state.base = now;
    arrived.push_back(due[r]);
  }
}

template <class R>
void Simulation<R>::deliver_by_sums(std::size_t part, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const auto& set = plastic_[p];
  const auto& table = populations_[projection.post].learning[part].running[set.table];
  const std::int32_t now = relative(part, k);
  auto& arrived = shard.arrived[table.slot(table.epoch_of(k))];
  const auto arrive = set.kernels.arrive_running[shard.layout.narrow()];
  const RunningInput<R> in = running_input(p, part);
  for (const RowPosition at : due) {
    RowState& state = shard.state(at);
    const R efficacy = release_axons(set, shard.traces(at), now - state.base) * projection.gain;
    RunningRow<R> row = running_row(p, part, at, now);
    row.inert = inert(p, part, at, k);
    arrive(row, in, projection.sign * efficacy, input);
    mark_traces(set, shard.traces(at), now - state.arrival);
    state.arrival = state.consumed = state.base = now;
    arrived.push_back(at);
  }
}

// ---- drive ----------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::drive(std::size_t part, std::size_t p, Step k, std::size_t row) {
  auto& population = populations_[p];
  const Neuron first = population.first(part);
  const std::size_t count = padded(population.owned(part));
  R* const external = population.external.empty() ? nullptr : population.external.data() + first;
  if (external != nullptr) std::fill_n(external, count, R(0));
  for (auto& stimulus : drives_) {
    if (!stimulus.active || stimulus.population != p) continue;
    const auto& derived = stimulus.at(k);
    const std::size_t at = derived.uniform ? 0 : first;
    switch (stimulus.kind) {
      case DriveKind::poisson: {
        const bool one_weight = stimulus.weight.size() == 1;
        const double* const mean = derived.uniform ? nullptr : derived.mean_number.data() + first;
        const double* const none = derived.uniform ? nullptr : derived.none.data() + first;
        const PoissonBlock<R> block{
            stimulus.key,   k,
            first,          count,
            derived.rounds, &derived.table,
            mean,           none,
            derived.terms,  stimulus.weight.data() + (one_weight ? 0 : first),
            one_weight,     population.receptors[static_cast<std::size_t>(stimulus.receptor)].arrivals.data() + row * population.stride() + first};
        (derived.uniform ? kernels_.poisson : kernels_.poisson_each)(block);
        break;
      }
      case DriveKind::constant:
        for (std::size_t i = 0; i < count; ++i) external[i] += derived.mean_current[derived.uniform ? 0 : at + i];
        break;
      case DriveKind::sine:
        add_sine(stimulus, population, first, k, external);
        break;
      case DriveKind::noise:
        kernels_.noise({stimulus.key, k, first, count, derived.mean_current.data() + at, stimulus.keep.data() + at, stimulus.spread.data() + at,
                        derived.uniform, stimulus.state.data() + first, external});
        break;
    }
  }
}

template <class R>
void Simulation<R>::add_sine(const Drive& stimulus, const Population<R>& population, Neuron first, Step k, R* external) const {
  const auto& q = stimulus.parameters;  // amplitude, frequency, phase, offset
  const auto& amplitude = stimulus.first;
  const double t = static_cast<double>(k) * dt_;
  const auto value = [&](std::size_t i) { return static_cast<R>(q[3][i] + amplitude[i] * math::sin(6.283185307179586477 * q[1][i] * 1e-3 * t + q[2][i])); };
  const bool uniform = stimulus.at(k).uniform;
  const R same = value(0);
  const Neuron end = std::min(population.size, first + population.owned(static_cast<std::size_t>(population.partition.owner(first))));
  for (Neuron i = first; i < end; ++i) {
    const bool in = stimulus.member.empty() || stimulus.member[i];
    external[i - first] += !in ? R(0) : uniform ? same : value(i);
  }
}

// ---- update ---------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::update(std::size_t part, std::size_t p, Step k, Step steps, std::size_t row) {
  auto& population = populations_[p];
  auto& state = parts_state_[part];
  const std::size_t needed = static_cast<std::size_t>(steps) * population.stride();
  if (state.fired.size() < needed) state.fired.resize(needed);
  std::fill_n(state.fired_count.begin(), steps, std::size_t{0});
  if (population.source != SourceKind::none)
    emit(part, p, k);
  else if (population.fused != nullptr && population.external.empty())
    update_fused(part, population, steps, row);
  else
    update_by_passes(part, population, row);
}

template <class R>
void Simulation<R>::update_fused(std::size_t part, Population<R>& population, Step steps, std::size_t row) {
  auto& scratch = parts_state_[part];
  const Neuron begin = population.first(part);
  std::array<R*, 16> state{};
  std::array<const R*, 32> constants{};
  std::array<std::array<R*, 16>, 2> receptor_state{};
  std::array<std::array<const R*, 32>, 2> receptor_constants{};
  for (std::size_t c = 0; c < population.state.size(); ++c) state[c] = population.state[c].data() + begin;
  for (std::size_t c = 0; c < population.constants.size(); ++c) constants[c] = population.constants[c].data() + (population.per_neuron ? begin : 0);
  FusedBlock<R> block{
      state.data(),         constants.data(),          {}, population.stride(), static_cast<std::size_t>(steps), padded(population.owned(part)), 0,
      scratch.fired.data(), scratch.fired_count.data()};
  const auto& fused = *population.fused;
  for (std::size_t r = 0; r < population.receptors.size(); ++r) {
    auto& receptor = population.receptors[population.receptor_order[r]];
    for (std::size_t c = 0; c < receptor.state.size(); ++c) receptor_state[r][c] = receptor.state[c].data() + begin;
    for (std::size_t c = 0; c < receptor.constants.size(); ++c) receptor_constants[r][c] = receptor.constants[c].data();
    R* const arrivals = receptor.arrivals.data() + row * population.stride() + begin;
    for (std::size_t j = 0; j < (receptor.gain.empty() ? 0 : block.steps); ++j)
      kernels_.scale(arrivals + j * block.stride, receptor.gain.data() + begin, block.count);
    block.inputs[fused.swapped ? 1 - r : r] = {receptor_state[r].data(), receptor_constants[r].data(), arrivals};
  }
  fused.step[population.differs](block);
}

template <class R>
void Simulation<R>::update_by_passes(std::size_t part, Population<R>& population, std::size_t row) {
  auto& scratch = parts_state_[part];
  const Neuron begin = population.first(part);
  const std::size_t count = padded(population.owned(part));
  std::array<R*, 16> state{};
  std::array<const R*, 32> constants{};
  const auto offset_columns = [](auto& columns, auto& pointers, std::size_t at) {
    for (std::size_t c = 0; c < columns.size(); ++c) pointers[c] = columns[c].data() + at;
  };
  const auto step = population.model->kernels.template of<R>(isa_).step[population.per_neuron][population.conductances];
  std::size_t& fired = scratch.fired_count[0];
  for (std::size_t block = 0; block < count; block += block_size) {
    const std::size_t at = begin + block, size = std::min(block_size, count - block);
    R* const current = scratch.current.data();
    if (population.external.empty()) {
      std::fill_n(current, size, nothing<R>);
    } else {
      const bool one = population.external_gain.size() == 1;
      for (std::size_t i = 0; i < size; ++i) current[i] = population.external[at + i] * population.external_gain[one ? 0 : at + i];
    }
    if (population.conductances) {
      std::fill_n(scratch.conductance.data(), size, nothing<R>);
      std::fill_n(scratch.reversal.data(), size, nothing<R>);
    }
    for (const std::size_t r : population.receptor_order) {
      auto& receptor = population.receptors[r];
      offset_columns(receptor.state, state, at);
      offset_columns(receptor.constants, constants, receptor.per_neuron ? at : 0);
      R* const arrivals = receptor.arrivals.data() + row * population.stride() + at;
      if (!receptor.gain.empty()) kernels_.scale(arrivals, receptor.gain.data() + at, size);
      receptor.part->kernels.template of<R>(isa_).step[receptor.per_neuron](
          {state.data(), constants.data(), arrivals, population.state[0].data() + at, current, scratch.conductance.data(), scratch.reversal.data(), size});
    }
    offset_columns(population.state, state, at);
    offset_columns(population.constants, constants, population.per_neuron ? at : 0);
    fired += step({state.data(), constants.data(), current, scratch.conductance.data(), scratch.reversal.data(), size, static_cast<Neuron>(block),
                   scratch.fired.data() + fired});
  }
}

template <class R>
void Simulation<R>::emit(std::size_t part, std::size_t p, Step k) {
  auto& population = populations_[p];
  auto& fired = parts_state_[part].fired;
  auto& count = parts_state_[part].fired_count[0];
  const Neuron first = population.first(part);
  if (population.source == SourceKind::spikes) {
    const auto& list = population.emissions[part];
    auto& next = population.next[part];
    for (; next < list.size() && list[next].step <= k + 1; ++next) {
      const Neuron local = list[next].neuron - first;
      if (list[next].step == k + 1 && (count == 0 || fired[count - 1] != local)) fired[count++] = local;
    }
    return;
  }
  const auto& thresholds = population.thresholds[population.schedule.at(k)];
  const bool uniform = thresholds.size() == 1;
  count = kernels_.bernoulli({random_key(seed_, static_cast<std::uint32_t>(p), Purpose::poisson_source), k, first, padded(population.owned(part)),
                              thresholds.data() + (uniform ? 0 : first), uniform, 0, fired.data()});
}

// ---- learn, record, exchange ----------------------------------------------------------------------------------------------------

// The spikes of one step, stamped with the next, enter what plastic synapses read of their targets.
template <class R>
void Simulation<R>::learn(std::size_t part, std::size_t p, const std::vector<Neuron>& fired, Step stamp) {
  auto& population = populations_[p];
  if (population.learning.empty()) return;
  auto& learning = population.learning[part];
  begin_epochs(part, p, stamp);
  for (auto& trace : learning.dense) {
    for (const Neuron i : learning.newest) trace.value[i] = trace.spec.pairing == Pairing::nearest ? R(1) : trace.value[i] + R(1);
    kernels_.decay(trace.value.data(), trace.loss, trace.value.size());
  }
  learning.newest.assign(fired.begin(), fired.end());
  push_gates(part, p, stamp);
  if (fired.empty()) return;
  const std::int32_t step = relative(part, stamp);
  for (auto& table : learning.tables) table.push(fired.data(), fired.size(), stamp);
  std::int32_t needed = needed_history(part, p, stamp);
  for (const Neuron i : fired) {
    if (!learning.history.room(i, needed)) {
      make_room(part, p, i, stamp);
      needed = needed_history(part, p, stamp);
    }
    learning.history.push(i, step);
  }
  push_factors(part, p, fired, stamp);
}

template <class R>
void Simulation<R>::note_spikes(std::size_t part, std::size_t p, const std::vector<Neuron>& neurons, Step stamp) {
  for (auto& rewiring : rewirings_)
    if (!rewiring.pause.on()) note_in_elements(rewiring, p, neurons, stamp);
  for (auto& controller : controllers_)
    if (controller.population == p && !controller.pending.empty() && !controller.pause.on()) sense(controller, part, neurons, stamp);
  for (auto& guard : guards_)
    if (guard.owner == Owner::population && guard.target == p) count_spikes(guard, part, neurons, stamp);
  for (const auto& recorder : recorders_) {
    if (recorder->target != p) continue;
    const auto& member = recorder->member;
    if (recorder->kind == RecorderKind::spikes) {
      for (const Neuron i : neurons) {
        if (!member.empty() && !member[i]) continue;
        recorder->steps[part].push_back(stamp);
        recorder->ids[part].push_back(i);
      }
    } else if (recorder->kind == RecorderKind::rate) {
      std::int64_t counted = 0;
      for (const Neuron i : neurons) counted += member.empty() || member[i] ? 1 : 0;
      // A bin ends at a multiple of the interval and holds the spikes stamped after its beginning up to its end.
      const Step end = (stamp + recorder->interval - 1) / recorder->interval * recorder->interval;
      auto& steps = recorder->steps[part];
      auto& counts = recorder->counts[part];
      if (steps.empty() || steps.back() != end) {
        steps.push_back(end);
        counts.push_back(0);
      }
      counts.back() += counted;
    }
  }
}

template <class R>
void Simulation<R>::exchange(std::size_t part, Step begin, Step end, std::size_t parity) {
  const auto start = profile_ ? Clock::now() : Clock::time_point{};
  for (std::size_t p = 0; p < populations_.size(); ++p)
    for (Step k = begin; k < end && !outgoing_[p].empty(); ++k)
      for (const auto& from : parts_state_) {
        const auto& neurons = from.emitted[parity][p][static_cast<std::size_t>(k - begin)];
        if (neurons.empty()) continue;
        const auto send = [&](Records<R>& records, std::uint32_t least_delay) {
          for (const Neuron source : neurons) records.send(source, k + 1 + least_delay);
        };
        for (const std::size_t out : outgoing_[p])
          if (!bundled_[out]) send(projections_[out].shards[part], projections_[out].min_delay);
        if (!bundles_[p].members.empty()) send(bundles_[p].parts[part], bundles_[p].min_delay);
      }
  release_by_spikes(part, begin, end, parity);
  if (profile_) parts_state_[part].timings[static_cast<std::size_t>(Phase::exchange)] += std::chrono::duration<double>(Clock::now() - start).count();
}

template <class R>
void Simulation<R>::sample(std::size_t part, std::size_t p, Step k) {
  for (const auto& recorder : recorders_) {
    if (k % recorder->interval != 0) continue;
    if (recorder->kind == RecorderKind::states && recorder->target == p) {
      const Column<R>& column = *variable(p, recorder->variable).state;
      for (const Neuron i : recorder->owned[part]) recorder->values[part].push_back(column[i]);
    } else if (recorder->kind == RecorderKind::synapses && projections_[recorder->target].post == p) {
      sample_synapses(part, *recorder, k);
    }
  }
}

template <class R>
void Simulation<R>::sample_synapses(std::size_t part, Recorder& recorder, Step k) {
  const std::size_t p = recorder.target;
  const auto& projection = projections_[p];
  const auto& shard = projection.shards[part];
  auto& values = recorder.values[part];
  if (bundled(p)) {
    values.insert(values.end(), recorder.constant[part].begin(), recorder.constant[part].end());
    return;
  }
  if (recorder.probe.where == Probe::Where::neuron) {
    const auto& column = plastic_[p].parts[part].narrow[recorder.probe.rule][recorder.probe.at];
    for (const Neuron i : recorder.owned[part]) values.push_back(column[i - populations_[projection.post].first(part)]);
    return;
  }
  if (!projection.learns() && recorder.probe.where == Probe::Where::weight) {
    for (const auto& synapse : recorder.synapses[part])
      values.push_back(synapse.row == RowEditor<R>::nowhere ? std::numeric_limits<R>::quiet_NaN() : shard.weight(synapse.row, synapse.place));
    return;
  }
  const InFlight in_flight = rows_in_flight(p, part, k);
  PlasticRow<R> row{};
  const SampledSynapse* before = nullptr;
  for (const auto& synapse : recorder.synapses[part]) {
    if (synapse.row == RowEditor<R>::nowhere) {
      values.push_back(std::numeric_limits<R>::quiet_NaN());
      continue;
    }
    if (before == nullptr || before->row != synapse.row) row = read_row(p, part, synapse.row, k, in_flight, parts_state_[part]);
    before = &synapse;
    values.push_back(probed(p, part, recorder.probe, row, synapse.place));
  }
}

template <class R>
void Simulation<R>::sample_modulator(std::size_t modulator, Step k, double level) {
  for (const auto& recorder : recorders_) {
    if (recorder->kind != RecorderKind::modulator || recorder->target != modulator || k % recorder->interval != 0) continue;
    recorder->steps[0].push_back(k);
    recorder->values[0].push_back(static_cast<R>(level));
  }
}

// ---- what went wrong ------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::fail(std::size_t part, std::size_t parity, Step k, std::size_t p, Neuron neuron, const std::string& variable) {
  auto& failure = parts_state_[part].failure[parity];
  if (failure) return;
  const std::string cause = blame(p, neuron, variable);
  failure.emplace("the simulation blew up: " + cause + " is not a finite number", static_cast<double>(k) * dt_, p, neuron, cause);
}

// A weight, if one that ends at this neuron is to blame; else the variable.
template <class R>
std::string Simulation<R>::blame(std::size_t p, Neuron neuron, const std::string& variable) const {
  const auto part = static_cast<std::size_t>(populations_[p].partition.owner(neuron));
  const Neuron local = neuron - populations_[p].first(part);
  for (std::size_t i = 0; i < projections_.size(); ++i) {
    if (projections_[i].post != p || !projections_[i].learns()) continue;
    const auto& shard = projections_[i].shards[part];
    bool found = false;
    shard.for_each_row([&](RowPosition at) {
      for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
        found = found || (shard.target(at, place) == local && !std::isfinite(shard.weight(at, place)));
    });
    if (found) return "a weight of projection " + std::to_string(i) + " onto V";
  }
  return variable;
}

template <class R>
void Simulation<R>::check_fired(std::size_t part, std::size_t p, const std::vector<Neuron>& neurons, Step k, std::size_t parity) {
  for (const Neuron i : neurons)
    if (!std::isfinite(populations_[p].state[0][i])) fail(part, parity, k, p, i, "V");
}

template <class R>
void Simulation<R>::check_finite(std::size_t part, Step k, std::size_t parity) {
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    const auto& population = populations_[p];
    const auto check = [&](const Column<R>& column, const std::string& name) {
      const R* const values = column.data() + population.first(part);
      R sum = 0;  // of x - x: 0 unless some x is not finite
      for (std::size_t i = 0; i < population.owned(part); ++i) sum += values[i] - values[i];
      if (sum == R(0)) return;
      for (Neuron i = 0; i < population.owned(part); ++i)
        if (!std::isfinite(values[i])) return fail(part, parity, k, p, population.first(part) + i, name);
    };
    for (const auto& receptor : population.receptors)
      for (std::size_t s = 0; s < receptor.state.size(); ++s) check(receptor.state[s], receptor.name + "." + std::string(receptor.part->schema.states[s].name));
    for (std::size_t s = 0; s < population.state.size(); ++s) check(population.state[s], std::string(population.model->schema.states[s].name));
  }
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
