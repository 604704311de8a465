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
  return {{history.steps(), history.neurons(), history.capacity()},
          set.views[part].data(),
          static_cast<int>(set.views[part].size()),
          set.variables,
          projection.sign};
}

template <class R>
PlasticRow<R> Simulation<R>::row_of(std::size_t p, std::size_t part, RowPosition at) {
  auto& shard = projections_[p].shards[part];
  const std::uint32_t count = shard.head(at).count();
  R* const weights = shard.weights(at);
  return {shard.targets(at), weights, weights + count, count, shard.traces(at), shard.state(at).arrival, shard.state(at).consumed};
}

template <class R>
void Simulation<R>::put_back(std::size_t p, std::size_t part, RowPosition at, const PlasticRow<R>& row) {
  RowState& state = projections_[p].shards[part].state(at);
  state.arrival = row.arrival;
  state.consumed = row.consumed;
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
      views[k].post = {trace.value.data(), {trace.decay->value.data(), trace.decay->length()}};
    }
  }
}

// Every row consumes the events up to `done - 2 dendritic`, where all arrivals up to the step `done` have been worked out.
template <class R>
void Simulation<R>::catch_up(std::size_t p, std::size_t part, Step done) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const PlasticContext<R> rules = context(p, part);
  const auto kernel = plastic_[p].kernels.catch_up[shard.layout.narrow()];
  shard.for_each_row([&](RowPosition at) {
    PlasticRow<R> row = row_of(p, part, at);
    kernel(rules, row, relative(part, done) - 2 * projection.dendritic(shard.state(at).delay));
    put_back(p, part, at, row);
  });
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
TableRow<R> Simulation<R>::table_row(std::size_t p, std::size_t part, RowPosition at) {
  auto& shard = projections_[p].shards[part];
  const auto& set = plastic_[p];
  const auto& learning = populations_[projections_[p].post].learning[part];
  const auto& history = learning.history;
  const auto& table = learning.tables[set.table];
  TableRow<R> state{shard.targets(at),
                    shard.weights(at),
                    shard.head(at).count(),
                    shard.traces(at)[0],
                    R(0),
                    shard.state(at).arrival,
                    0,
                    learning.nothing.data(),
                    nullptr,
                    {history.steps(), history.neurons(), history.capacity()},
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
      for (const RowPosition at : arrived) {
        RowState& state = shard.state(at);
        if (state.arrival == never || table.epoch_of(parts_state_[part].origin + state.arrival) != old) continue;
        plastic_[p].kernels.retire_table[shard.layout.narrow()](table_row(p, part, at), plastic_[p].rules[0].constants);
        shard.traces(at)[0] = 0;
        state.arrival = never;
        state.consumed = relative(part, stamp) - 1;
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
    if (!projection.learns()) continue;
    auto& shard = projection.shards[part];
    const auto moved = [shift](std::int32_t step) { return step < never + shift ? never : step - shift; };
    shard.for_each_row([&](RowPosition at) {
      RowState& state = shard.state(at);
      state.arrival = moved(state.arrival);
      state.consumed = moved(state.consumed);
    });
  }
  parts_state_[part].origin += by;
}

template <class R>
typename Simulation<R>::InFlight Simulation<R>::rows_in_flight(std::size_t p, std::size_t part, Step k) const {
  const auto& projection = projections_[p];
  const auto& shard = projection.shards[part];
  InFlight rows;
  const std::int32_t reach = projection.dendritic(projection.max_delay);
  if (reach == 0) return rows;
  shard.for_each_coming(k, k + reach, [&](RowPosition at, Step soma) {
    if (soma - projection.dendritic(shard.state(at).delay) < k) rows.emplace_back(at, soma);
  });
  std::sort(rows.begin(), rows.end());
  return rows;
}

// Works out, now, the arrivals that have passed the synapse but not yet reached the soma, and keeps the weights they transmit.
template <class R>
void Simulation<R>::settle_in_flight(std::size_t p, std::size_t part) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const std::int32_t reach = projection.dendritic(projection.max_delay);
  if (reach == 0) return;
  std::vector<R> nowhere(populations_[projection.post].owned(part));
  // Settles a row if the arrival has passed its synapses.
  const auto settled = [&](RowPosition at, Step soma) {
    const std::int32_t dendritic = projection.dendritic(shard.delay_of(at, projection.min_delay));
    if (soma - dendritic >= now_) return false;
    if (projection.learns()) {
      PlasticRow<R> row = row_of(p, part, at);
      plastic_[p].kernels.arrive[shard.layout.narrow()](context(p, part), row, relative(part, soma) - 2 * dendritic, nowhere.data());
      put_back(p, part, at, row);
    }
    for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
      shard.transmitted[soma].push_back({shard.target(at, place), projection.sign * shard.weight(at, place)});
    return true;
  };
  const Step end = now_ + std::min<Step>(reach, static_cast<Step>(shard.due.size()));
  for (Step start = now_; start < end; ++start) {
    auto& due = shard.starting(start);
    if (!shard.staggered) {
      std::erase_if(due, [&](RowPosition at) { return settled(at, start); });
      continue;
    }
    // Spikes that have yet to begin join those that are under way, in their order.
    for (const RowPosition at : due) shard.walking.push_back({at, static_cast<std::uint32_t>(start) + shard.head(at).gap()});
    due.clear();
  }
  std::size_t left = 0;
  for (auto cursor : shard.walking) {
    bool more = true;
    while (more && settled(cursor.row, now_ + (cursor.step - static_cast<std::uint32_t>(now_)))) more = shard.walk(cursor);
    if (more) shard.walking[left++] = cursor;
  }
  shard.walking.resize(left);
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
    shard.for_each_row([&](RowPosition at) {
      PlasticRow<R> row = row_of(p, part, at);
      set.kernels.catch_up[shard.layout.narrow()](context(p, part), row, last - projection.dendritic(shard.state(at).delay));
      put_back(p, part, at, row);
      if (!set.by_table || row.arrival == never || row.arrival >= last) return;
      // The table knows a row by its last arrival: from here on it counts from now, with the trace as it is now.
      const auto& table = populations_[projection.post].learning[part].tables[set.table];
      shard.traces(at)[0] *= (*set.decay_pre[0])(last - row.arrival);
      shard.state(at).arrival = shard.state(at).consumed = last;
      shard.arrived[table.slot(table.epoch_of(now_ - 1))].push_back(at);
    });
  }
}

