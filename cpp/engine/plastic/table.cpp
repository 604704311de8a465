// The walk by the table of epochs (network/epochs.hpp), for one rule whose events add up.
#include <algorithm>

#include "engine/checkpoint/fields.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/epoch_walk.hpp"
#include "engine/plastic/prepare.hpp"
#include "engine/plastic/walks.hpp"

namespace plastica {

namespace {

constexpr std::size_t table_ahead = 4;  // so many rows before its turn, what a short row needs of the table of epochs is fetched

template <class R>
struct TableWalk final : EpochWalk<R> {
  bool can(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set) const override {
    const auto& traits = set.synaptic().traits;
    return !traits.weighted && !traits.voltage && this->adds_up(net, projection, set);
  }

  // Tables and traces are shared by all rules of the same time constants that began at the same step.
  void prepare(Network<R>& net, std::size_t p) const override {
    auto& set = net.plastic_sets[p];
    auto& projection = net.projections[p];
    auto& post = net.populations[projection.post];
    const auto& needs = set.synaptic().needs;
    const double tau = needs.pre[0].tau;
    for (std::size_t share = 0; share < post.learning.size(); ++share) {
      auto& tables = post.learning[share].tables;
      const auto same = std::find_if(tables.begin(), tables.end(), [&](const auto& t) { return t.matches(tau, net.now); });
      set.table = static_cast<std::size_t>(same - tables.begin());
      if (same == tables.end()) tables.emplace_back(tau, net.dt, net.now, padded(post.owned(share)), decay_table(net, needs.pre[0]));
      projection.shards[share].arrived.resize(tables[set.table].rows());
    }
    set.dense = {use_dense(net, p, needs.post[0])};
  }

  // At the first stamp of an epoch the oldest one is recycled, after the rows that last arrived in it have been paid.
  void before_spikes(Network<R>& net, std::size_t population, std::size_t share, Step stamp) const override {
    auto& tables = net.populations[population].learning[share].tables;
    for (std::size_t t = 0; t < tables.size(); ++t) {
      if (stamp % tables[t].length() != 0) continue;
      for (const std::size_t p : net.incoming[population])
        if (net.plastic_sets[p].walk == this && net.plastic_sets[p].table == t) pay_oldest(net, p, share, stamp);
      tables[t].recycle(tables[t].epoch_of(stamp));
    }
  }

  void take_spikes(Network<R>& net, std::size_t population, std::size_t share, const std::vector<Neuron>& fired, Step stamp) const override {
    for (auto& table : net.populations[population].learning[share].tables) table.push(fired.data(), fired.size(), stamp);
  }

  Step memory(const Postsynaptic<R>& learning) const override { return learning.window(); }

  void archive(Network<R>& net, Archive& a, std::size_t population) const override {
    auto& post = net.populations[population];
    const auto& tables = post.learning[0].tables;
    archive_number_of(a, "tables", tables.size());
    for (std::size_t t = 0; t < tables.size(); ++t) {
      archive_of_targets(net, a, numbered("table", t) + "/later", post, tables[t].rows(), [t](Postsynaptic<R>& l) -> auto& { return l.tables[t].all_later(); });
      archive_of_targets(net, a, numbered("table", t) + "/inside", post, tables[t].rows(),
                         [t](Postsynaptic<R>& l) -> auto& { return l.tables[t].all_inside(); });
    }
  }

  void arrive(Network<R>& net, std::size_t p, std::size_t share, const std::vector<RowPosition>& due, Step k, R* input) const override {
    auto& projection = net.projections[p];
    auto& shard = projection.shards[share];
    const auto& set = net.plastic_sets[p];
    auto& learning = net.populations[projection.post].learning[share];
    const void* const constants = set.synaptic().constants.data();
    const R* const y = learning.dense[set.dense[0]].value.data();
    const std::int32_t now = relative(net, share, k);
    auto& arrived = shard.arrived[list_of(net, p, share, k)];
    const auto kernel = set.kernels.arrive_table[shard.layout.narrow()];
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
      kernel(rows[r], constants, y, static_cast<R>(set.w_max), projection.sign * efficacy, input);
      mark_traces(set, shard.traces(due[r]), now - state.arrival);
      state.arrival = state.consumed = state.base = now;
      arrived.push_back(due[r]);
    }
  }

  // The history still has all events that a row may owe.
  void settle(Network<R>& net, std::size_t p, std::size_t share) const override {
    auto& shard = net.projections[p].shards[share];
    const RulesInUse<R> rules(net, p, share);
    shard.for_each_row([&](RowPosition at) {
      settle_row(net, p, share, at, rules);
      this->date_anew(net, p, share, at);
    });
  }

  void read(const Network<R>& net, std::size_t p, std::size_t share, RowPosition /*at*/, Step k, const RulesInUse<R>& rules,
            PlasticRow<R>& row) const override {
    net.kernels.rows.catch_up[net.projections[p].shards[share].layout.narrow()](rules, row, relative(net, share, k) - 1);
  }

 protected:
  std::size_t list_of(const Network<R>& net, std::size_t p, std::size_t share, Step arrival) const override {
    const auto& table = table_of(net, p, share);
    return table.slot(table.epoch_of(arrival));
  }

 private:
  static const EpochTable<R>& table_of(const Network<R>& net, std::size_t p, std::size_t share) {
    return net.populations[net.projections[p].post].learning[share].tables[net.plastic_sets[p].table];
  }

  // What the kernels of the table need of a row: what it owes is x_at_start times `later` of its targets, and the events `inside`.
  static TableRow<R> table_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at) {
    auto& shard = net.projections[p].shards[share];
    const auto& set = net.plastic_sets[p];
    const auto& learning = net.populations[net.projections[p].post].learning[share];
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
                      net.projections[p].held};
    if (state.arrival == never) return state;
    const Step arrival = net.shares[share].origin + state.arrival;
    const Step epoch = table.epoch_of(arrival);
    const Step offset = arrival - table.start_of(epoch);
    state.x_at_start = state.x * table.growth(offset);
    state.arrival_offset = static_cast<std::uint16_t>(offset + 1);
    state.later = table.later(epoch);
    state.inside = table.inside(epoch);
    return state;
  }

  static void pay_oldest(Network<R>& net, std::size_t p, std::size_t share, Step stamp) {
    const auto& set = net.plastic_sets[p];
    const auto& table = table_of(net, p, share);
    auto& shard = net.projections[p].shards[share];
    const void* const constants = set.synaptic().constants.data();
    const Step epoch = table.epoch_of(stamp), old = epoch - static_cast<Step>(table.rows());
    auto& arrived = shard.arrived[table.slot(epoch)];
    for (const RowPosition at : arrived) {
      RowState& state = shard.state(at);
      if (state.arrival == never || table.epoch_of(net.shares[share].origin + state.arrival) != old) continue;
      set.kernels.retire_table[shard.layout.narrow()](table_row(net, p, share, at), constants);
      shard.traces(at)[set.rules[0].first_trace] = 0;
      state.arrival = never;
      state.consumed = relative(net, share, stamp) - 1;
    }
    arrived.clear();
  }
};

}  // namespace

template <class R>
const Walk<R>& table_walk() {
  static const TableWalk<R> walk;
  return walk;
}

PLASTICA_INSTANTIATE(table_walk);

}  // namespace plastica
