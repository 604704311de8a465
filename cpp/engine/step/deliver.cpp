// Deliver: spikes that arrive now, onto the inputs of a share's own neurons; plastic rows learn in the same walk.
#include "engine/step/deliver.hpp"

#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/running.hpp"
#include "engine/plastic/table.hpp"

namespace plastica {

constexpr std::size_t table_ahead = 4;  // so many rows before its turn, what a short row needs of the table of epochs is fetched

template <class R>
void deliver(Network<R>& net, std::size_t share, std::size_t population, Step k, std::size_t row) {
  auto& post = net.populations[population];
  for (const std::size_t p : net.incoming[population]) {
    if (net.bundled[p]) continue;
    auto& projection = net.projections[p];
    auto& shard = projection.shards[share];
    auto& due = shard.arrivals(k);
    if (due.empty() && shard.transmitted.empty() && shard.lagged.empty()) continue;
    R* const input = post.receptors[projection.receptor].arrivals.data() + row * post.stride() + post.first(share);
    if (const auto settled = shard.transmitted.find(k); settled != shard.transmitted.end()) {
      for (const auto& arrival : settled->second) input[arrival.target] += arrival.weight * projection.gain;
      shard.transmitted.erase(settled);
    }
    if (!projection.stateful()) {
      const StaticRows<R> rows{shard.store.data(), shard.layout.head, shard.shared};
      const bool scaled = projection.gain != R(1);
      auto& scales = net.shares[share].scales;
      if (scaled) scales.assign(due.size(), projection.gain);
      net.kernels.deliver[shard.layout.narrow()][!shard.layout.weights][scaled](rows, due.data(), scaled ? scales.data() : nullptr, due.size(), input);
    } else {
      switch (net.plastic_sets[p].walk) {
        case Walk::none:
          deliver_by_axons(net, share, p, due, k, input);
          break;
        case Walk::replay:
          deliver_plastic(net, share, p, due, k, input);
          break;
        case Walk::table:
          deliver_by_table(net, share, p, due, k, input);
          break;
        case Walk::running:
          deliver_by_sums(net, share, p, due, k, input);
          break;
      }
      if (net.plastic_sets[p].lag > 0) {
        if (!due.empty()) {
          auto& late = shard.lagged[k + net.plastic_sets[p].lag];
          late.insert(late.end(), due.begin(), due.end());
        }
        act_late(net, share, p, k);
      }
    }
    due.clear();
  }
}

// Rules of axons alone: every row transmits its part of the weights.
template <class R>
static void deliver_by_axons(Network<R>& net, std::size_t share, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const auto& set = net.plastic_sets[p];
  auto& scales = net.shares[share].scales;
  scales.resize(due.size());
  for (std::size_t r = 0; r < due.size(); ++r) {
    RowState& state = shard.state(due[r]);
    const std::int32_t now = relative(net, share, k) - 2 * projection.dendritic(state.delay);
    scales[r] = release_axons(net, set, shard.traces(due[r]), now - state.base) * projection.gain;
    state.base = now;
  }
  const StaticRows<R> rows{shard.store.data(), shard.layout.head, shard.shared};
  net.kernels.deliver[shard.layout.narrow()][!shard.layout.weights][1](rows, due.data(), scales.data(), due.size(), input);
}

template <class R>
static void deliver_plastic(Network<R>& net, std::size_t share, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& shard = net.projections[p].shards[share];
  const auto& set = net.plastic_sets[p];
  const PlasticContext<R> rules = context(net, p, share);
  const auto arrive = net.kernels.rows.arrive[shard.layout.narrow()];
  for (const RowPosition at : due) {
    PlasticRow<R> row = row_of(net, p, share, at);
    row.inert = inert(net, p, share, at, k);
    const std::int32_t now = relative(net, share, k) - 2 * row.dendritic;
    const R efficacy = release_axons(net, set, row.traces, now - row.base) * net.projections[p].gain;
    arrive(rules, row, now, Visit::arrival, efficacy, input);
    put_back(net, p, share, at, row);
  }
}

// Spikes that arrived some time ago act once more.
template <class R>
static void act_late(Network<R>& net, std::size_t share, std::size_t p, Step k) {
  auto& shard = net.projections[p].shards[share];
  const auto& set = net.plastic_sets[p];
  const PlasticContext<R> rules = context(net, p, share);
  const auto arrive = net.kernels.rows.arrive[shard.layout.narrow()];
  for (const auto& [step, at] : shard.early)
    if (step == k) shard.lagged[k].push_back(at);
  std::erase_if(shard.early, [k](const auto& each) { return each.first == k; });
  auto* const late = shard.lagged.find(k);
  if (late == nullptr) return;
  for (const RowPosition at : *late) {
    PlasticRow<R> row = row_of(net, p, share, at);
    row.inert = inert(net, p, share, at, k - set.lag);
    const std::int32_t now = relative(net, share, k) - 2 * row.dendritic;
    advance_axons(net, set, row.traces, now - row.base);
    arrive(rules, row, now, Visit::lagged, R(1), nullptr);
    put_back(net, p, share, at, row);
  }
  late->clear();
}

template <class R>
static void deliver_by_table(Network<R>& net, std::size_t share, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const auto& set = net.plastic_sets[p];
  auto& learning = net.populations[projection.post].learning[share];
  const auto& table = learning.tables[set.table];
  const R* const y = learning.dense[set.dense[0]].value.data();
  const std::int32_t now = relative(net, share, k);
  auto& arrived = shard.arrived[table.slot(table.epoch_of(k))];
  const auto arrive = set.kernels.arrive_table[shard.layout.narrow()];
  auto& rows = net.shares[share].table_rows;
  rows.clear();
  for (const RowPosition at : due) {
    rows.push_back(table_row(net, p, share, at));
    rows.back().inert = inert(net, p, share, at, k);
  }
  for (std::size_t r = 0; r < due.size(); ++r) {
    if (r + table_ahead < due.size()) net.kernels.rows.fetch_table[shard.layout.narrow()](rows[r + table_ahead]);
    RowState& state = shard.state(due[r]);
    const R efficacy = release_axons(net, set, shard.traces(due[r]), now - state.base) * projection.gain;
    arrive(rows[r], set.rules[0].constants, y, static_cast<R>(set.w_max), projection.sign * efficacy, input);
    mark_traces(set, shard.traces(due[r]), now - state.arrival);
    state.arrival = state.consumed = state.base = now;
    arrived.push_back(due[r]);
  }
}

template <class R>
static void deliver_by_sums(Network<R>& net, std::size_t share, std::size_t p, const std::vector<RowPosition>& due, Step k, R* input) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const auto& set = net.plastic_sets[p];
  const auto& table = net.populations[projection.post].learning[share].running[set.table];
  const std::int32_t now = relative(net, share, k);
  auto& arrived = shard.arrived[table.slot(table.epoch_of(k))];
  const auto arrive = set.kernels.arrive_running[shard.layout.narrow()];
  const RunningInput<R> in = running_input(net, p, share);
  for (const RowPosition at : due) {
    RowState& state = shard.state(at);
    const R efficacy = release_axons(net, set, shard.traces(at), now - state.base) * projection.gain;
    RunningRow<R> row = running_row(net, p, share, at, now);
    row.inert = inert(net, p, share, at, k);
    arrive(row, in, projection.sign * efficacy, input);
    mark_traces(set, shard.traces(at), now - state.arrival);
    state.arrival = state.consumed = state.base = now;
    arrived.push_back(at);
  }
}

PLASTICA_INSTANTIATE(deliver);

}  // namespace plastica
