// The walk by running sums: what rows need of them, and what enters them at each step.
#include "engine/plastic/running.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"

namespace plastica {

// The same for running sums, each of one projection; then the events of this step enter them.
template <class R>
void begin_running_epochs(Network<R>& net, std::size_t share, std::size_t population, Step stamp) {
  auto& learning = net.populations[population].learning[share];
  for (const std::size_t p : net.incoming[population]) {
    auto& set = net.plastic_sets[p];
    if (set.walk != Walk::running) continue;
    auto& table = learning.running[set.table];
    if (stamp % table.length() != 0) continue;
    const Step epoch = table.epoch_of(stamp), old = epoch - static_cast<Step>(table.rows());
    auto& shard = net.projections[p].shards[share];
    auto& arrived = shard.arrived[table.slot(epoch)];
    const RunningInput<R> in = running_input(net, p, share);
    for (const RowPosition at : arrived) {
      RowState& state = shard.state(at);
      if (state.arrival == never || table.epoch_of(net.shares[share].origin + state.arrival) != old) continue;
      const std::int32_t now = relative(net, share, stamp) - 1;
      set.kernels.pay_running[shard.layout.narrow()](running_row(net, p, share, at, now), in);
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
RunningRow<R> running_row(const Network<R>& net, std::size_t p, std::size_t share, RowPosition at, std::int32_t now) {
  const auto& shard = net.projections[p].shards[share];
  const auto& set = net.plastic_sets[p];
  const auto& table = net.populations[net.projections[p].post].learning[share].running[set.table];
  const RowState& state = shard.state(at);
  const std::uint32_t count = shard.head(at).count();
  R* const weights = const_cast<R*>(shard.weights(at));
  const R* const present = table.sum(table.epoch_of(net.shares[share].origin + now));
  RunningRow<R> row{shard.targets(at), weights, weights + count * set.variables, count, present, present, R(0), {}};
  if (state.arrival == never) return row;
  const RuleView<R>& view = set.rules[0];
  const R* const traces = shard.traces(at) + view.first_trace;
  const std::int32_t age = now - state.arrival;
  for (int t = 0; t < view.pre_count; ++t) row.x[t] = traces[t] * view.pre[t].decay.value[std::min(age, view.pre[t].decay.length)];
  const Step arrival = net.shares[share].origin + state.arrival;
  const Step epoch = table.epoch_of(arrival);
  row.sum = table.sum(epoch);
  row.x_at_start = traces[0] * table.growth(arrival - table.start_of(epoch));
  return row;
}

template <class R>
RunningInput<R> running_input(const Network<R>& net, std::size_t p, std::size_t share) {
  const auto& set = net.plastic_sets[p];
  const auto& learning = net.populations[net.projections[p].post].learning[share];
  const auto& view = set.shares[share].views[0];
  RunningInput<R> in{view.constants, {}, {}, static_cast<R>(set.w_max), net.projections[p].held};
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
void push_factors(Network<R>& net, std::size_t share, std::size_t population, const std::vector<Neuron>& fired, Step stamp) {
  for (const std::size_t p : net.incoming[population])
    if (net.plastic_sets[p].walk == Walk::running && net.plastic_sets[p].kernels.factor != nullptr) announce_factors(net, share, p, fired, stamp);
}

template <class R>
static void announce_factors(Network<R>& net, std::size_t share, std::size_t p, const std::vector<Neuron>& fired, Step stamp) {
  auto& set = net.plastic_sets[p];
  auto& learning = net.populations[net.projections[p].post].learning[share];
  const auto& slot = *std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot<R>& s) { return s.view >= 0; });
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
void push_gates(Network<R>& net, std::size_t share, std::size_t population, Step stamp) {
  auto& post = net.populations[population];
  auto& learning = post.learning[share];
  if (learning.filters.empty()) return;
  const R* const V = post.state[0].data() + post.first(share);
  for (auto& f : learning.filters)
    net.kernels.filter(f.low.data(), f.high.data(), f.mean.data(), f.oldest(stamp).data(), V, f.losses, static_cast<R>(f.V_mean), f.low.size());
  for (const std::size_t p : net.incoming[population])
    if (net.plastic_sets[p].walk == Walk::running && net.plastic_sets[p].kernels.gate != nullptr) announce_gates(net, share, p, stamp);
}

template <class R>
static void announce_gates(Network<R>& net, std::size_t share, std::size_t p, Step stamp) {
  auto& set = net.plastic_sets[p];
  const auto& post = net.populations[net.projections[p].post];
  auto& learning = net.populations[net.projections[p].post].learning[share];
  const Neuron owned = post.owned(share);
  auto& scratch = net.shares[share].scales;
  scratch.resize(learning.filters[set.filter].high.size());
  set.kernels.gate(set.rules[0].constants, post.state[0].data() + post.first(share), learning.filters[set.filter].high.data(), owned, scratch.data());
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
void announce_again(Network<R>& net, std::size_t p) {
  const auto& set = net.plastic_sets[p];
  if (set.walk != Walk::running || net.now == 0) return;
  for (std::size_t share = 0; share < set.shares.size(); ++share) {
    const std::vector<Neuron> fired = net.populations[net.projections[p].post].learning[share].running[set.table].announced(net.now);
    if (set.kernels.factor != nullptr) announce_factors(net, share, p, fired, net.now);
    if (set.kernels.gate != nullptr && set.slots[0].made < net.now) announce_gates(net, share, p, net.now);
  }
}

// The potential of some neurons (none listed: of all) was set: rules that watch it see what it is now, not what it was.
template <class R>
void watch_again(Network<R>& net, std::size_t population, const std::vector<char>& member) {
  auto& post = net.populations[population];
  for (std::size_t share = 0; share < post.learning.size(); ++share)
    for (auto& filter : post.learning[share].filters)
      for (Neuron local = 0; local < post.owned(share); ++local) {
        const Neuron i = post.first(share) + local;
        if (!member.empty() && member[i] == 0) continue;
        const bool begins = filter.created == net.now || (!post.born.empty() && post.born[i] == net.now);
        if (begins)
          filter.reset(local, post.state[0][i]);
        else
          filter.oldest(net.now)[local] = post.state[0][i];
      }
  for (const std::size_t p : net.incoming[population])
    if (net.plastic_sets[p].walk == Walk::running && net.plastic_sets[p].kernels.gate != nullptr) announce_again(net, p);
}

PLASTICA_INSTANTIATE(begin_running_epochs);
PLASTICA_INSTANTIATE(running_row);
PLASTICA_INSTANTIATE(running_input);
PLASTICA_INSTANTIATE(push_factors);
PLASTICA_INSTANTIATE(push_gates);
PLASTICA_INSTANTIATE(announce_again);
PLASTICA_INSTANTIATE(watch_again);

}  // namespace plastica
