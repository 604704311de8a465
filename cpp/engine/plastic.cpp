// Rows of plastic synapses: bringing them up to date, and reading them without touching them.
//
// A row is dated in the steps of its targets' own spikes. A presynaptic spike stamped s that reaches the soma at T = s + delay was at
// the synapse at T - dendritic; a postsynaptic spike stamped t is there at t + dendritic. So the arrival stands at T - 2 dendritic
// in that calendar. It is worked out when it reaches the soma: all that it depends on has happened by then.
#include <algorithm>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {

// Flows of several rules do not commute: they take turns from event to event, whether or not a rule acts at these.
template <class R>
static bool listens(const std::vector<RuleView<R>>& views) {
  const auto acts = [](const RuleView<R>& view) { return view.at_post != nullptr; };
  const auto flows = [](const RuleView<R>& view) { return view.advance != nullptr; };
  return std::any_of(views.begin(), views.end(), acts) || std::count_if(views.begin(), views.end(), flows) > 1;
}

template <class R>
PlasticContext<R> Simulation<R>::context(std::size_t p, std::size_t part) const {
  const auto& projection = projections_[p];
  const auto& history = populations_[projection.post].learning[part].history;
  const auto& set = plastic_[p];
  const auto& mine = set.parts[part];
  const Step origin = parts_state_[part].origin;
  const Step integrals = mine.integrals.empty() ? origin : mine.integrals[0].origin;
  const Step made = std::max(set.slots[0].made, origin + never);
  return {{history.steps(), history.neurons(), history.capacity()},
          mine.views.data(),
          static_cast<int>(mine.views.size()),
          projection.sign,
          static_cast<R>(set.w_max),
          static_cast<R>(dt_),
          set.evolves,
          set.everywhere,
          set.compares,
          set.random,
          set.transmits,
          listens(mine.views),
          relative(part, integrals),
          random_key(seed_, static_cast<std::uint32_t>(p), Purpose::synaptic_noise),
          origin,
          populations_[projection.post].first(part),
          relative(part, made),
          projection.held};
}

template <class R>
Neuron Simulation<R>::source_of(std::size_t p, std::size_t part, RowPosition at) const {
  return plastic_[p].random ? projections_[p].shards[part].source_of(at) : 0;
}

template <class R>
PlasticRow<R> Simulation<R>::row_of(std::size_t p, std::size_t part, RowPosition at) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const std::uint32_t count = shard.head(at).count();
  R* const weights = shard.weights(at);
  const RowState& state = shard.state(at);
  return {
      shard.targets(at),     weights, weights + count, count, shard.traces(at), state.arrival, state.consumed, state.base, projection.dendritic(state.delay),
      source_of(p, part, at)};
}

template <class R>
void Simulation<R>::put_back(std::size_t p, std::size_t part, RowPosition at, const PlasticRow<R>& row) {
  RowState& state = projections_[p].shards[part].state(at);
  state.arrival = row.arrival;
  state.consumed = row.consumed;
  state.base = row.base;
}

// ---- axons ------------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::advance_axons(const PlasticSet& set, R* words, std::int32_t steps) const {
  if (!set.axons) return;
  for (const auto& slot : set.slots)
    if (slot.view < 0) slot.axon.advance(words + slot.first, slot.constants.data(), static_cast<R>(steps) * static_cast<R>(dt_));
}

template <class R>
R Simulation<R>::release_axons(const PlasticSet& set, R* words, std::int32_t steps) const {
  R efficacy = 1;
  if (!set.axons) return efficacy;
  for (const auto& slot : set.slots) {
    if (slot.view >= 0) continue;
    slot.axon.advance(words + slot.first, slot.constants.data(), static_cast<R>(steps) * static_cast<R>(dt_));
    efficacy *= slot.axon.release(words + slot.first, slot.constants.data());
  }
  return efficacy;
}

// What an arrival adds to the traces of a row that does not replay.
template <class R>
void Simulation<R>::mark_traces(const PlasticSet& set, R* words, std::int32_t age) const {
  for (const auto& view : set.rules)
    for (int t = 0; t < view.pre_count; ++t) {
      const auto& kind = view.pre[t];
      const auto left = [age](const DecayTable<R>& table) { return table.value[age < table.length ? age : table.length]; };
      R& trace = words[view.first_trace + t];
      trace = kind.nearest ? R(1) : trace * left(kind.decay) + (kind.suppression.value == nullptr ? R(1) : R(1) - left(kind.suppression));
    }
}

