// A quiet period: no neuron spikes, nothing drives them, and only what is slow moves on, in closed form.
//
// It begins when the fast has faded: traces, eligibilities, levels of modulators, spikes on their way (`memory` says how long that takes). From
// then on, between the moments at which something slow happens, time is one number.
#include <algorithm>

#include "engine/core/time.hpp"
#include "engine/network.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/ticks.hpp"
#include "engine/plastic/walks.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/slow/controllers.hpp"
#include "engine/slow/freezing.hpp"
#include "engine/step/bundle.hpp"

namespace plastica {

constexpr double forgotten_taus = 40;     // exp(-40) is below what double precision sees beside 1
constexpr Step longest_glide = 1 << 28;   // rows are dated in 32 bits

// So many steps after the last spike nothing remembers it but what rules keep for long.
template <class R>
Step memory(const Network<R>& net) {
  double longest = 0;
  Step delay = 0, window = 0;
  const auto remembers = [&](double tau) { longest = std::max(longest, tau); };
  for (std::size_t p = 0; p < net.projections.size(); ++p) {
    const auto& set = net.plastic_sets[p];
    delay = std::max<Step>(delay, Step{net.projections[p].max_delay} + set.lag);
    for (const auto& slot : set.slots) {
      for (const auto* traces : {&slot.needs.pre, &slot.needs.post})
        for (const TraceSpec& trace : *traces) {
          remembers(trace.tau);
          remembers(trace.tau_suppression);
          window = std::max(window, static_cast<Step>(trace.window.size()));
        }
      for (const auto& integral : slot.needs.integrals) remembers(integral.tau);
      for (const double tau : {slot.needs.tau_low, slot.needs.tau_high, slot.needs.tau_mean}) remembers(tau);
    }
  }
  for (const auto& modulator : net.modulators) remembers(modulator.tau);
  for (const auto& population : net.populations)
    for (const auto& learning : population.learning)
      for (const auto* walk : walks<R>()) window = std::max(window, walk->memory(learning));
  return delay + window + static_cast<Step>(forgotten_taus * longest / net.dt) + 2;
}

template <class R>
void rest(Network<R>& net, Step steps) {
  if (net.failed) throw Error("this network stopped with an error and cannot go on; build it again, or read its recorders");
  if (steps <= 0) return;
  check_quiet(net);
  const FlushDenormals flush;
  put_switches_in_force(net);
  for (std::size_t pre = 0; pre < net.populations.size(); ++pre) unbundle(net, pre);
  for (std::size_t p = 0; p < net.projections.size(); ++p)
    if (net.projections[p].stateful()) settle(net, p);
  const Step end = net.now + steps;
  while (net.now < end) {
    for (const auto& occasion : net.agenda) occasion->skip(net, end);
    perform_due(net);
    for (std::size_t share = 0; share < net.shares.size(); ++share)
      for (std::size_t population = 0; population < net.populations.size(); ++population)
        if (!net.populations[population].learning.empty()) tick(net, share, population, net.now);
    const Step until = std::min({end, net.now + longest_glide, next_due(net, net.now + 1), next_tick(net, net.now + 1)});
    for (std::size_t share = 0; share < net.shares.size(); ++share) glide(net, share, until);
    net.now = until;
    for (std::size_t share = 0; share < net.shares.size(); ++share)
      if (net.now - net.shares[share].origin > (Step{1} << 29)) rebase(net, share, net.now);
  }
}

template <class R>
static void check_quiet(const Network<R>& net) {
  for (std::size_t p = 0; p < net.projections.size(); ++p)
    for (const auto& shard : net.projections[p].shards) {
      const auto busy = [](const auto& rows) { return std::any_of(rows.begin(), rows.end(), [](const auto& each) { return !each.empty(); }); };
      if (!shard.walking.empty() || !shard.transmitted.empty() || !shard.early.empty() || !shard.due.holds_nothing() || !shard.lagged.holds_nothing() ||
          busy(shard.arrived))
        throw Error("a rest begins when no spike is on its way and none is remembered; let the silent network run first");
    }
}

// The first step, not before `from`, at which a rule ticks, or integrals must be taken up to.
template <class R>
static Step next_tick(const Network<R>& net, Step from) {
  Step next = not_due;
  const auto multiple = [from](Step interval) { return (from + interval - 1) / interval * interval; };
  for (const auto& set : net.plastic_sets) {
    for (const auto& slot : set.slots)
      if (slot.interval > 0) next = std::min(next, multiple(slot.interval));
    if (set.renewal > 0 && flows_under_modulators(set)) next = std::min(next, multiple(set.renewal));
  }
  return next;
}

// Whether something moves by itself in a list that also integrates a modulator, whose eligibilities have faded.
template <class R>
static bool flows_under_modulators(const PlasticSet<R>& set) {
  return std::any_of(set.slots.begin(), set.slots.end(), [](const RuleSlot<R>& slot) { return slot.traits.evolves && slot.needs.integrals.empty(); });
}

// To a later step, between which nothing happens.
template <class R>
static void glide(Network<R>& net, std::size_t share, Step until) {
  const Step steps = until - net.now;
  const bool integrates =
      std::any_of(net.plastic_sets.begin(), net.plastic_sets.end(), [](const auto& set) { return set.renewal > 0 && flows_under_modulators(set); });
  for (std::size_t m = 0; m < net.modulators.size() && !integrates; ++m) pass_releases(net, share, m, until);
  if (integrates) know_modulators(net, share, net.now, until);
  for (auto& population : net.populations) {
    if (population.learning.empty()) continue;
    auto& learning = population.learning[share];
    for (auto& trace : learning.dense)
      for (R& value : trace.value) value *= static_cast<R>(math::exp(-static_cast<double>(steps) * net.dt / trace.spec.tau));
    for (const auto* walk : walks<R>()) walk->forget(learning);
  }
  for (std::size_t p = 0; p < net.projections.size(); ++p) glide_rows(net, share, p, until);
  for (auto& population : net.populations)
    if (!population.learning.empty())
      population.learning[share].history.set_swept(relative(net, share, until) - 1 - 2 * static_cast<std::int32_t>(population.dendritic_reach));
}

template <class R>
static void glide_rows(Network<R>& net, std::size_t share, std::size_t p, Step until) {
  auto& projection = net.projections[p];
  if (!projection.stateful()) return;
  auto& set = net.plastic_sets[p];
  auto& shard = projection.shards[share];
  const auto steps = static_cast<std::int32_t>(until - net.now);
  const RulesInUse<R> rules(net, p, share);
  // Faded eligibilities have nothing to integrate: the origin of the integrals comes along.
  const bool comes_along = set.renewal > 0 && !flows_under_modulators(set);
  shard.for_each_row([&](RowPosition at) {
    RowState& state = shard.state(at);
    if (comes_along) {
      PlasticRow<R> row = row_of(net, p, share, at);
      advance_axons(net, set, row.traces, steps);
      state.base += steps;
    } else {
      advance_row(net, p, share, at, relative(net, share, until) - projection.dendritic(state.delay), rules);
    }
    state.consumed += steps;
  });
  if (!comes_along) return;
  // Like a renewal, or else it would come too late for what integrals have room for.
  for (auto& integral : set.shares[share].integrals) {
    integral.origin = integral.known = std::max<Step>(0, until - projection.dendritic(projection.max_delay));
    integral.sum[0] = 0;
    extend(net, integral, net.shares[share].modulators[integral.modulator], until);
  }
}

// The level at a later step, with what is released until then.
template <class R>
static void pass_releases(Network<R>& net, std::size_t share, std::size_t m, Step until) {
  auto& state = net.shares[share].modulators[m];
  const auto& modulator = net.modulators[m];
  const auto left = [&](Step since) { return math::exp(-static_cast<double>(until - since) * net.dt / modulator.tau); };
  const Step from = state.next;
  state.decaying *= left(from);
  for (auto given = modulator.releases.lower_bound(from); given != modulator.releases.end() && given->first < until; ++given)
    state.decaying += given->second * left(given->first);
  std::fill(state.transient.begin(), state.transient.end(), 0.0);
  std::fill(state.level.begin(), state.level.end(), modulator.baseline);
  state.next = until;
}

PLASTICA_INSTANTIATE(memory);
PLASTICA_INSTANTIATE(rest);

}  // namespace plastica
