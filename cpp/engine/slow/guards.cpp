// Guards: what they watch, and when they stop a run.
#include "engine/slow/guards.hpp"

#include "engine/build/synapses.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/core/modifiers.hpp"
#include "engine/core/projections.hpp"
#include "engine/network.hpp"
#include "engine/record/recorders.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/targets/owners.hpp"

namespace plastica {

template <class R>
std::size_t add_guard(Network<R>& net, Owner owner, std::size_t target, const Ids& ids, double low, double high, Step window, bool stop) {
  if (!(low < high)) throw Error("a guard's band goes from a lower to a higher value, not from " + to_text(low) + " to " + to_text(high));
  if (window < 1) throw Error("the window of a guard must be at least the step dt = " + to_text(net.dt) + " ms");
  const auto& kind = kind_of<R>(owner);
  if (!kind.neurons() && !kind.synapses()) throw Error("a guard watches a population or a projection");
  Guard guard{.owner = owner,
              .target = target,
              .population = kind.neurons() ? target : no_population,
              .low = low,
              .high = high,
              .window = window,
              .made = net.now,
              .stop = stop};
  if (kind.neurons()) {
    guard.member = membership(net, target, ids);
    guard.size = ids ? ids->size() : net.populations.at(target).size;
  } else {
    static_cast<void>(net.projections.at(target));
  }
  guard.counts.resize(static_cast<std::size_t>(net.share_count));
  net.guards.push_back(std::move(guard));
  put_on_agenda(net, to_guard, net.guards.size() - 1);
  return net.guards.size() - 1;
}

// A watched population's spikes of one step; of each share its own count.
void count_spikes(Guard& guard, std::size_t share, const std::vector<Neuron>& neurons, Step stamp) {
  auto& count = guard.counts[share];
  const Step window = (stamp + guard.window - 1) / guard.window;
  if (count.window != window) count = {window, 0};
  for (const Neuron i : neurons) count.spikes += guard.member.empty() || guard.member[i] ? 1 : 0;
}

namespace {

template <class R>
struct Guarding final : Copying<Guarding<R>, Occasion<R>> {
  const OccasionKind& kind() const override { return to_guard; }
  bool looks() const override { return true; }
  std::size_t count(const Network<R>& net) const override { return net.guards.size(); }
  Step next(const Network<R>& net, Step from) const override {
    const auto& guard = net.guards[this->index];
    return guard.active ? this->next_multiple(guard.window, guard.made, from) : not_due;
  }
  std::optional<GuardError> perform(Network<R>& net) override { return look(net, this->index); }
};

}  // namespace

const OccasionKind to_guard = kind_of<Occasion, Guarding>();

// What a guard sees at this step: an event if it is out of its band.
template <class R>
static std::optional<GuardError> look(Network<R>& net, std::size_t id) {
  auto& guard = net.guards[id];
  double value = guard.low;
  if (guard.population != no_population) {
    if (net.now - guard.made < guard.window) return std::nullopt;  // not a whole window yet
    std::uint64_t spikes = 0;
    for (const auto& count : guard.counts)
      if (count.window == net.now / guard.window) spikes += count.spikes;
    value = static_cast<double>(spikes) / (static_cast<double>(guard.size) * static_cast<double>(guard.window) * net.dt * 1e-3);
  } else {
    for (const double weight : weights(net, guard.target))
      if (value >= guard.low && value <= guard.high) value = weight;
  }
  if (value >= guard.low && value <= guard.high) return std::nullopt;
  guard.events.push_back({net.now, value});
  if (!guard.stop) return std::nullopt;
  return GuardError(static_cast<double>(net.now) * net.dt, id, value);
}

template <class R>
bool guard_active(const Network<R>& net, std::size_t guard) {
  return net.guards.at(guard).active;
}

template <class R>
void set_guard_active(Network<R>& net, std::size_t guard, bool on) {
  net.guards.at(guard).active = on;
}

template <class R>
std::vector<GuardEvent> guard_events(const Network<R>& net, std::size_t guard) {
  return net.guards.at(guard).events;
}

template <class R>
void archive_guard(Network<R>& net, Archive& a, std::size_t g) {
  auto& guard = net.guards[g];
  archive_owner(net, a, guard.owner, guard.target);
  const auto& kind = kind_of<R>(guard.owner);
  a.require(kind.neurons() || kind.synapses(), "owner", "must be a population or a projection");
  guard.population = kind.neurons() ? guard.target : no_population;
  a.number("low", guard.low, Archive::Numbers::any);
  a.number("high", guard.high, Archive::Numbers::any);
  a.require(guard.low < guard.high, "low", "must be below high");
  a.number("window", guard.window, 1, last_step);
  a.number("made", guard.made, 0, net.now);
  a.number("stop", guard.stop);
  a.number("active", guard.active);
  const std::size_t size = kind.neurons() ? net.populations[guard.target].size : 0;
  archive_flags(a, "member", guard.member, size);
  a.number("size", guard.size, 0, static_cast<std::int64_t>(size));
  // Of the newest window.
  Guard::Count count;
  for (const auto& each : guard.counts) count.window = std::max(count.window, each.window);
  for (const auto& each : guard.counts)
    if (each.window == count.window) count.spikes += each.spikes;
  a.number("counted_window", count.window);
  a.number("counted_spikes", count.spikes);
  std::vector<Step> steps;
  std::vector<double> values;
  for (const auto& event : guard.events) {
    steps.push_back(event.step);
    values.push_back(event.value);
  }
  a.array("event_steps", steps);
  a.array("event_values", values, steps.size(), Archive::Numbers::any);
  if (!a.loading()) return;
  guard.counts.assign(static_cast<std::size_t>(net.share_count), {});
  guard.counts[0] = count;
  for (std::size_t i = 0; i < steps.size(); ++i) guard.events.push_back({steps[i], values[i]});
}

PLASTICA_INSTANTIATE(add_guard);
PLASTICA_INSTANTIATE(guard_active);
PLASTICA_INSTANTIATE(set_guard_active);
PLASTICA_INSTANTIATE(guard_events);
PLASTICA_INSTANTIATE(archive_guard);

}  // namespace plastica
