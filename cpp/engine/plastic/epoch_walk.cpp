// What the walks by a table and by running sums have in common: they know rows by the epoch of their last arrival.
#include "engine/plastic/epoch_walk.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"

namespace plastica {

template <class R>
void EpochWalk<R>::list_rows(Network<R>& net, std::size_t p, std::size_t share) const {
  auto& shard = net.projections[p].shards[share];
  shard.for_each_row([&](RowPosition at) {
    const std::int32_t arrival = shard.state(at).arrival;
    if (arrival == never || shard.head(at).count() == 0) return;
    shard.arrived[list_of(net, p, share, net.shares[share].origin + arrival)].push_back(at);
  });
}

template <class R>
bool EpochWalk<R>::adds_up(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set) {
  const auto& slot = set.synaptic();
  if (std::count_if(set.slots.begin(), set.slots.end(), [](const RuleSlot<R>& each) { return each.view >= 0; }) != 1) return false;
  // Within an epoch a trace is scaled back to its start: a time constant below a step has nothing left to scale.
  const bool plain =
      std::all_of(slot.needs.pre.begin(), slot.needs.pre.end(), [&](const TraceSpec& t) { return t.tau >= net.dt && t.window.empty(); }) &&
      std::all_of(slot.needs.post.begin(), slot.needs.post.end(), [&](const TraceSpec& t) { return t.window.empty() && t.pairing != Pairing::suppressed; });
  // By the fraction, not by the delays that there are: edits bring others, and rows cannot change their walk.
  return slot.traits.separable && plain && projection.dendritic_fraction == 0;
}

template <class R>
void EpochWalk<R>::date_anew(Network<R>& net, std::size_t p, std::size_t share, RowPosition at) const {
  auto& shard = net.projections[p].shards[share];
  RowState& state = shard.state(at);
  const std::int32_t last = relative(net, share, net.now) - 1;
  if (state.arrival == never || state.arrival >= last) return;
  if (!fade_traces(net.plastic_sets[p], shard.traces(at), last - state.arrival, 0)) {
    state.arrival = never;
    return;
  }
  state.arrival = state.consumed = last;
  shard.arrived[list_of(net, p, share, net.now - 1)].push_back(at);
}

template struct EpochWalk<float>;
template struct EpochWalk<double>;

}  // namespace plastica