// ---- bringing rows up to date -----------------------------------------------------------------------------------------------------

// Every row consumes the events up to `done - 2 dendritic`, where all arrivals up to the step `done` have been worked out.
template <class R>
void Simulation<R>::catch_up(std::size_t p, std::size_t part, Step done) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const PlasticContext<R> rules = context(p, part);
  const auto kernel = kernels_.rows.catch_up[shard.layout.narrow()];
  shard.for_each_row([&](RowPosition at) {
    PlasticRow<R> row = row_of(p, part, at);
    kernel(rules, row, relative(part, done) - 2 * projection.dendritic(shard.state(at).delay));
    put_back(p, part, at, row);
  });
}

template <class R>
void Simulation<R>::sweep(std::size_t part, std::size_t population, Step done) {
  for (const std::size_t p : incoming_[population])
    if (plastic_[p].walk == Walk::replay) catch_up(p, part, done);
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
                    shard.traces(at)[set.rules[0].first_trace],
                    R(0),
                    shard.state(at).arrival,
                    0,
                    learning.nothing.data(),
                    nullptr,
                    {history.steps(), history.neurons(), history.capacity()},
                    set.rules[0].pre[0].decay,
                    projections_[p].held};
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
      if (plastic_[p].walk != Walk::table || plastic_[p].table != t) continue;
      auto& shard = projections_[p].shards[part];
      auto& arrived = shard.arrived[table.slot(epoch)];
      for (const RowPosition at : arrived) {
        RowState& state = shard.state(at);
        if (state.arrival == never || table.epoch_of(parts_state_[part].origin + state.arrival) != old) continue;
        plastic_[p].kernels.retire_table[shard.layout.narrow()](table_row(p, part, at), plastic_[p].rules[0].constants);
        shard.traces(at)[plastic_[p].rules[0].first_trace] = 0;
        state.arrival = never;
        state.consumed = relative(part, stamp) - 1;
      }
      arrived.clear();
    }
    table.recycle(epoch);
  }
}

// The traces of a row so many steps after its last arrival; those before `first` have faded from sight. Whether any is left of the 40 time constants.
template <class R>
bool Simulation<R>::fade_traces(const PlasticSet& set, R* words, std::int32_t age, int first) const {
  constexpr R faded = R(4.2e-18);
  const RuleView<R>& view = set.rules[0];
  bool left = false;
  std::fill_n(words + view.first_trace, first, R(0));
  for (int t = first; t < view.pre_count; ++t) {
    R& trace = words[view.first_trace + t];
    trace *= view.pre[t].decay.value[std::min(age, view.pre[t].decay.length)];
    trace = trace < faded ? R(0) : trace;
    left = left || trace > R(0);
  }
  return left;
}

// The same for running sums, each of one projection; then the events of this step enter them.
template <class R>
void Simulation<R>::begin_running_epochs(std::size_t part, std::size_t population, Step stamp) {
  auto& learning = populations_[population].learning[part];
  for (const std::size_t p : incoming_[population]) {
    auto& set = plastic_[p];
    if (set.walk != Walk::running) continue;
    auto& table = learning.running[set.table];
    if (stamp % table.length() != 0) continue;
    const Step epoch = table.epoch_of(stamp), old = epoch - static_cast<Step>(table.rows());
    auto& shard = projections_[p].shards[part];
    auto& arrived = shard.arrived[table.slot(epoch)];
    const RunningInput<R> in = running_input(p, part);
    for (const RowPosition at : arrived) {
      RowState& state = shard.state(at);
      if (state.arrival == never || table.epoch_of(parts_state_[part].origin + state.arrival) != old) continue;
      const std::int32_t now = relative(part, stamp) - 1;
      set.kernels.pay_running[shard.layout.narrow()](running_row(p, part, at, now), in);
      // A row whose slower traces are left counts from now, like one that has just been settled.
      const bool left = fade_traces(set, shard.traces(at), now - state.arrival, 1);
      state.arrival = left ? now : never;
      if (left) shard.arrived[table.slot(table.epoch_of(stamp - 1))].push_back(at);
    }
    arrived.clear();
    table.recycle(epoch);
  }
  for (auto& table : learning.running) table.push(stamp);
}

