// Bringing plastic rows up to date: in sweeps, and before an edit.
#include "engine/plastic/settle.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/walk.hpp"

namespace plastica {

// Every row consumes the events up to `done - 2 dendritic`, where all arrivals up to the step `done` have been worked out.
template <class R>
void catch_up(Network<R>& net, std::size_t p, std::size_t share, Step done) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const RulesInUse<R> rules(net, p, share);
  const auto kernel = net.kernels.rows.catch_up[shard.layout.narrow()];
  shard.for_each_row([&](RowPosition at) {
    PlasticRow<R> row = row_of(net, p, share, at);
    kernel(rules, row, relative(net, share, done) - 2 * projection.dendritic(shard.state(at).delay));
    put_back(net, p, share, at, row);
  });
}

template <class R>
void sweep(Network<R>& net, std::size_t share, std::size_t population, Step done) {
  for (const std::size_t p : net.incoming[population])
    if (net.plastic_sets[p].walk != nullptr) net.plastic_sets[p].walk->sweep(net, p, share, done);
  auto& history = net.populations[population].learning[share].history;
  history.set_swept(relative(net, share, done) - 2 * static_cast<std::int32_t>(net.populations[population].dendritic_reach));
}

// Events up to and including this one may be forgotten, but for one.
template <class R>
std::int32_t needed_history(const Network<R>& net, std::size_t share, std::size_t p, Step stamp) {
  const auto& population = net.populations[p];
  const auto& learning = population.learning[share];
  std::int32_t needed = relative(net, share, stamp) - 2 * static_cast<std::int32_t>(population.dendritic_reach) - 1;
  needed = std::min(needed, relative(net, share, stamp) - learning.window() - 1);
  return population.replayed ? std::min(needed, learning.history.swept()) : needed;
}

// Called in the step before `stamp`, when a neuron's ring is full. Sweeping often costs more than a longer ring.
template <class R>
void make_room(Network<R>& net, std::size_t share, std::size_t p, Neuron neuron, Step stamp) {
  constexpr std::int32_t often = 2000;
  constexpr std::uint32_t long_ring = 256;
  auto& history = net.populations[p].learning[share].history;
  const bool worth_it = relative(net, share, stamp) - history.swept() >= often || history.capacity() >= long_ring;
  if (net.populations[p].replayed && worth_it) sweep(net, share, p, stamp - 1);
  while (!history.room(neuron, needed_history(net, share, p, stamp))) history.grow();
}

template <class R>
void rebase(Network<R>& net, std::size_t share, Step k) {
  constexpr Step kept = Step{1} << 24;
  const Step by = k - kept - net.shares[share].origin;
  const auto shift = static_cast<std::int32_t>(by);
  for (auto& population : net.populations) {
    if (population.learning.empty()) continue;
    population.learning[share].history.rebase(shift);
  }
  for (auto& projection : net.projections) {
    if (!projection.stateful()) continue;
    auto& shard = projection.shards[share];
    const auto moved = [shift](std::int32_t step) { return step < never + shift ? never : step - shift; };
    shard.for_each_row([&](RowPosition at) {
      RowState& state = shard.state(at);
      state.arrival = moved(state.arrival);
      state.consumed = moved(state.consumed);
      state.base = moved(state.base);
    });
  }
  net.shares[share].origin += by;
}

// Works out, now, the arrivals that have passed the synapse but not yet reached the soma, and keeps the weights they transmit.
template <class R>
void settle_in_flight(Network<R>& net, std::size_t p, std::size_t share) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const auto& set = net.plastic_sets[p];
  const std::int32_t reach = projection.dendritic(projection.max_delay);
  if (reach == 0) return;
  std::vector<R> received(net.populations[projection.post].owned(share));
  const RulesInUse<R> rules(net, p, share);
  for (const Coming& coming : rows_in_flight(net, p, share, net.now)) {
    R efficacy = 1;
    if (projection.stateful()) {
      PlasticRow<R> row = row_of(net, p, share, coming.row);
      efficacy = visit_row(net, p, share, coming, rules, row, received.data());
      put_back(net, p, share, coming.row, row);
    }
    if (coming.visit == Visit::arrival) keep_transmitted(net, p, share, coming, efficacy, received);
  }
  if (set.lag > 0) late_in_flight(net, p, share);
  come_no_more(net, projection, shard);
}

