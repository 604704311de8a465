// Rows of plastic synapses: bringing them up to date, and reading them without touching them.
//
// A row is dated in the steps of its targets' own spikes. A presynaptic spike stamped s that reaches the soma at T = s + delay was at
// the synapse at T - dendritic; a postsynaptic spike stamped t is there at t + dendritic. So the arrival stands at T - 2 dendritic
// in that calendar. It is worked out when it reaches the soma: all that it depends on has happened by then.
#include <algorithm>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {

template <class R>
PlasticContext<R> Simulation<R>::context(std::size_t p, std::size_t part) const {
  const auto& projection = projections_[p];
  const auto& history = populations_[projection.post].learning[part].history;
  const auto& set = plastic_[p];
  return {{history.last(), history.count(), history.ring(), history.capacity()},
          set.views[part].data(),
          static_cast<int>(set.views[part].size()),
          set.variables,
          projection.sign};
}

template <class R>
PlasticRow<R> Simulation<R>::row_of(std::size_t p, std::size_t part, std::uint32_t row) {
  auto& shard = projections_[p].shards[part];
  const std::uint64_t begin = shard.offset[row];
  const auto rule_count = projections_[p].rules.size();
  return {shard.targets(begin),
          shard.weight.data() + begin,
          shard.variables.data() + begin * static_cast<std::uint64_t>(plastic_[p].variables),
          static_cast<std::uint32_t>(shard.offset[row + 1] - begin),
          shard.traces.data() + row * rule_count,
          shard.arrival[row],
          shard.consumed[row]};
}

template <class R>
void Simulation<R>::put_back(std::size_t p, std::size_t part, std::uint32_t row, const PlasticRow<R>& state) {
  auto& shard = projections_[p].shards[part];
  shard.arrival[row] = state.arrival;
  shard.consumed[row] = state.consumed;
}

// The histories may have moved when they grew; their addresses are taken anew.
template <class R>
void Simulation<R>::refresh_views(std::size_t part, std::size_t population) {
  for (std::size_t p = 0; p < projections_.size(); ++p) {
    if (projections_[p].post != population || !projections_[p].learns()) continue;
    auto& set = plastic_[p];
    const auto& history = populations_[population].learning[part].history;
    auto& views = set.views[part];
    views = set.rules;
    for (std::size_t k = 0; k < views.size() && !set.by_table; ++k) {
      const auto& trace = history.trace(set.trace[k]);
      views[k].post = {trace.last.data(), trace.ring.data(), {trace.decay->value.data(), trace.decay->length()}};
    }
  }
}

// Every row consumes the events up to `done - 2 dendritic`, where all arrivals up to the step `done` have been worked out.
template <class R>
void Simulation<R>::catch_up(std::size_t p, std::size_t part, Step done) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const PlasticContext<R> rules = context(p, part);
  const auto kernel = plastic_[p].kernels.catch_up[shard.has_narrow()];
  for (std::uint32_t row = 0; row < shard.rows(); ++row) {
    PlasticRow<R> state = row_of(p, part, row);
    kernel(rules, state, relative(part, done) - 2 * projection.dendritic(projection.delay_of(shard, row)));
    put_back(p, part, row, state);
  }
}

template <class R>
void Simulation<R>::sweep(std::size_t part, std::size_t population, Step done) {
  for (std::size_t p = 0; p < projections_.size(); ++p)
    if (projections_[p].post == population && projections_[p].learns() && !plastic_[p].by_table) catch_up(p, part, done);
  auto& history = populations_[population].learning[part].history;
  history.set_swept(relative(part, done) - 2 * static_cast<std::int32_t>(populations_[population].dendritic_reach));
}

// Events up to and including this one may be forgotten, but for one.
template <class R>
std::int32_t Simulation<R>::needed_history(std::size_t part, std::size_t p, Step stamp) const {
  const auto& population = populations_[p];
  const auto& learning = population.learning[part];
  std::int32_t needed = relative(part, stamp) - 2 * static_cast<std::int32_t>(population.dendritic_reach) - 1;
  needed = std::min(needed, relative(part, stamp) - learning.window() - 1);
  return population.replayed ? std::min(needed, learning.history.swept()) : needed;
}