// What the kernels of running sums need of a row at the step `now`.
template <class R>
RunningRow<R> Simulation<R>::running_row(std::size_t p, std::size_t part, RowPosition at, std::int32_t now) const {
  const auto& shard = projections_[p].shards[part];
  const auto& set = plastic_[p];
  const auto& table = populations_[projections_[p].post].learning[part].running[set.table];
  const RowState& state = shard.state(at);
  const std::uint32_t count = shard.head(at).count();
  R* const weights = const_cast<R*>(shard.weights(at));
  const R* const present = table.sum(table.epoch_of(parts_state_[part].origin + now));
  RunningRow<R> row{shard.targets(at), weights, weights + count * set.variables, count, present, present, R(0), {}};
  if (state.arrival == never) return row;
  const RuleView<R>& view = set.rules[0];
  const R* const traces = shard.traces(at) + view.first_trace;
  const std::int32_t age = now - state.arrival;
  for (int t = 0; t < view.pre_count; ++t) row.x[t] = traces[t] * view.pre[t].decay.value[std::min(age, view.pre[t].decay.length)];
  const Step arrival = parts_state_[part].origin + state.arrival;
  const Step epoch = table.epoch_of(arrival);
  row.sum = table.sum(epoch);
  row.x_at_start = traces[0] * table.growth(arrival - table.start_of(epoch));
  return row;
}

template <class R>
RunningInput<R> Simulation<R>::running_input(std::size_t p, std::size_t part) const {
  const auto& set = plastic_[p];
  const auto& learning = populations_[projections_[p].post].learning[part];
  const auto& view = set.parts[part].views[0];
  RunningInput<R> in{view.constants, {}, {}, static_cast<R>(set.w_max), projections_[p].held};
  for (std::size_t t = 0; t < set.dense.size(); ++t) in.y[t] = learning.dense[set.dense[t]].value.data();
  if (set.kernels.gate != nullptr) {
    in.y[0] = learning.filters[set.filter].low.data();
    in.y[1] = learning.filters[set.filter].mean.data();
  }
  for (int n = 0; n < view.neuron_count; ++n) in.neuron[n] = view.neuron[n];
  return in;
}

// The spikes of one step, stamped with the next, enter the running sums with the factors that the rules give them. The history has them already.
template <class R>
void Simulation<R>::push_factors(std::size_t part, std::size_t population, const std::vector<Neuron>& fired, Step stamp) {
  for (const std::size_t p : incoming_[population])
    if (plastic_[p].walk == Walk::running && plastic_[p].kernels.factor != nullptr) announce_factors(part, p, fired, stamp);
}

template <class R>
void Simulation<R>::announce_factors(std::size_t part, std::size_t p, const std::vector<Neuron>& fired, Step stamp) {
  auto& set = plastic_[p];
  auto& learning = populations_[projections_[p].post].learning[part];
  const auto& slot = *std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot& s) { return s.view >= 0; });
  std::vector<R> y(slot.post.size() * fired.size()), factor(fired.size());
  std::array<const R*, max_traces> columns{};
  for (std::size_t t = 0; t < slot.post.size(); ++t) {
    columns[t] = y.data() + t * fired.size();
    for (std::size_t f = 0; f < fired.size(); ++f) y[t * fired.size() + f] = learning.history.trace(slot.post[t]).before[fired[f]];
  }
  set.kernels.factor(slot.constants.data(), columns.data(), fired.size(), factor.data());
  learning.running[set.table].announce(fired.data(), factor.data(), fired.size(), stamp);
}

// Likewise every neuron whose membrane potential is high; then the filters move on.
template <class R>
void Simulation<R>::push_gates(std::size_t part, std::size_t population, Step stamp) {
  auto& post = populations_[population];
  auto& learning = post.learning[part];
  if (learning.filters.empty()) return;
  const R* const V = post.state[0].data() + post.first(part);
  for (auto& f : learning.filters)
    kernels_.filter(f.low.data(), f.high.data(), f.mean.data(), f.oldest(stamp).data(), V, f.losses, static_cast<R>(f.V_mean), f.low.size());
  for (const std::size_t p : incoming_[population])
    if (plastic_[p].walk == Walk::running && plastic_[p].kernels.gate != nullptr) announce_gates(part, p, stamp);
}

template <class R>
void Simulation<R>::announce_gates(std::size_t part, std::size_t p, Step stamp) {
  auto& set = plastic_[p];
  const auto& post = populations_[projections_[p].post];
  auto& learning = populations_[projections_[p].post].learning[part];
  const Neuron owned = post.owned(part);
  auto& scratch = parts_state_[part].scales;
  scratch.resize(learning.filters[set.filter].high.size());
  set.kernels.gate(set.rules[0].constants, post.state[0].data() + post.first(part), learning.filters[set.filter].high.data(), owned, scratch.data());
  std::vector<Neuron> high;
  std::vector<R> factor;
  for (Neuron i = 0; i < owned; ++i)
    if (scratch[i] != R(0)) {
      high.push_back(i);
      factor.push_back(scratch[i]);
    }
  learning.running[set.table].announce(high.data(), factor.data(), high.size(), stamp);
}

