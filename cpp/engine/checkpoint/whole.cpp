// A network as named numbers, and back: see docs/checkpoints.md for what a file holds.
//
// What is written does not depend on the number of threads: shares are put together, in the order of neurons, and dealt out again when they are read.
// What follows from parameters (constants, tables, views) is not written but derived again, by the code that made it at first. What is read is not
// trusted: each number must have its type, its size and its bounds, or nothing is made of the file.
#include "engine/build/connect.hpp"
#include "engine/build/drives.hpp"
#include "engine/build/populations.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/checkpoint/populations.hpp"
#include "engine/checkpoint/projections.hpp"
#include "engine/checkpoint/recorders.hpp"
#include "engine/core/checkpoint.hpp"
#include "engine/network.hpp"
#include "engine/plastic/prepare.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/slow/adjust.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/slow/controllers.hpp"
#include "engine/slow/guards.hpp"
#include "engine/slow/modifiers.hpp"
#include "engine/step/bundle.hpp"
#include "engine/structure/laws.hpp"

namespace plastica {

// The spikes of the last step, which are stamped with the present one.
template <class R>
static void archive_newest(Network<R>& net, Archive& a) {
  bool some = net.last_interval > 0;
  a.number("has_run", some);
  if (!some) return;
  if (a.loading()) {
    net.last_interval = 1;
    for (auto& state : net.shares) state.emitted[net.parity ^ 1].assign(net.populations.size(), Emitted(1));
  }
  for (std::size_t p = 0; p < net.populations.size(); ++p) {
    const auto& population = net.populations[p];
    std::vector<std::vector<Neuron>> lists(net.shares.size());
    for (std::size_t share = 0; share < lists.size() && !a.loading(); ++share) lists[share] = newest_spikes(net, share, p);
    archive_neurons(net, a, numbered("newest", p), population, [&](std::size_t share) -> auto& { return lists[share]; });
    for (std::size_t share = 0; share < lists.size() && a.loading(); ++share)
      for (const Neuron i : lists[share]) net.shares[share].emitted[net.parity ^ 1][p][0].push_back(population.first(share) + i);
  }
}

// What synapses need, to be there.
template <class R>
static void archive_before_rows(Network<R>& net, Archive& a) {
  a.number("now", net.now, 0, last_step);
  Step origin = net.shares[0].origin;
  a.number("origin", origin, 0, net.now);
  a.require(net.now - origin < Step{1} << 30, "origin", "is too far back");
  for (auto& state : net.shares) state.origin = origin;
  a.number("contributions", net.contributions, 0, std::int64_t{1} << 40);
  for_each_named(a, "modulator", "modulators", net.modulators.size(), [&](std::size_t i, std::size_t) { archive_modulator(net, a, i); });
  for_each_named(a, "population", "populations", net.populations.size(), [&](std::size_t i, std::size_t) { archive_population(net, a, i); });
  for_each_named(a, "projection", "projections", net.projections.size(), [&](std::size_t i, std::size_t) { archive_projection(net, a, i); });
  for (std::size_t i = 0; i < net.modulators.size(); ++i) {
    const Archive::Inside inside(a, numbered("modulator", i));
    archive_levels(net, a, i);
  }
  for (std::size_t i = 0; i < net.populations.size(); ++i) {
    const Archive::Inside inside(a, numbered("population", i));
    archive_learning(net, a, i);
  }
}

// What acts on synapses, counts them or samples them.
template <class R>
static void archive_after_rows(Network<R>& net, Archive& a) {
  for_each_named(a, "drive", "drives", net.drives.size(), [&](std::size_t i, std::size_t) { archive_drive(net, a, i); });
  for_each_named(a, "controller", "controllers", net.controllers.size(), [&](std::size_t i, std::size_t) { archive_controller(net, a, i); });
  for_each_named(a, "adjusted", "adjustments", net.adjusted.size(), [&](std::size_t i, std::size_t) { archive_adjusted(net, a, i); });
  for_each_named(a, "modifier", "modifiers", net.modifiers.size(), [&](std::size_t i, std::size_t count) {
    net.modifiers.resize(count);
    archive_modifier(net, a, i);
  });
  for_each_named(a, "guard", "guards", net.guards.size(), [&](std::size_t i, std::size_t count) {
    net.guards.resize(count);
    archive_guard(net, a, i);
  });
  for_each_named(a, "rewiring", "rewirings", net.rewirings.size(), [&](std::size_t i, std::size_t count) {
    net.rewirings.resize(count);
    archive_rewiring(net, a, i);
  });
  for_each_named(a, "recorder", "recorders", net.recorders.size(), [&](std::size_t i, std::size_t) { archive_recorder(net, a, i); });
  archive_agenda(net, a);
  archive_newest(net, a);
}

// What follows from what has been read.
template <class R>
static void derive_all(Network<R>& net, const Archive& a) {
  for (const auto& controller : net.controllers)
    if (controller.part->senses != Senses::weights && !controller.rule_state) {
      require_contribution(net, a, "controllers", controller.adjusted, controller.contribution);
      const auto& target = *net.adjusted[controller.adjusted].target;
      a.require(target.owner == controller.owner && target.index == controller.target, "controllers", "act on something else than they are for");
    }
  for (auto& population : net.populations) {
    if (population.source)
      population.source->derive(net, population);
    else
      derive(net, population);
  }
  for (auto& drive : net.drives) derive_drive(net, *drive);
  choose_interval(net);
}

template <class R>
SavedTree save(Network<R>& net) {
  if (net.failed) throw Error("this network stopped with an error and cannot be saved; build it again");
  const FlushDenormals flush;
  for (std::size_t pre = 0; pre < net.populations.size(); ++pre) unbundle(net, pre);
  // Threads bring their rows up to date at moments of their own; here they do it together, so that what is written does not depend on them.
  for (std::size_t p = 0; p < net.populations.size(); ++p)
    for (std::size_t share = 0; share < net.populations[p].learning.size() && net.populations[p].replayed; ++share) sweep(net, share, p, net.now - 1);
  Archive a;
  archive_before_rows(net, a);
  archive_after_rows(net, a);
  return a.take();
}

template <class R>
void load(Network<R>& net, SavedTree tree) {
  if (!net.populations.empty() || net.now != 0) throw Error("only an empty network can be loaded into");
  net.loading.emplace(std::move(tree));
  archive_before_rows(net, *net.loading);
}

// Only now is there what recorders and laws look at.
template <class R>
void end_loading(Network<R>& net) {
  for (const auto& projection : net.projections)
    for (const auto& shard : projection.shards)
      if (shard.index.sources() != net.populations[projection.pre].size) throw Error("rows of a projection are missing");
  archive_after_rows(net, *net.loading);
  derive_all(net, *net.loading);
  net.loading->finish();
  net.loading.reset();
  net.arriving.clear();
}

PLASTICA_INSTANTIATE(save);
PLASTICA_INSTANTIATE(load);
PLASTICA_INSTANTIATE(end_loading);

}  // namespace plastica
