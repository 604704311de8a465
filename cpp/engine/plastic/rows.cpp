// Rows of plastic synapses, and reading them without touching them.
//
// A row is dated in the steps of its targets' own spikes. A presynaptic spike stamped s that reaches the soma at T = s + delay was at
// the synapse at T - dendritic; a postsynaptic spike stamped t is there at t + dendritic. So the arrival stands at T - 2 dendritic
// in that calendar. It is worked out when it reaches the soma: all that it depends on has happened by then.
#include "engine/plastic/rows.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/walk.hpp"

namespace plastica {

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
void advance_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at, std::int32_t now, const RulesInUse<R>& rules) {
  auto& shard = net.projections[p].shards[share];
  const auto& set = net.plastic_sets[p];
  PlasticRow<R> row = row_of(net, p, share, at);
  if (now <= row.base) return;
  advance_axons(net, set, row.traces, now - row.base);
  if (set.evolves) net.kernels.rows.advance[shard.layout.narrow()](rules, row, now);
  row.base = now;
  put_back(net, p, share, at, row);
}

template <class R>
void settle_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at, const RulesInUse<R>& rules) {
  const std::int32_t now = relative(net, share, net.now);
  PlasticRow<R> row = row_of(net, p, share, at);
  net.kernels.rows.catch_up[net.projections[p].shards[share].layout.narrow()](rules, row, now - 1 - row.dendritic);
  put_back(net, p, share, at, row);
  advance_row(net, p, share, at, now - row.dendritic, rules);
}

template <class R>
R visit_row(const Network<R>& net, std::size_t p, std::size_t share, const Coming& coming, const RulesInUse<R>& rules, PlasticRow<R>& row, R* input) {
  const auto& projection = net.projections[p];
  const auto& set = net.plastic_sets[p];
  const bool arrives = coming.visit == Visit::arrival;
  const std::int32_t when = relative(net, share, coming.soma) - 2 * row.dendritic;
  row.inert = inert(net, p, share, coming.row, arrives ? coming.soma : coming.soma - set.lag);
  R efficacy = 1;
  if (arrives)
    efficacy = release_axons(net, set, row.traces, when - row.base);
  else
    advance_axons(net, set, row.traces, when - row.base);
  if (projection.synaptic) net.kernels.rows.arrive[projection.shards[share].layout.narrow()](rules, row, when, coming.visit, efficacy, input);
  row.base = when;
  return efficacy;
}

template <class R>
RowReader<R>::RowReader(const Network<R>& net, std::size_t p, std::size_t share, Step k, Share<R>& scratch)
    : net_(net), p_(p), share_(share), k_(k), scratch_(scratch), in_flight_(rows_in_flight(net, p, share, k)), rules_(net, p, share) {
  scratch_.nowhere.resize(net.populations[net.projections[p].post].owned(share));
}

template <class R>
PlasticRow<R> RowReader<R>::read(RowPosition at) {
  const auto& set = net_.plastic_sets[p_];
  PlasticRow<R> row = copied(at);
  auto coming = std::lower_bound(in_flight_.begin(), in_flight_.end(), Coming{at, 0, Visit::arrival});
  for (; coming != in_flight_.end() && coming->row == at; ++coming) visit_row(net_, p_, share_, *coming, rules_, row, scratch_.nowhere.data());
  const std::int32_t now = relative(net_, share_, k_) - row.dendritic;
  if (now > row.base) advance_axons(net_, set, row.traces, now - row.base);
  if (set.walk != nullptr) set.walk->read(net_, p_, share_, at, k_, rules_, row);
  return row;
}

template <class R>
PlasticRow<R> RowReader<R>::copied(RowPosition at) {
  const auto& projection = net_.projections[p_];
  const auto& shard = projection.shards[share_];
  const auto& set = net_.plastic_sets[p_];
  const std::uint32_t count = shard.head(at).count();
  const RowState& state = shard.state(at);
  scratch_.row_weight.resize(count);
  for (std::uint32_t place = 0; place < count; ++place) scratch_.row_weight[place] = shard.weight(at, place);
  const R* const variables = shard.weights(at) + count;
  scratch_.row_variables.assign(variables, variables + (set.variables > 0 ? count * set.variables : 0));
  scratch_.row_traces.assign(shard.traces(at), shard.traces(at) + set.of_row);
  return {
      shard.targets(at), scratch_.row_weight.data(),        scratch_.row_variables.data(),  count, scratch_.row_traces.data(), state.arrival, state.consumed,
      state.base,        projection.dendritic(state.delay), source_of(net_, p_, share_, at)};
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

PLASTICA_INSTANTIATE(row_of);
PLASTICA_INSTANTIATE(put_back);
PLASTICA_INSTANTIATE(rows_in_flight);
PLASTICA_INSTANTIATE(advance_row);
PLASTICA_INSTANTIATE(settle_row);
PLASTICA_INSTANTIATE(visit_row);
PLASTICA_INSTANTIATE(probed);
template class RowReader<float>;
template class RowReader<double>;

}  // namespace plastica