// What is stamped with the present step has its factors from the rules as they were. It has yet to act: with the rules as they are.
template <class R>
void Simulation<R>::announce_again(std::size_t p) {
  const auto& set = plastic_[p];
  if (set.walk != Walk::running || now_ == 0) return;
  for (std::size_t part = 0; part < set.parts.size(); ++part) {
    const std::vector<Neuron> fired = populations_[projections_[p].post].learning[part].running[set.table].announced(now_);
    if (set.kernels.factor != nullptr) announce_factors(part, p, fired, now_);
    if (set.kernels.gate != nullptr && set.slots[0].made < now_) announce_gates(part, p, now_);
  }
}

// The potential of some neurons (none listed: of all) was set: rules that watch it see what it is now, not what it was.
template <class R>
void Simulation<R>::watch_again(std::size_t population, const std::vector<char>& member) {
  auto& post = populations_[population];
  for (std::size_t part = 0; part < post.learning.size(); ++part)
    for (auto& filter : post.learning[part].filters)
      for (Neuron local = 0; local < post.owned(part); ++local) {
        const Neuron i = post.first(part) + local;
        if (!member.empty() && member[i] == 0) continue;
        const bool begins = filter.created == now_ || (!post.born.empty() && post.born[i] == now_);
        if (begins)
          filter.reset(local, post.state[0][i]);
        else
          filter.oldest(now_)[local] = post.state[0][i];
      }
  for (const std::size_t p : incoming_[population])
    if (plastic_[p].walk == Walk::running && plastic_[p].kernels.gate != nullptr) announce_again(p);
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
    if (!projection.stateful()) continue;
    auto& shard = projection.shards[part];
    const auto moved = [shift](std::int32_t step) { return step < never + shift ? never : step - shift; };
    shard.for_each_row([&](RowPosition at) {
      RowState& state = shard.state(at);
      state.arrival = moved(state.arrival);
      state.consumed = moved(state.consumed);
      state.base = moved(state.base);
    });
  }
  parts_state_[part].origin += by;
}

template <class R>
typename Simulation<R>::InFlight Simulation<R>::rows_in_flight(std::size_t p, std::size_t part, Step k) const {
  const auto& projection = projections_[p];
  const auto& shard = projection.shards[part];
  const Step lag = plastic_[p].lag;
  InFlight rows;
  const std::int32_t reach = projection.dendritic(projection.max_delay);
  if (reach == 0) return rows;
  const auto passed = [&](RowPosition at, Step soma) { return soma - projection.dendritic(shard.delay_of(at, projection.min_delay)) < k; };
  shard.for_each_coming(k, k + reach, [&](RowPosition at, Step soma) {
    if (!passed(at, soma)) return;
    rows.push_back({at, soma, Visit::arrival});
    if (lag > 0 && passed(at, soma + lag)) rows.push_back({at, soma + lag, Visit::lagged});
  });
  shard.lagged.for_each(k, [&](Step soma, const auto& acting) {
    for (const RowPosition at : acting)
      if (soma < k + reach && passed(at, soma)) rows.push_back({at, soma, Visit::lagged});
  });
  for (const auto& [soma, at] : shard.early)
    if (passed(at, soma)) rows.push_back({at, soma, Visit::lagged});
  std::sort(rows.begin(), rows.end());
  return rows;
}

