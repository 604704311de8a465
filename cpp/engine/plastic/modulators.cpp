// Modulators: their levels, and the integrals of them that rules read.
#include "engine/plastic/modulators.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/build/connect.hpp"
#include "engine/core/modulators.hpp"
#include "engine/network.hpp"
#include "engine/record/recorders.hpp"
#include "engine/record/sample.hpp"

namespace plastica {

// Decays are tabulated over 40 time constants; rows are brought up to date before so many of them have passed.
constexpr double renewal_taus = 8;
constexpr Step longest_renewal = 1 << 15;

// Rings of levels long enough that every row is visited before they come round, and integrals from a common origin.
template <class R>
void use_modulators(Network<R>& net, std::size_t id) {
  auto& set = net.plastic_sets[id];
  bool used = false;
  double shortest = infinity;
  for (const auto& slot : set.slots) {
    used = used || !slot.needs.levels.empty() || !slot.needs.integrals.empty();
    for (const auto& integral : slot.needs.integrals) shortest = std::min(shortest, integral.tau);
  }
  if (!used) return;
  set.renewal = std::clamp<Step>(static_cast<Step>(std::min(renewal_taus * shortest / net.dt, static_cast<double>(longest_renewal))), 16, longest_renewal);
  for (auto& share : set.shares)
    for (const auto& slot : set.slots)
      for (const auto& spec : slot.needs.integrals) {
        const auto& modulator = net.modulators[static_cast<std::size_t>(spec.modulator)];
        const double both = 1 / spec.tau + 1 / modulator.tau;
        Integral integral;
        integral.tau = spec.tau;
        integral.modulator = static_cast<std::size_t>(spec.modulator);
        integral.origin = integral.known = net.now;
        integral.share = -math::expm1(-net.dt * both) / both;
        integral.of_baseline = -math::expm1(-net.dt / spec.tau) * spec.tau;
        share.integrals.push_back(std::move(integral));
      }
  make_room_for_delays(net, id);
}

// What rules look back at of modulators is kept for every step.
template <class R>
void check_look_back(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set, std::uint32_t delay) {
  const bool reads =
      std::any_of(set.slots.begin(), set.slots.end(), [](const RuleSlot<R>& s) { return !s.needs.levels.empty() || !s.needs.integrals.empty(); });
  if (reads && projection.dendritic(delay) > longest_look_back)
    throw Error("delay = " + to_text(delay * net.dt) + " ms, of which " + to_text(projection.dendritic_fraction) +
                " is dendritic, is too long for rules that read a modulator; the dendritic delay must be at most " + to_text(longest_look_back * net.dt) +
                " ms, at this dt");
}

// Rings of levels and integrals reach as far back as the longest dendritic delay, and ahead over an interval.
template <class R>
void make_room_for_delays(Network<R>& net, std::size_t id) {
  const auto& projection = net.projections[id];
  auto& set = net.plastic_sets[id];
  const Step reach = projection.dendritic(projection.max_delay), ahead = std::min<Step>(projection.max_delay, longest_interval);
  const Step length = set.renewal + 2 * reach + 2 * set.lag + ahead + 64;
  if (set.renewal == 0 || length <= static_cast<Step>(set.growth_length)) return;
  for (std::size_t share = 0; share < set.shares.size(); ++share) {
    for (std::size_t m = 0; m < net.modulators.size(); ++m) lengthen_ring(net.shares[share].modulators[m], net.modulators[m].baseline, 2 * length);
    for (auto& integral : set.shares[share].integrals) integral.sum.resize(static_cast<std::size_t>(2 * length), 0.0);
  }
  set.growth_length = static_cast<std::size_t>(length);
  set.growth.clear();
  for (const auto& slot : set.slots)
    for (const auto& spec : slot.needs.integrals)
      for (std::size_t i = 0; i < set.growth_length; ++i) set.growth.push_back(math::exp(std::min(static_cast<double>(i) * net.dt / spec.tau, 600.0)));
}

// A ring of levels holds at least so many steps. What is known of the past moves to its place in it.
static void lengthen_ring(ModulatorState& state, double baseline, Step least) {
  const auto size = std::bit_ceil(static_cast<std::size_t>(least));
  if (size <= state.level.size()) return;
  std::vector<double> level(size, baseline), transient(size, 0.0);
  for (Step k = std::max<Step>(0, state.next - static_cast<Step>(state.level.size())); k < state.next; ++k) {
    level[static_cast<std::size_t>(k) & (size - 1)] = state.at(k);
    transient[static_cast<std::size_t>(k) & (size - 1)] = state.transient_at(k);
  }
  state.level = std::move(level);
  state.transient = std::move(transient);
}

template <class R>
std::size_t add_modulator(Network<R>& net, double tau, double baseline) {
  if (!(std::isfinite(tau) && tau > 0)) throw Error("Modulator.tau = " + to_text(tau) + " ms must be above 0 ms");
  if (!std::isfinite(baseline)) throw Error("Modulator.baseline = " + to_text(baseline) + " must be a finite number");
  net.modulators.push_back({tau, baseline, {}, {}});
  for (auto& state : net.shares) {
    ModulatorState& mine = state.modulators.emplace_back();
    mine.next = net.now;
    mine.level.assign(1024, baseline);
    mine.transient.assign(1024, 0.0);
  }
  return net.modulators.size() - 1;
}

// The left limit of now: what is released at this very step is not in it yet.
template <class R>
double modulator_level(const Network<R>& net, std::size_t m) {
  const auto& modulator = net.modulators.at(m);
  return modulator.baseline + net.shares[0].modulators[m].decaying;
}

template <class R>
void set_modulator_baseline(Network<R>& net, std::size_t m, double baseline) {
  if (!std::isfinite(baseline)) throw Error("Modulator.baseline = " + to_text(baseline) + " must be a finite number");
  net.modulators.at(m).baseline = baseline;
}

template <class R>
void release(Network<R>& net, std::size_t m, const std::vector<Step>& steps, const Values& amounts) {
  auto& modulator = net.modulators.at(m);
  if (amounts.size() != 1 && amounts.size() != steps.size())
    throw Error("Modulator.release: there are " + std::to_string(amounts.size()) + " amounts for " + std::to_string(steps.size()) + " times");
  for (const double amount : amounts)
    if (!std::isfinite(amount)) throw Error("Modulator.release: amount = " + to_text(amount) + " must be a finite number");
  for (const Step step : steps)
    if (step < net.now)
      throw Error("Modulator.release: a release at " + to_text(static_cast<double>(step) * net.dt) + " ms cannot be before now, " +
                  to_text(static_cast<double>(net.now) * net.dt) + " ms");
  for (std::size_t i = 0; i < steps.size(); ++i) modulator.releases[steps[i]] += amounts[amounts.size() == 1 ? 0 : i];
}

template <class R>
void release_by(Network<R>& net, std::size_t m, std::size_t population, const Ids& ids, double amount, Step delay) {
  if (!std::isfinite(amount)) throw Error("Modulator.release_by: amount = " + to_text(amount) + " must be a finite number");
  if (delay < 1) throw Error("Modulator.release_by: delay must be at least the step dt = " + to_text(net.dt) + " ms");
  net.modulators.at(m).releasers.push_back({population, membership(net, population, ids), amount, delay});
  choose_interval(net);
}

// The levels at the steps begin .. end-1, and integrals up to `end`.
template <class R>
void know_modulators(Network<R>& net, std::size_t share, Step begin, Step end) {
  auto& states = net.shares[share].modulators;
  for (std::size_t m = 0; m < states.size(); ++m) {
    auto& state = states[m];
    const auto& modulator = net.modulators[m];
    const double keep = math::exp(-net.dt / modulator.tau);
    for (Step k = std::max(begin, state.next); k < end; ++k) {
      if (share == 0) sample_modulator(net, m, k, modulator.baseline + state.decaying);
      if (const auto given = modulator.releases.find(k); given != modulator.releases.end()) state.decaying += given->second;
      if (const auto spikes = state.releases.find(k); spikes != state.releases.end()) {
        state.decaying += spikes->second;
        state.releases.erase(spikes);
      }
      const auto at = static_cast<std::size_t>(k) & (state.level.size() - 1);
      state.transient[at] = state.decaying;
      state.level[at] = modulator.baseline + state.decaying;
      state.decaying *= keep;
    }
    state.next = std::max(state.next, end);
  }
  for (std::size_t p = 0; p < net.projections.size(); ++p)
    for (auto& integral : net.plastic_sets[p].shares.empty() ? net.no_integrals : net.plastic_sets[p].shares[share].integrals)
      if (net.populations[net.projections[p].post].owned(share) > 0) extend(net, integral, states[integral.modulator], end);
}

template <class R>
void extend(const Network<R>& net, Integral& integral, const ModulatorState& state, Step end) {
  for (; integral.known < end; ++integral.known) {
    const auto at = static_cast<std::size_t>(integral.known - integral.origin);
    const double transient = state.transient_at(integral.known), baseline = state.at(integral.known) - transient;
    const double here = math::exp(-static_cast<double>(at) * net.dt / integral.tau);
    integral.sum[at + 1] = integral.sum[at] + here * (transient * integral.share + baseline * integral.of_baseline);
  }
}

// Spikes of this interval release what acts in a later one.
template <class R>
void release_by_spikes(Network<R>& net, std::size_t share, Step begin, Step end, std::size_t parity) {
  for (std::size_t m = 0; m < net.modulators.size(); ++m)
    for (const auto& releaser : net.modulators[m].releasers)
      for (Step k = begin; k < end; ++k) {
        std::size_t count = 0;
        for (const auto& from : net.shares)
          for (const Neuron i : from.emitted[parity][releaser.population][static_cast<std::size_t>(k - begin)])
            count += releaser.member.empty() || releaser.member[i] ? 1 : 0;
        if (count > 0) net.shares[share].modulators[m].releases[k + 1 + releaser.delay] += releaser.amount * static_cast<double>(count);
      }
}

template <class R>
double modulator_baseline(const Network<R>& net, std::size_t modulator) {
  return net.modulators.at(modulator).baseline;
}

PLASTICA_INSTANTIATE(use_modulators);
PLASTICA_INSTANTIATE(check_look_back);
PLASTICA_INSTANTIATE(make_room_for_delays);
PLASTICA_INSTANTIATE(add_modulator);
PLASTICA_INSTANTIATE(modulator_level);
PLASTICA_INSTANTIATE(set_modulator_baseline);
PLASTICA_INSTANTIATE(release);
PLASTICA_INSTANTIATE(release_by);
PLASTICA_INSTANTIATE(know_modulators);
PLASTICA_INSTANTIATE(extend);
PLASTICA_INSTANTIATE(release_by_spikes);
PLASTICA_INSTANTIATE(modulator_baseline);

}  // namespace plastica