// At the left limit of now: arrivals at the synapse and postsynaptic events there before this step.
template <class R>
std::span<const R> Simulation<R>::read_row(std::size_t p, std::size_t part, RowPosition at, Step k, const InFlight& in_flight, Part& scratch) const {
  const auto& projection = projections_[p];
  const auto& shard = projection.shards[part];
  const auto& set = plastic_[p];
  const std::uint32_t count = shard.head(at).count();
  const R* const weights = shard.weights(at);
  const R* const variables = weights + count;
  scratch.row_weight.assign(weights, variables);
  scratch.row_variables.assign(variables, variables + count * shard.layout.variables);
  scratch.row_traces.assign(shard.traces(at), shard.traces(at) + projection.rules.size());
  scratch.nowhere.resize(populations_[projection.post].owned(part));
  const RowState& state = shard.state(at);
  PlasticRow<R> row{shard.targets(at), scratch.row_weight.data(), scratch.row_variables.data(), count, scratch.row_traces.data(), state.arrival,
                    state.consumed};
  const std::int32_t dendritic = projection.dendritic(state.delay);
  const PlasticContext<R> rules = context(p, part);
  for (auto arrival = std::lower_bound(in_flight.begin(), in_flight.end(), std::pair(at, Step{0})); arrival != in_flight.end() && arrival->first == at;
       ++arrival)
    set.kernels.arrive[shard.layout.narrow()](rules, row, relative(part, arrival->second) - 2 * dendritic, scratch.nowhere.data());
  set.kernels.catch_up[shard.layout.narrow()](rules, row, relative(part, k) - 1 - dendritic);
  return scratch.row_weight;
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
