// The walk that replays histories (kernels/plastic.hpp), for any rules.
#include <algorithm>

#include "engine/plastic/axons.hpp"
#include "engine/plastic/prepare.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/walks.hpp"

namespace plastica {

namespace {

template <class R>
struct ReplayWalk final : Walk<R> {
  bool can(const Network<R>& /*net*/, const Projection<R>& /*projection*/, const PlasticSet<R>& /*set*/) const override { return true; }

  // From here on the history keeps what rows have not consumed.
  void prepare(Network<R>& net, std::size_t p) const override {
    auto& post = net.populations[net.projections[p].post];
    for (std::size_t share = 0; share < post.learning.size() && !post.replayed; ++share) post.learning[share].history.set_swept(relative(net, share, net.now));
    post.replayed = true;
    for (auto& slot : net.plastic_sets[p].slots)
      if (slot.view >= 0) use_traces(net, p, slot);
  }

  void arrive(Network<R>& net, std::size_t p, std::size_t share, const std::vector<RowPosition>& due, Step k, R* input) const override {
    auto& shard = net.projections[p].shards[share];
    const auto& set = net.plastic_sets[p];
    if (!due.empty()) arrive_now(net, p, share, due, k, input);
    if (set.lag == 0) return;
    if (!due.empty()) {
      auto& late = shard.lagged[k + set.lag];
      late.insert(late.end(), due.begin(), due.end());
    }
    for (const auto& [step, at] : shard.early)
      if (step == k) shard.lagged[k].push_back(at);
    std::erase_if(shard.early, [k](const auto& each) { return each.first == k; });
    auto* const late = shard.lagged.find(k);
    if (late == nullptr || late->empty()) return;
    arrive_late(net, p, share, *late, k);
    late->clear();
  }

  void sweep(Network<R>& net, std::size_t p, std::size_t share, Step done) const override { catch_up(net, p, share, done); }

  void settle(Network<R>& net, std::size_t p, std::size_t share) const override {
    const RulesInUse<R> rules(net, p, share);
    net.projections[p].shards[share].for_each_row([&](RowPosition at) { settle_row(net, p, share, at, rules); });
  }

  void read(const Network<R>& net, std::size_t p, std::size_t share, RowPosition /*at*/, Step k, const RulesInUse<R>& rules,
            PlasticRow<R>& row) const override {
    const bool narrow = net.projections[p].shards[share].layout.narrow();
    const std::int32_t now = relative(net, share, k) - row.dendritic;
    net.kernels.rows.catch_up[narrow](rules, row, now - 1);
    net.kernels.rows.advance[narrow](rules, row, now);
  }

 private:
  static void arrive_now(Network<R>& net, std::size_t p, std::size_t share, const std::vector<RowPosition>& due, Step k, R* input) {
    const auto& projection = net.projections[p];
    const auto& set = net.plastic_sets[p];
    const RulesInUse<R> rules(net, p, share);
    const auto kernel = net.kernels.rows.arrive[projection.shards[share].layout.narrow()];
    for (const RowPosition at : due) {
      PlasticRow<R> row = row_of(net, p, share, at);
      row.inert = inert(net, p, share, at, k);
      const std::int32_t now = relative(net, share, k) - 2 * row.dendritic;
      const R efficacy = release_axons(net, set, row.traces, now - row.base) * projection.gain;
      kernel(rules, row, now, Visit::arrival, efficacy, input);
      put_back(net, p, share, at, row);
    }
  }

  // Spikes that arrived some time ago act once more.
  static void arrive_late(Network<R>& net, std::size_t p, std::size_t share, const std::vector<RowPosition>& late, Step k) {
    const auto& set = net.plastic_sets[p];
    const RulesInUse<R> rules(net, p, share);
    const auto kernel = net.kernels.rows.arrive[net.projections[p].shards[share].layout.narrow()];
    for (const RowPosition at : late) {
      PlasticRow<R> row = row_of(net, p, share, at);
      row.inert = inert(net, p, share, at, k - set.lag);
      const std::int32_t now = relative(net, share, k) - 2 * row.dendritic;
      advance_axons(net, set, row.traces, now - row.base);
      kernel(rules, row, now, Visit::lagged, R(1), nullptr);
      put_back(net, p, share, at, row);
    }
  }
};

}  // namespace

template <class R>
const Walk<R>& replay_walk() {
  static const ReplayWalk<R> walk;
  return walk;
}

PLASTICA_INSTANTIATE(replay_walk);

}  // namespace plastica