// Works out, now, the arrivals that have passed the synapse but not yet reached the soma, and keeps the weights they transmit.
template <class R>
void Simulation<R>::settle_in_flight(std::size_t p, std::size_t part) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const auto& set = plastic_[p];
  const std::int32_t reach = projection.dendritic(projection.max_delay);
  if (reach == 0) return;
  std::vector<R> received(populations_[projection.post].owned(part));
  const auto act = [&](RowPosition at, Step soma, Visit visit) {
    if (!projection.stateful()) return R(1);
    PlasticRow<R> row = row_of(p, part, at);
    row.inert = inert(p, part, at, visit == Visit::lagged ? soma - set.lag : soma);
    const std::int32_t when = relative(part, soma) - 2 * row.dendritic;
    R efficacy = 1;
    if (visit == Visit::arrival)
      efficacy = release_axons(set, row.traces, when - row.base);
    else
      advance_axons(set, row.traces, when - row.base);
    if (projection.synaptic) kernels_.rows.arrive[shard.layout.narrow()](context(p, part), row, when, visit, efficacy, received.data());
    row.base = when;
    put_back(p, part, at, row);
    return efficacy;
  };
  const auto transmit = [&](RowPosition at, Step soma, R efficacy) {
    for (std::uint32_t place = 0; place < shard.head(at).count(); ++place) {
      const std::uint32_t target = shard.target(at, place);
      const R arrives = projection.synaptic ? std::exchange(received[target], R(0)) : efficacy * shard.weight(at, place);
      if (!projection.synaptic || arrives != R(0)) shard.transmitted[soma].push_back({target, arrives});
    }
  };
  for (const Coming& coming : rows_in_flight(p, part, now_)) {
    const R efficacy = act(coming.row, coming.soma, coming.visit);
    if (coming.visit == Visit::arrival) transmit(coming.row, coming.soma, efficacy);
  }
  if (set.lag > 0) late_in_flight(p, part);
  const auto passed = [&](RowPosition at, Step soma) { return soma - projection.dendritic(shard.delay_of(at, projection.min_delay)) < now_; };
  // They will not come again.
  shard.due.for_each(now_, reach, [&](Step start, auto& due) {
    if (!shard.staggered) {
      std::erase_if(due, [&](RowPosition at) { return passed(at, start); });
      return;
    }
    // Spikes that have yet to begin join those that are under way, in their order.
    for (const RowPosition at : due) shard.walking.push_back({at, static_cast<std::uint32_t>(start) + shard.head(at).gap()});
    due.clear();
  });
  std::size_t left = 0;
  for (auto cursor : shard.walking) {
    bool more = true;
    while (more && passed(cursor.row, now_ + (cursor.step - static_cast<std::uint32_t>(now_)))) more = shard.walk(cursor);
    if (more) shard.walking[left++] = cursor;
  }
  shard.walking.resize(left);
}

// Second visits of spikes that have acted already, or whose first visit has been made ahead of its time.
template <class R>
void Simulation<R>::late_in_flight(std::size_t p, std::size_t part) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const Step lag = plastic_[p].lag;
  const auto passed = [&](RowPosition at, Step soma) { return soma - projection.dendritic(shard.state(at).delay) < now_; };
  shard.lagged.for_each(now_, [&](Step soma, auto& acting) { std::erase_if(acting, [&](RowPosition at) { return passed(at, soma); }); });
  std::erase_if(shard.early, [&](const auto& late) { return passed(late.second, late.first); });
  shard.for_each_coming(now_, now_ + projection.dendritic(projection.max_delay), [&](RowPosition at, Step soma) {
    if (passed(at, soma) && !passed(at, soma + lag)) shard.early.push_back({soma + lag, at});
  });
}

// The row's variables up to the left limit of `now`, in its own calendar; all events before it have been consumed.
template <class R>
void Simulation<R>::advance_row(std::size_t p, std::size_t part, RowPosition at, std::int32_t now) {
  auto& shard = projections_[p].shards[part];
  const auto& set = plastic_[p];
  PlasticRow<R> row = row_of(p, part, at);
  if (now <= row.base) return;
  advance_axons(set, row.traces, now - row.base);
  if (set.walk == Walk::replay) kernels_.rows.advance[shard.layout.narrow()](context(p, part), row, now);
  row.base = now;
  put_back(p, part, at, row);
}

// Brings every row up to date, before a user changes weights or rules.
template <class R>
void Simulation<R>::settle(std::size_t p) {
  auto& projection = projections_[p];
  auto& set = plastic_[p];
  const FlushDenormals flush;
  for (std::size_t part = 0; part < projection.shards.size(); ++part) {
    settle_in_flight(p, part);
    auto& shard = projection.shards[part];
    const std::int32_t last = relative(part, now_) - 1;
    shard.for_each_row([&](RowPosition at) {
      const std::int32_t dendritic = projection.dendritic(shard.state(at).delay);
      if (set.walk == Walk::running) {
        set.kernels.pay_running[shard.layout.narrow()](running_row(p, part, at, last), running_input(p, part));
      } else if (projection.synaptic) {
        PlasticRow<R> row = row_of(p, part, at);
        kernels_.rows.catch_up[shard.layout.narrow()](context(p, part), row, last - dendritic);
        put_back(p, part, at, row);
      }
      advance_row(p, part, at, last + 1 - dendritic);
      RowState& state = shard.state(at);
      if ((set.walk != Walk::table && set.walk != Walk::running) || state.arrival == never || state.arrival >= last) return;
      // The table knows a row by its last arrival: from here on it counts from now, with the trace as it is now.
      if (!fade_traces(set, shard.traces(at), last - state.arrival, 0)) {
        state.arrival = never;
        return;
      }
      state.arrival = state.consumed = last;
      const auto& learning = populations_[projection.post].learning[part];
      const Step before = now_ - 1;
      shard
          .arrived[set.walk == Walk::table ? learning.tables[set.table].slot(learning.tables[set.table].epoch_of(before))
                                           : learning.running[set.table].slot(learning.running[set.table].epoch_of(before))]
          .push_back(at);
    });
  }
}