// What an arrival ahead of its time transmits: `received`, where synapses learn, which is emptied.
template <class R>
static void keep_transmitted(Network<R>& net, std::size_t p, std::size_t share, const Coming& coming, R efficacy, std::vector<R>& received) {
  const auto& projection = net.projections[p];
  auto& shard = net.projections[p].shards[share];
  for (std::uint32_t place = 0; place < shard.head(coming.row).count(); ++place) {
    const std::uint32_t target = shard.target(coming.row, place);
    const R arrives = projection.synaptic ? std::exchange(received[target], R(0)) : efficacy * shard.weight(coming.row, place);
    if (!projection.synaptic || arrives != R(0)) shard.transmitted[coming.soma].push_back({target, arrives});
  }
}

// Visits that have been made ahead of their time.
template <class R>
static void come_no_more(const Network<R>& net, const Projection<R>& projection, Shard<R>& shard) {
  const auto passed = [&](RowPosition at, Step soma) { return soma - projection.dendritic(shard.delay_of(at, projection.min_delay)) < net.now; };
  shard.due.for_each(net.now, projection.dendritic(projection.max_delay), [&](Step start, auto& due) {
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
    while (more && passed(cursor.row, net.now + (cursor.step - static_cast<std::uint32_t>(net.now)))) more = shard.walk(cursor);
    if (more) shard.walking[left++] = cursor;
  }
  shard.walking.resize(left);
}

// Second visits of spikes that have acted already, or whose first visit has been made ahead of its time.
template <class R>
static void late_in_flight(Network<R>& net, std::size_t p, std::size_t share) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const Step lag = net.plastic_sets[p].lag;
  const auto passed = [&](RowPosition at, Step soma) { return soma - projection.dendritic(shard.state(at).delay) < net.now; };
  shard.lagged.for_each(net.now, [&](Step soma, auto& acting) { std::erase_if(acting, [&](RowPosition at) { return passed(at, soma); }); });
  std::erase_if(shard.early, [&](const auto& late) { return passed(late.second, late.first); });
  shard.for_each_coming(net.now, net.now + projection.dendritic(projection.max_delay), [&](RowPosition at, Step soma) {
    if (passed(at, soma) && !passed(at, soma + lag)) shard.early.push_back({soma + lag, at});
  });
}

// Brings every row up to date, before a user changes weights or rules.
template <class R>
void settle(Network<R>& net, std::size_t p) {
  auto& projection = net.projections[p];
  auto& set = net.plastic_sets[p];
  const FlushDenormals flush;
  for (std::size_t share = 0; share < projection.shards.size(); ++share) {
    settle_in_flight(net, p, share);
    if (set.walk != nullptr)
      set.walk->settle(net, p, share);
    else
      settle_axons(net, p, share);
  }
}

template <class R>
static void settle_axons(Network<R>& net, std::size_t p, std::size_t share) {
  const auto& projection = net.projections[p];
  const auto& shard = projection.shards[share];
  const RulesInUse<R> none(net, p, share);
  shard.for_each_row(
      [&](RowPosition at) { advance_row(net, p, share, at, relative(net, share, net.now) - projection.dendritic(shard.state(at).delay), none); });
}

PLASTICA_INSTANTIATE(catch_up);
PLASTICA_INSTANTIATE(sweep);
PLASTICA_INSTANTIATE(needed_history);
PLASTICA_INSTANTIATE(make_room);
PLASTICA_INSTANTIATE(rebase);
PLASTICA_INSTANTIATE(settle_in_flight);
PLASTICA_INSTANTIATE(settle);

}  // namespace plastica