// Called in the step before `stamp`, when a neuron's ring is full. Sweeping often costs more than a longer ring.
template <class R>
void Simulation<R>::make_room(std::size_t part, std::size_t p, Neuron neuron, Step stamp) {
  constexpr std::int32_t often = 2000;
  constexpr std::uint32_t long_ring = 256;
  auto& history = populations_[p].learning[part].history;
  const bool worth_it = relative(part, stamp) - history.swept() >= often || history.capacity() >= long_ring;
  if (populations_[p].replayed && worth_it) sweep(part, p, stamp - 1);
  while (!history.room(neuron, needed_history(part, p, stamp))) history.grow();
  refresh_views(part, p);
}

// What the kernels of the table need of a row: what it owes is x_at_start times `later` of its targets, and the events `inside`.
template <class R>
TableRow<R> Simulation<R>::table_row(std::size_t p, std::size_t part, std::uint32_t row) {
  auto& shard = projections_[p].shards[part];
  const auto& set = plastic_[p];
  const auto& learning = populations_[projections_[p].post].learning[part];
  const auto& history = learning.history;
  const auto& table = learning.tables[set.table];
  const std::uint64_t begin = shard.offset[row];
  TableRow<R> state{shard.targets(begin),
                    shard.weight.data() + begin,
                    static_cast<std::uint32_t>(shard.offset[row + 1] - begin),
                    shard.traces[row],
                    R(0),
                    shard.arrival[row],
                    0,
                    learning.nothing.data(),
                    nullptr,
                    {history.last(), history.count(), history.ring(), history.capacity()},
                    {set.decay_pre[0]->value.data(), set.decay_pre[0]->length()}};
  if (state.arrival == never) return state;
  const Step arrival = parts_state_[part].origin + state.arrival;
  const Step epoch = table.epoch_of(arrival);
  const Step offset = arrival - table.start_of(epoch);
  state.x_at_start = state.x * table.growth(offset);
  state.arrival_offset = static_cast<std::uint16_t>(offset + 1);
  state.later = table.later(epoch);
  state.inside = table.inside(epoch);
  return state;
}

// At the first stamp of an epoch the oldest one is recycled, after the rows that last arrived in it have been paid.
template <class R>
void Simulation<R>::begin_epochs(std::size_t part, std::size_t population, Step stamp) {
  auto& learning = populations_[population].learning[part];
  for (std::size_t t = 0; t < learning.tables.size(); ++t) {
    auto& table = learning.tables[t];
    if (stamp % table.length() != 0) continue;
    const Step epoch = table.epoch_of(stamp), old = epoch - static_cast<Step>(table.rows());
    for (const std::size_t p : incoming_[population]) {
      if (!plastic_[p].by_table || plastic_[p].table != t) continue;
      auto& shard = projections_[p].shards[part];
      auto& arrived = shard.arrived[table.slot(epoch)];
      for (const std::uint32_t row : arrived) {
        if (shard.arrival[row] == never || table.epoch_of(parts_state_[part].origin + shard.arrival[row]) != old) continue;
        plastic_[p].kernels.retire_table[shard.has_narrow()](table_row(p, part, row), plastic_[p].rules[0].constants);
        shard.traces[row] = 0;
        shard.arrival[row] = never;
        shard.consumed[row] = relative(part, stamp) - 1;
      }
      arrived.clear();
    }
    table.recycle(epoch);
  }
}

template <class R>
void Simulation<R>::rebase(std::size_t part, Step k) {
  constexpr Step kept = Step{1} << 24;
  const Step by = k - kept - parts_state_[part].origin;
  const auto shift = static_cast<std::int32_t>(by);
  for (auto& population : populations_) {
    if (population.learning.empty()) continue;
    population.learning[part].history.rebase(shift);
  }
  for (auto& projection : projections_) {
    auto& shard = projection.shards[part];
    for (auto* column : {&shard.arrival, &shard.consumed})
      for (auto& step : *column) step = step < never + shift ? never : step - shift;
  }
  parts_state_[part].origin += by;
}

