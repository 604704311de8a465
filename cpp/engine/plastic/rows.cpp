// Rows of plastic synapses, and reading them without touching them.
//
// A row is dated in the steps of its targets' own spikes. A presynaptic spike stamped s that reaches the soma at T = s + delay was at
// the synapse at T - dendritic; a postsynaptic spike stamped t is there at t + dendritic. So the arrival stands at T - 2 dendritic
// in that calendar. It is worked out when it reaches the soma: all that it depends on has happened by then.
#include "engine/plastic/rows.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/running.hpp"

namespace plastica {

// Flows of several rules do not commute: they take turns from event to event, whether or not a rule acts at these.
template <class R>
static bool listens(const std::vector<RuleView<R>>& views) {
  const auto acts = [](const RuleView<R>& view) { return view.at_post != nullptr; };
  const auto flows = [](const RuleView<R>& view) { return view.advance != nullptr; };
  return std::any_of(views.begin(), views.end(), acts) || std::count_if(views.begin(), views.end(), flows) > 1;
}

template <class R>
PlasticContext<R> context(const Network<R>& net, std::size_t p, std::size_t share) {
  const auto& projection = net.projections[p];
  const auto& history = net.populations[projection.post].learning[share].history;
  const auto& set = net.plastic_sets[p];
  const auto& mine = set.shares[share];
  const Step origin = net.shares[share].origin;
  const Step integrals = mine.integrals.empty() ? origin : mine.integrals[0].origin;
  const Step made = std::max(set.slots[0].made, origin + never);
  return {{history.steps(), history.neurons(), history.capacity()},
          mine.views.data(),
          static_cast<int>(mine.views.size()),
          projection.sign,
          static_cast<R>(set.w_max),
          static_cast<R>(net.dt),
          set.evolves,
          set.everywhere,
          set.compares,
          set.random,
          set.transmits,
          listens(mine.views),
          relative(net, share, integrals),
          random_key(net.seed, static_cast<std::uint32_t>(p), Purpose::synaptic_noise),
          origin,
          net.populations[projection.post].first(share),
          relative(net, share, made),
          projection.held};
}

template <class R>
static Neuron source_of(const Network<R>& net, std::size_t p, std::size_t share, RowPosition at) {
  return net.plastic_sets[p].random ? net.projections[p].shards[share].index.source_of(at) : 0;
}

template <class R>
PlasticRow<R> row_of(Network<R>& net, std::size_t p, std::size_t share, RowPosition at) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const std::uint32_t count = shard.head(at).count();
  R* const weights = shard.weights(at);
  const RowState& state = shard.state(at);
  return {shard.targets(at),
          weights,
          weights + count,
          count,
          shard.traces(at),
          state.arrival,
          state.consumed,
          state.base,
          projection.dendritic(state.delay),
          source_of(net, p, share, at)};
}

template <class R>
void put_back(Network<R>& net, std::size_t p, std::size_t share, RowPosition at, const PlasticRow<R>& row) {
  RowState& state = net.projections[p].shards[share].state(at);
  state.arrival = row.arrival;
  state.consumed = row.consumed;
  state.base = row.base;
}

template <class R>
InFlight rows_in_flight(const Network<R>& net, std::size_t p, std::size_t share, Step k) {
  const auto& projection = net.projections[p];
  const auto& shard = projection.shards[share];
  const Step lag = net.plastic_sets[p].lag;
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

// The row's variables up to the left limit of `now`, in its own calendar; all events before it have been consumed.
template <class R>
void advance_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at, std::int32_t now) {
  auto& shard = net.projections[p].shards[share];
  const auto& set = net.plastic_sets[p];
  PlasticRow<R> row = row_of(net, p, share, at);
  if (now <= row.base) return;
  advance_axons(net, set, row.traces, now - row.base);
  if (set.walk == Walk::replay) net.kernels.rows.advance[shard.layout.narrow()](context(net, p, share), row, now);
  row.base = now;
  put_back(net, p, share, at, row);
}

