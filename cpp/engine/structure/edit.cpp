// Synapses that come and go, between intervals, in a network that lives.
#include "engine/structure/edit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/build/connect.hpp"
#include "engine/core/structure.hpp"
#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/prepare.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/views.hpp"
#include "engine/step/bundle.hpp"

namespace plastica {

// All threads' shares of an edit. Nothing can fail here but memory.
template <class R>
void edit(Network<R>& net, std::size_t p, StructuralEdit<R>& change) {
  auto& projection = on_its_own(net, p);
  projection.alone = true;
  if (projection.synapses() == 0) projection.sign = change.sign;
  bool shared = true;
  for (std::size_t share = 0; share < change.fresh.size(); ++share)
    for (const auto& each : change.fresh[share]) shared = shared && each.weight == projection.shards[share].shared;
  note_changes(net, p, change);
  // What has passed a synapse reaches the soma, even if the synapse goes.
  parallel(net.share_count, [&](int thread) {
    const FlushDenormals flush;
    settle_in_flight(net, p, static_cast<std::size_t>(thread));
    catch_up_equals(net, p, static_cast<std::size_t>(thread), change.gone[static_cast<std::size_t>(thread)]);
  });
  const std::uint32_t least_before = projection.min_delay;
  take_delays(net, p, change);
  parallel(net.share_count, [&](int thread) {
    const FlushDenormals flush;
    edit_shard(net, p, static_cast<std::size_t>(thread), change, least_before, !shared);
  });
}

// Everything that follows from the delays of a projection follows those of its new synapses.
template <class R>
static void take_delays(Network<R>& net, std::size_t p, const StructuralEdit<R>& change) {
  auto& projection = net.projections[p];
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max(), most = 0;
  for (const auto& fresh : change.fresh)
    for (const auto& each : fresh) {
      least = std::min(least, each.delay);
      most = std::max(most, each.delay);
    }
  if (most == 0) return;
  const bool empty = projection.synapses() == 0;
  const std::uint32_t least_before = projection.min_delay;
  projection.min_delay = empty ? least : std::min(projection.min_delay, least);
  projection.max_delay = empty ? most : std::max(projection.max_delay, most);
  if (projection.min_delay != least_before) begin_earlier(net, p);
  lengthen_reach(net, projection.post, reach_of(net, projection));
  if (net.plastic_sets[p].renewal > 0) make_room_for_delays(net, p);
  choose_interval(net);
}

// A spike begins to walk the least delay after its stamp. Those that have yet to begin walk already; their rows are where they were.
template <class R>
static void begin_earlier(Network<R>& net, std::size_t p) {
  for (auto& shard : net.projections[p].shards) {
    shard.due.for_each(net.now, [&](Step start, const auto& due) {
      for (const RowPosition at : due) shard.walking.push_back({at, static_cast<std::uint32_t>(start) + shard.head(at).gap()});
    });
    shard.due.clear();
    shard.make_ring(net.projections[p].min_delay);
    shard.staggered = true;
  }
}

template <class R>
static void count_changes(Shard<R>& shard, std::span<const typename RowEditor<R>::Place> gone, std::span<const typename RowEditor<R>::Fresh> fresh) {
  shard.synapses += fresh.size();
  shard.synapses -= gone.size();
  if (shard.out_degree.empty()) return;
  for (const auto& each : fresh) {
    ++shard.out_degree[each.source];
    ++shard.in_degree[each.target];
  }
  for (const auto& each : gone) {
    --shard.out_degree[shard.index.source_of(each.row)];
    --shard.in_degree[shard.target(each.row, each.place)];
  }
}

// Random numbers count the synapses of a row between the same two neurons, and those behind one that goes move up. What has happened to them by
// now has drawn under the numbers that they had: rows catch up at moments of their own, which must not show.
template <class R>
static void catch_up_equals(Network<R>& net, std::size_t p, std::size_t share, std::span<const typename RowEditor<R>::Place> gone) {
  if (!net.plastic_sets[p].random) return;
  auto& shard = net.projections[p].shards[share];
  const RulesInUse<R> rules(net, p, share);
  const auto kernel = net.kernels.rows.catch_up[shard.layout.narrow()];
  RowPosition caught_up = RowEditor<R>::nowhere;
  for (const auto& [at, place] : gone) {
    if (at == caught_up || place + 1 == shard.head(at).count() || shard.target(at, place) != shard.target(at, place + 1)) continue;
    PlasticRow<R> row = row_of(net, p, share, at);
    kernel(rules, row, relative(net, share, net.now) - 1 - row.dendritic);
    put_back(net, p, share, at, row);
    caught_up = at;
  }
}

template <class R>
static void edit_shard(Network<R>& net, std::size_t p, std::size_t share, const StructuralEdit<R>& change, std::uint32_t least_before, bool own_weights) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const auto& gone = change.gone[share];
  const auto& fresh = change.fresh[share];
  RowEditor<R> editor(shard, least_before, net.now);
  editor.begin_at(projection.min_delay);
  RowLayout layout = shard.layout;
  layout.weights = layout.weights || own_weights;
  layout.births = true;
  editor.use(layout);
  const auto& set = net.plastic_sets[p];
  if (!set.evolves && !set.everywhere && !set.axons) editor.ignore_beginnings();
  if (set.random) editor.keep_twins_apart();
  follow_samples(net, p, share, editor);
  count_changes(shard, gone, fresh);
  editor.edit(gone, fresh);
  for (const auto& [at, delay] : editor.created()) {
    if (projection.stateful()) {
      begin_row(net, p, share, at);
      // Postsynaptic spikes that are still in the dendrite will reach it.
      shard.state(at).consumed -= projection.dendritic(shard.state(at).delay);
    }
    shard.asleep.push_back({at, net.now + 1 + delay});
  }
  std::sort(shard.asleep.begin(), shard.asleep.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  keep_following(net, p, share, editor);
}

// Recorders go on with the synapses that they have been given; of those that are gone they record nothing.
template <class R>
static void follow_samples(const Network<R>& net, std::size_t p, std::size_t share, RowEditor<R>& editor) {
  std::vector<typename RowEditor<R>::Place> places;
  for (const auto& recorder : net.recorders)
    if (recorder->listens.rows_of == p) recorder->add_places(share, places);
  std::sort(places.begin(), places.end());
  editor.follow(std::move(places));
}

template <class R>
static void keep_following(const Network<R>& net, std::size_t p, std::size_t share, const RowEditor<R>& editor) {
  for (const auto& recorder : net.recorders)
    if (recorder->listens.rows_of == p) recorder->rows_moved(share, editor);
}

template <class R>
static void note_changes(const Network<R>& net, std::size_t p, const StructuralEdit<R>& change) {
  std::vector<Change> changes;
  for (const auto& recorder : net.recorders) {
    if (recorder->listens.changes_of != p) continue;
    if (changes.empty()) changes = changes_of(net, p, change);
    recorder->note_changes(changes);
  }
}

template <class R>
static std::vector<Change> changes_of(const Network<R>& net, std::size_t p, const StructuralEdit<R>& change) {
  const auto& projection = net.projections[p];
  std::vector<Change> changes;
  for (std::size_t share = 0; share < change.gone.size(); ++share) {
    const auto& shard = projection.shards[share];
    const Neuron first = net.populations[projection.post].first(share);
    for (const auto& each : change.gone[share])
      changes.push_back({net.now, shard.index.source_of(each.row), first + shard.target(each.row, each.place), false});
    for (const auto& each : change.fresh[share]) changes.push_back({net.now, each.source, first + each.target, true});
  }
  std::sort(changes.begin(), changes.end());
  return changes;
}

// Gives every synapse a weight of its own instead of one for all.
template <class R>
void separate_weights(Network<R>& net, std::size_t p) {
  auto& projection = net.projections[p];
  parallel(net.share_count, [&](int thread) {
    const auto share = static_cast<std::size_t>(thread);
    RowEditor<R> editor(projection.shards[share], projection.min_delay, net.now);
    RowLayout layout = projection.shards[share].layout;
    layout.weights = true;
    editor.use(layout);
    follow_samples(net, p, share, editor);
    editor.edit({}, {});
    keep_following(net, p, share, editor);
  });
}

template <class R>
StructuralEdit<R> no_change(const Network<R>& net, std::size_t p) {
  const auto all = static_cast<std::size_t>(net.share_count);
  return {std::vector<std::vector<typename RowEditor<R>::Place>>(all), std::vector<std::vector<typename RowEditor<R>::Fresh>>(all), net.projections.at(p).sign};
}

// A new synapse in the share of the thread that owns its target; `sort_change` follows.
template <class R>
void plan_synapse(const Network<R>& net, std::size_t p, StructuralEdit<R>& change, Neuron source, Neuron target, std::uint32_t delay, double weight) {
  const auto& projection = net.projections[p];
  const auto& post = net.populations[projection.post];
  const auto share = static_cast<std::size_t>(post.partition.owner(target));
  check_look_back(net, projection, net.plastic_sets[p], delay);
  change.fresh[share].push_back({source, delay, target - post.first(share), static_cast<R>(projection.learns() ? std::abs(weight) : weight)});
}

template <class R>
void sort_change(StructuralEdit<R>& change) {
  for (auto& gone : change.gone) std::sort(gone.begin(), gone.end());
  for (auto& fresh : change.fresh)
    std::stable_sort(fresh.begin(), fresh.end(),
                     [](const auto& a, const auto& b) { return std::tie(a.source, a.delay, a.target) < std::tie(b.source, b.delay, b.target); });
}

template <class R>
void add_synapses(Network<R>& net, std::size_t p, const std::vector<Neuron>& sources, const std::vector<Neuron>& targets, const Values& weights,
                  const Values& delays) {
  auto& projection = on_its_own(net, p);
  if (sources.empty()) return;
  const auto check_count = [&](const char* what, std::size_t count) {
    if (count != 1 && count != sources.size())
      throw Error("there are " + std::to_string(count) + " " + what + " for " + std::to_string(sources.size()) + " new synapses");
  };
  if (targets.size() != sources.size())
    throw Error("there are " + std::to_string(sources.size()) + " sources and " + std::to_string(targets.size()) + " targets of new synapses");
  check_count("weights", weights.size());
  check_count("delays", delays.size());
  check_weights(net, projection, weights);
  const R sign = sign_of<R>(weights);
  const bool any = std::any_of(weights.begin(), weights.end(), [](double w) { return w != 0; });
  if (projection.learns() && projection.synapses() > 0 && any && sign != projection.sign)
    throw Error("weight: the weights of a plastic projection must all have one sign; make two projections");
  const auto check_neuron = [&](const char* what, Neuron i, Neuron size) {
    if (i >= size) throw Error(std::string(what) + " " + std::to_string(i) + " of a new synapse is not among the " + std::to_string(size) + " neurons");
  };
  StructuralEdit<R> change = no_change(net, p);
  change.sign = sign;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    check_neuron("source", sources[i], net.populations[projection.pre].size);
    check_neuron("target", targets[i], net.populations[projection.post].size);
    const std::uint32_t delay = delay_steps(delays[delays.size() == 1 ? 0 : i], net.dt);
    plan_synapse(net, p, change, sources[i], targets[i], delay, weights[weights.size() == 1 ? 0 : i]);
  }
  sort_change(change);
  edit(net, p, change);
}

