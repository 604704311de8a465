// The walk by the table of epochs: what rows need of it, and what is paid before an epoch is forgotten.
#include "engine/plastic/table.hpp"

#include "engine/network.hpp"

namespace plastica {

// What the kernels of the table need of a row: what it owes is x_at_start times `later` of its targets, and the events `inside`.
template <class R>
TableRow<R> table_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at) {
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

// At the first stamp of an epoch the oldest one is recycled, after the rows that last arrived in it have been paid.
template <class R>
void begin_epochs(Network<R>& net, std::size_t share, std::size_t population, Step stamp) {
  auto& learning = net.populations[population].learning[share];
  for (std::size_t t = 0; t < learning.tables.size(); ++t) {
    auto& table = learning.tables[t];
    if (stamp % table.length() != 0) continue;
    const Step epoch = table.epoch_of(stamp), old = epoch - static_cast<Step>(table.rows());
    for (const std::size_t p : net.incoming[population]) {
      if (net.plastic_sets[p].walk != Walk::table || net.plastic_sets[p].table != t) continue;
      auto& shard = net.projections[p].shards[share];
      auto& arrived = shard.arrived[table.slot(epoch)];
      for (const RowPosition at : arrived) {
        RowState& state = shard.state(at);
        if (state.arrival == never || table.epoch_of(net.shares[share].origin + state.arrival) != old) continue;
        net.plastic_sets[p].kernels.retire_table[shard.layout.narrow()](table_row(net, p, share, at), net.plastic_sets[p].rules[0].constants);
        shard.traces(at)[net.plastic_sets[p].rules[0].first_trace] = 0;
        state.arrival = never;
        state.consumed = relative(net, share, stamp) - 1;
      }
      arrived.clear();
    }
    table.recycle(epoch);
  }
}

PLASTICA_INSTANTIATE(table_row);
PLASTICA_INSTANTIATE(begin_epochs);

}  // namespace plastica
