// A quiet period: no neuron spikes, nothing drives them, and only what is slow moves on, in closed form.
//
// It begins when the fast has faded: traces, eligibilities, levels of modulators, spikes on their way (`memory` says how long that takes). From
// then on, between the moments at which something slow happens, time is one number.
#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

constexpr double forgotten_taus = 40;     // exp(-40) is below what double precision sees beside 1
constexpr Step longest_glide = 1 << 28;   // rows are dated in 32 bits
constexpr double silent_sensor = 1e-12;

}  // namespace

// So many steps after the last spike nothing remembers it but what rules keep for long.
template <class R>
Step Simulation<R>::memory() const {
  double longest = 0;
  Step delay = 0, window = 0;
  const auto remembers = [&](double tau) { longest = std::max(longest, tau); };
  for (std::size_t p = 0; p < projections_.size(); ++p) {
    const auto& set = plastic_[p];
    delay = std::max<Step>(delay, Step{projections_[p].max_delay} + set.lag);
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
  for (const auto& modulator : modulators_) remembers(modulator.tau);
  for (const auto& population : populations_)
    for (const auto& learning : population.learning) {
      window = std::max<Step>(window, learning.window());
      for (const auto& table : learning.running) window = std::max(window, static_cast<Step>(table.rows()) * table.length());
    }
  return delay + window + static_cast<Step>(forgotten_taus * longest / dt_) + 2;
}

template <class R>
void Simulation<R>::rest(Step steps) {
  if (failed_) throw Error("this network stopped with an error and cannot go on; build it again, or read its recorders");
  if (steps <= 0) return;
  check_quiet();
  const FlushDenormals flush;
  put_switches_in_force();
  for (std::size_t pre = 0; pre < populations_.size(); ++pre) unbundle(pre);
  for (std::size_t p = 0; p < projections_.size(); ++p)
    if (projections_[p].stateful()) settle(p);
  const Step end = now_ + steps;
  while (now_ < end) {
    skip_controllers(end);
    perform_due();
    for (std::size_t part = 0; part < parts_state_.size(); ++part)
      for (std::size_t population = 0; population < populations_.size(); ++population)
        if (!populations_[population].learning.empty()) tick(part, population, now_);
    const Step until = std::min({end, now_ + longest_glide, next_due(now_ + 1), next_tick(now_ + 1)});
    for (std::size_t part = 0; part < parts_state_.size(); ++part) glide(part, until);
    now_ = until;
    for (std::size_t part = 0; part < parts_state_.size(); ++part)
      if (now_ - parts_state_[part].origin > (Step{1} << 29)) rebase(part, now_);
  }
}

template <class R>
void Simulation<R>::check_quiet() const {
  for (std::size_t p = 0; p < projections_.size(); ++p)
    for (const auto& shard : projections_[p].shards) {
      const auto busy = [](const auto& rows) { return std::any_of(rows.begin(), rows.end(), [](const auto& each) { return !each.empty(); }); };
      if (!shard.walking.empty() || !shard.transmitted.empty() || !shard.early.empty() || !shard.due.holds_nothing() || !shard.lagged.holds_nothing() ||
          busy(shard.arrived))
        throw Error("a rest begins when no spike is on its way and none is remembered; let the silent network run first");
    }
}

// The first step, not before `from`, at which a rule ticks, or integrals must be taken up to.
template <class R>
Step Simulation<R>::next_tick(Step from) const {
  Step next = not_due;
  const auto multiple = [from](Step interval) { return (from + interval - 1) / interval * interval; };
  for (const auto& set : plastic_) {
    for (const auto& slot : set.slots)
      if (slot.interval > 0) next = std::min(next, multiple(slot.interval));
    if (set.renewal > 0 && flows_under_modulators(set)) next = std::min(next, multiple(set.renewal));
  }
  return next;
}

// Whether something moves by itself in a list that also integrates a modulator, whose eligibilities have faded.
template <class R>
bool Simulation<R>::flows_under_modulators(const PlasticSet& set) {
  return std::any_of(set.slots.begin(), set.slots.end(), [](const RuleSlot& slot) { return slot.traits.evolves && slot.needs.integrals.empty(); });
}

// A controller whose sensors are silent goes to its last control step at once: its law is a closed form for a constant rate.
template <class R>
void Simulation<R>::skip_controllers(Step end) {
  for (Due& due : agenda_) {
    if (due.kind != Due::Kind::controller) continue;
    auto& controller = controllers_[due.index];
    if (controller.pause.on()) continue;
    const Step last = (end - 1) / controller.interval * controller.interval;
    const auto senses = controller.part->senses;
    if (senses == Senses::weights || last <= std::max(now_, controller.made)) continue;
    if (senses == Senses::spikes && std::any_of(controller.state[0].begin(), controller.state[0].end(), [](double rate) { return rate > silent_sensor; }))
      continue;
    due.done = last;
    tick_controller(controller, last);
  }
}

// To a later step, between which nothing happens.
template <class R>
void Simulation<R>::glide(std::size_t part, Step until) {
  const Step steps = until - now_;
  const bool integrates = std::any_of(plastic_.begin(), plastic_.end(), [](const auto& set) { return set.renewal > 0 && flows_under_modulators(set); });
  for (std::size_t m = 0; m < modulators_.size() && !integrates; ++m) pass_releases(part, m, until);
  if (integrates) know_modulators(part, now_, until);
  for (auto& population : populations_) {
    if (population.learning.empty()) continue;
    auto& learning = population.learning[part];
    for (auto& trace : learning.dense)
      for (R& value : trace.value) value *= static_cast<R>(math::exp(-static_cast<double>(steps) * dt_ / trace.spec.tau));
    for (auto& table : learning.running) table.clear();
  }
  for (std::size_t p = 0; p < projections_.size(); ++p) glide_rows(part, p, until);
  for (auto& population : populations_)
    if (!population.learning.empty())
      population.learning[part].history.set_swept(relative(part, until) - 1 - 2 * static_cast<std::int32_t>(population.dendritic_reach));
}

template <class R>
void Simulation<R>::glide_rows(std::size_t part, std::size_t p, Step until) {
  auto& projection = projections_[p];
  if (!projection.stateful()) return;
  auto& set = plastic_[p];
  auto& shard = projection.shards[part];
  const auto steps = static_cast<std::int32_t>(until - now_);
  // Faded eligibilities have nothing to integrate: the origin of the integrals comes along.
  const bool comes_along = set.renewal > 0 && !flows_under_modulators(set);
  shard.for_each_row([&](RowPosition at) {
    RowState& state = shard.state(at);
    if (comes_along) {
      PlasticRow<R> row = row_of(p, part, at);
      advance_axons(set, row.traces, steps);
      state.base += steps;
    } else {
      advance_row(p, part, at, relative(part, until) - projection.dendritic(state.delay));
    }
    state.consumed += steps;
  });
  if (!comes_along) return;
  // Like a renewal, or else it would come too late for what integrals have room for.
  for (auto& integral : set.parts[part].integrals) {
    integral.origin = integral.known = std::max<Step>(0, until - projection.dendritic(projection.max_delay));
    integral.sum[0] = 0;
    extend(integral, parts_state_[part].modulators[integral.modulator], until);
  }
}

// The level at a later step, with what is released until then.
template <class R>
void Simulation<R>::pass_releases(std::size_t part, std::size_t m, Step until) {
  auto& state = parts_state_[part].modulators[m];
  const auto& modulator = modulators_[m];
  const auto left = [&](Step since) { return math::exp(-static_cast<double>(until - since) * dt_ / modulator.tau); };
  const Step from = state.next;
  state.decaying *= left(from);
  for (auto given = modulator.releases.lower_bound(from); given != modulator.releases.end() && given->first < until; ++given)
    state.decaying += given->second * left(given->first);
  std::fill(state.transient.begin(), state.transient.end(), 0.0);
  std::fill(state.level.begin(), state.level.end(), modulator.baseline);
  state.next = until;
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
