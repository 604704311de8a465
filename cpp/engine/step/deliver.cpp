// Deliver: spikes that arrive now, onto the inputs of a share's own neurons; plastic rows learn in the same walk.
#include "engine/step/deliver.hpp"

#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/walk.hpp"

namespace plastica {

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
    if (!projection.stateful())
      deliver_static(net, share, projection, due, input);
    else if (const auto* walk = net.plastic_sets[p].walk; walk != nullptr)
      walk->arrive(net, p, share, due, k, input);
    else
      deliver_by_axons(net, share, p, due, k, input);
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
static void deliver_static(Network<R>& net, std::size_t share, const Projection<R>& projection, const std::vector<RowPosition>& due, R* input) {
  const auto& shard = projection.shards[share];
  const StaticRows<R> rows{shard.store.data(), shard.layout.head, shard.shared};
  const bool scaled = projection.gain != R(1);
  auto& scales = net.shares[share].scales;
  if (scaled) scales.assign(due.size(), projection.gain);
  net.kernels.deliver[shard.layout.narrow()][!shard.layout.weights][scaled](rows, due.data(), scaled ? scales.data() : nullptr, due.size(), input);
}

PLASTICA_INSTANTIATE(deliver);

}  // namespace plastica