// At the left limit of step k: arrivals at the synapse and postsynaptic events there before it, and variables as they are at it.
template <class R>
PlasticRow<R> Simulation<R>::read_row(std::size_t p, std::size_t part, RowPosition at, Step k, const InFlight& in_flight, Part& scratch) const {
  const auto& projection = projections_[p];
  const auto& shard = projection.shards[part];
  const auto& set = plastic_[p];
  const std::uint32_t count = shard.head(at).count();
  const RowState& state = shard.state(at);
  const std::int32_t dendritic = projection.dendritic(state.delay);
  scratch.row_weight.resize(count);
  for (std::uint32_t place = 0; place < count; ++place) scratch.row_weight[place] = shard.weight(at, place);
  const R* const variables = shard.weights(at) + count;
  scratch.row_variables.assign(variables, variables + (set.variables > 0 ? count * set.variables : 0));
  scratch.row_traces.assign(shard.traces(at), shard.traces(at) + set.of_row);
  scratch.nowhere.resize(populations_[projection.post].owned(part));
  PlasticRow<R> row{
      shard.targets(at), scratch.row_weight.data(), scratch.row_variables.data(), count, scratch.row_traces.data(), state.arrival, state.consumed, state.base,
      dendritic,         source_of(p, part, at)};
  for (auto coming = std::lower_bound(in_flight.begin(), in_flight.end(), Coming{at, 0, Visit::arrival}); coming != in_flight.end() && coming->row == at;
       ++coming) {
    const std::int32_t when = relative(part, coming->soma) - 2 * dendritic;
    row.inert = inert(p, part, at, coming->visit == Visit::lagged ? coming->soma - set.lag : coming->soma);
    R efficacy = 1;
    if (coming->visit == Visit::arrival)
      efficacy = release_axons(set, row.traces, when - row.base);
    else
      advance_axons(set, row.traces, when - row.base);
    if (projection.synaptic) kernels_.rows.arrive[shard.layout.narrow()](context(p, part), row, when, coming->visit, efficacy, scratch.nowhere.data());
    row.base = when;
  }
  const std::int32_t now = relative(part, k) - dendritic;
  if (now > row.base) advance_axons(set, row.traces, now - row.base);
  if (set.walk == Walk::running) {
    RunningRow<R> owed = running_row(p, part, at, relative(part, k) - 1);
    owed.weight = row.weight;
    owed.seen = row.variables + (set.variables - 1) * count;
    set.kernels.pay_running[shard.layout.narrow()](owed, running_input(p, part));
  } else if (projection.synaptic) {
    const PlasticContext<R> rules = context(p, part);
    kernels_.rows.catch_up[shard.layout.narrow()](rules, row, now - 1);
    kernels_.rows.advance[shard.layout.narrow()](rules, row, now);
  }
  return row;
}

template <class R>
R Simulation<R>::probed(std::size_t p, std::size_t part, const Probe& probe, const PlasticRow<R>& row, std::uint32_t place) const {
  const auto& set = plastic_[p];
  switch (probe.where) {
    case Probe::Where::weight:
      return projections_[p].sign * row.weight[place];
    case Probe::Where::variable:
      return row.variables[probe.at * row.count + place];
    case Probe::Where::row:
      return row.traces[probe.at];
    case Probe::Where::neuron:
      break;
  }
  const auto& shard = projections_[p].shards[part];
  const std::uint32_t target =
      shard.layout.narrow() ? static_cast<const std::uint16_t*>(row.target)[place] : static_cast<const std::uint32_t*>(row.target)[place];
  return set.parts[part].narrow[probe.rule][probe.at][target];
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