// At the left limit of step k: arrivals at the synapse and postsynaptic events there before it, and variables as they are at it.
template <class R>
PlasticRow<R> read_row(const Network<R>& net, std::size_t p, std::size_t share, RowPosition at, Step k, const InFlight& in_flight, Share<R>& scratch) {
  const auto& projection = net.projections[p];
  const auto& shard = projection.shards[share];
  const auto& set = net.plastic_sets[p];
  const std::uint32_t count = shard.head(at).count();
  const RowState& state = shard.state(at);
  const std::int32_t dendritic = projection.dendritic(state.delay);
  scratch.row_weight.resize(count);
  for (std::uint32_t place = 0; place < count; ++place) scratch.row_weight[place] = shard.weight(at, place);
  const R* const variables = shard.weights(at) + count;
  scratch.row_variables.assign(variables, variables + (set.variables > 0 ? count * set.variables : 0));
  scratch.row_traces.assign(shard.traces(at), shard.traces(at) + set.of_row);
  scratch.nowhere.resize(net.populations[projection.post].owned(share));
  PlasticRow<R> row{
      shard.targets(at), scratch.row_weight.data(),   scratch.row_variables.data(), count, scratch.row_traces.data(), state.arrival, state.consumed, state.base,
      dendritic,         source_of(net, p, share, at)};
  for (auto coming = std::lower_bound(in_flight.begin(), in_flight.end(), Coming{at, 0, Visit::arrival}); coming != in_flight.end() && coming->row == at;
       ++coming) {
    const std::int32_t when = relative(net, share, coming->soma) - 2 * dendritic;
    row.inert = inert(net, p, share, at, coming->visit == Visit::lagged ? coming->soma - set.lag : coming->soma);
    R efficacy = 1;
    if (coming->visit == Visit::arrival)
      efficacy = release_axons(net, set, row.traces, when - row.base);
    else
      advance_axons(net, set, row.traces, when - row.base);
    if (projection.synaptic) net.kernels.rows.arrive[shard.layout.narrow()](context(net, p, share), row, when, coming->visit, efficacy, scratch.nowhere.data());
    row.base = when;
  }
  const std::int32_t now = relative(net, share, k) - dendritic;
  if (now > row.base) advance_axons(net, set, row.traces, now - row.base);
  if (set.walk == Walk::running) {
    RunningRow<R> owed = running_row(net, p, share, at, relative(net, share, k) - 1);
    owed.weight = row.weight;
    owed.seen = row.variables + (set.variables - 1) * count;
    set.kernels.pay_running[shard.layout.narrow()](owed, running_input(net, p, share));
  } else if (projection.synaptic) {
    const PlasticContext<R> rules = context(net, p, share);
    net.kernels.rows.catch_up[shard.layout.narrow()](rules, row, now - 1);
    net.kernels.rows.advance[shard.layout.narrow()](rules, row, now);
  }
  return row;
}

template <class R>
R probed(const Network<R>& net, std::size_t p, std::size_t share, const Probe& probe, const PlasticRow<R>& row, std::uint32_t place) {
  const auto& set = net.plastic_sets[p];
  switch (probe.where) {
    case Probe::Where::weight:
      return net.projections[p].sign * row.weight[place];
    case Probe::Where::variable:
      return row.variables[probe.at * row.count + place];
    case Probe::Where::row:
      return row.traces[probe.at];
    case Probe::Where::neuron:
      break;
  }
  const auto& shard = net.projections[p].shards[share];
  const std::uint32_t target =
      shard.layout.narrow() ? static_cast<const std::uint16_t*>(row.target)[place] : static_cast<const std::uint32_t*>(row.target)[place];
  return set.shares[share].narrow[probe.rule][probe.at][target];
}

PLASTICA_INSTANTIATE(context);
PLASTICA_INSTANTIATE(row_of);
PLASTICA_INSTANTIATE(put_back);
PLASTICA_INSTANTIATE(rows_in_flight);
PLASTICA_INSTANTIATE(advance_row);
PLASTICA_INSTANTIATE(read_row);
PLASTICA_INSTANTIATE(probed);

}  // namespace plastica