// Works out, now, the arrivals that have passed the synapse but not yet reached the soma, and keeps the weights they transmit.
template <class R>
void Simulation<R>::settle_in_flight(std::size_t p, std::size_t part) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const std::int32_t reach = projection.dendritic(projection.max_delay);
  if (reach == 0) return;
  const std::size_t mask = shard.due.size() - 1;
  std::vector<R> nowhere(populations_[projection.post].owned(part));
  if (shard.transmitted.empty()) shard.transmitted.resize(shard.due.size());
  for (Step soma = now_; soma < now_ + reach; ++soma) {
    auto& due = shard.due[static_cast<std::size_t>(soma) & mask];
    std::vector<std::uint32_t> later;
    for (const std::uint32_t row : due) {
      const std::int32_t dendritic = projection.dendritic(projection.delay_of(shard, row));
      if (soma - dendritic >= now_) {
        later.push_back(row);
        continue;
      }
      if (projection.learns()) {
        PlasticRow<R> state = row_of(p, part, row);
        plastic_[p].kernels.arrive[shard.has_narrow()](context(p, part), state, relative(part, soma) - 2 * dendritic, nowhere.data());
        put_back(p, part, row, state);
      }
      for (std::uint64_t s = shard.offset[row]; s < shard.offset[row + 1]; ++s)
        shard.transmitted[static_cast<std::size_t>(soma) & mask].push_back({shard.target(s), projection.sign * shard.weight_of(s)});
    }
    due = std::move(later);
  }
}

// Brings every row up to date, before a user changes weights or rules.
template <class R>
void Simulation<R>::settle(std::size_t p) {
  auto& projection = projections_[p];
  const auto& set = plastic_[p];
  const FlushDenormals flush;
  for (std::size_t part = 0; part < projection.shards.size(); ++part) {
    settle_in_flight(p, part);
    auto& shard = projection.shards[part];
    const std::int32_t last = relative(part, now_) - 1;
    for (std::uint32_t row = 0; row < shard.rows(); ++row) {
      PlasticRow<R> state = row_of(p, part, row);
      set.kernels.catch_up[shard.has_narrow()](context(p, part), state, last - projection.dendritic(projection.delay_of(shard, row)));
      put_back(p, part, row, state);
      if (!set.by_table || state.arrival == never || state.arrival >= last) continue;
      // The table knows a row by its last arrival: from here on it counts from now, with the trace as it is now.
      const auto& table = populations_[projection.post].learning[part].tables[set.table];
      shard.traces[row] *= (*set.decay_pre[0])(last - state.arrival);
      shard.arrival[row] = shard.consumed[row] = last;
      shard.arrived[table.slot(table.epoch_of(now_ - 1))].push_back(row);
    }
  }
}

// At the left limit of now: arrivals at the synapse and postsynaptic events there before this step.
template <class R>
std::span<const R> Simulation<R>::read_row(std::size_t p, std::size_t part, std::uint32_t row, Step k, Part& scratch) const {
  const auto& projection = projections_[p];
  const auto& shard = projection.shards[part];
  const auto& set = plastic_[p];
  const std::uint64_t begin = shard.offset[row], end = shard.offset[row + 1];
  const auto copy = [](std::vector<R>& to, const std::vector<R>& from, std::uint64_t a, std::uint64_t b) {
    to.assign(from.begin() + static_cast<std::ptrdiff_t>(a), from.begin() + static_cast<std::ptrdiff_t>(b));
  };
  const auto variables = static_cast<std::uint64_t>(set.variables);
  const std::uint64_t rule_count = projection.rules.size();
  copy(scratch.row_weight, shard.weight, begin, end);
  copy(scratch.row_variables, shard.variables, begin * variables, end * variables);
  copy(scratch.row_traces, shard.traces, row * rule_count, (row + 1) * rule_count);
  scratch.nowhere.resize(populations_[projection.post].owned(part));
  PlasticRow<R> state{shard.targets(begin),      scratch.row_weight.data(), scratch.row_variables.data(), static_cast<std::uint32_t>(end - begin),
                      scratch.row_traces.data(), shard.arrival[row],        shard.consumed[row]};
  const std::int32_t dendritic = projection.dendritic(projection.delay_of(shard, row));
  const PlasticContext<R> rules = context(p, part);
  const std::size_t mask = shard.due.size() - 1;
  for (Step soma = k; soma < k + dendritic; ++soma)
    for (const std::uint32_t due : shard.due[static_cast<std::size_t>(soma) & mask])
      if (due == row) set.kernels.arrive[shard.has_narrow()](rules, state, relative(part, soma) - 2 * dendritic, scratch.nowhere.data());
  set.kernels.catch_up[shard.has_narrow()](rules, state, relative(part, k) - 1 - dendritic);
  return scratch.row_weight;
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