template <class R>
void remove_synapses(Network<R>& net, std::size_t p, std::vector<std::int64_t> indices) {
  const auto& projection = on_its_own(net, p);
  const auto count = static_cast<std::int64_t>(projection.synapses());
  std::sort(indices.begin(), indices.end());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < 0 || indices[i] >= count)
      throw Error("connection " + std::to_string(indices[i]) + " is not among the " + std::to_string(count) + " of the projection");
    if (i > 0 && indices[i] == indices[i - 1]) throw Error("connection " + std::to_string(indices[i]) + " is to be removed twice");
  }
  if (indices.empty()) return;
  StructuralEdit<R> change = no_change(net, p);
  std::int64_t canonical = 0;
  auto next = indices.begin();
  visit(net, p, [&](const Synapse& s) {
    if (next != indices.end() && *next == canonical) {
      change.gone[s.share].push_back({s.row, s.place});
      ++next;
    }
    ++canonical;
  });
  sort_change(change);
  edit(net, p, change);
}

template <class R>
Values births(Network<R>& net, std::size_t p) {
  const auto& projection = on_its_own(net, p);
  Values values;
  values.reserve(projection.synapses());
  visit(net, p, [&](const Synapse& s) { values.push_back(static_cast<double>(projection.shards[s.share].birth(s.row, s.place)) * net.dt); });
  return values;
}

PLASTICA_INSTANTIATE(edit);
PLASTICA_INSTANTIATE(separate_weights);
PLASTICA_INSTANTIATE(no_change);
PLASTICA_INSTANTIATE(plan_synapse);
PLASTICA_INSTANTIATE(sort_change);
PLASTICA_INSTANTIATE(add_synapses);
PLASTICA_INSTANTIATE(remove_synapses);
PLASTICA_INSTANTIATE(births);

}  // namespace plastica
