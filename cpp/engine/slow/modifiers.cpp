// Modifiers: factors on parameters that come and go together.
#include <algorithm>
#include <cmath>

#include "engine/checkpoint/fields.hpp"
#include "engine/core/modifiers.hpp"
#include "engine/network.hpp"
#include "engine/slow/adjust.hpp"
#include "engine/slow/agenda.hpp"

namespace plastica {

template <class R>
std::size_t add_modifier(Network<R>& net, const std::string& name, const std::vector<Modification>& changes, Step start, std::optional<Step> stop) {
  if (start < net.now)
    throw Error("modifier '" + name + "' cannot start at " + to_text(static_cast<double>(start) * net.dt) + " ms, before now, " +
                to_text(static_cast<double>(net.now) * net.dt) + " ms");
  if (stop && *stop <= start) throw Error("modifier '" + name + "' must stop later than it starts");
  Modifier modifier{.start = start, .stop = stop.value_or(not_due)};
  for (const auto& change : changes) {
    if (!std::isfinite(change.factor)) throw Error("modifier '" + name + "': the factor of " + change.name + " must be a finite number");
    locate(net, change.owner, change.target, change.name);
  }
  for (const auto& change : changes) {
    const std::size_t a = adjusted_parameter(net, change.owner, change.target, change.name);
    std::vector<double> values{change.factor};
    if (change.ids) {
      values.assign(net.populations[change.target].size, 1.0);
      for (const Neuron i : *change.ids) values.at(i) = change.factor;
    }
    modifier.pieces.push_back({a, add_contribution(net, a, name, true, false, std::move(values))});
  }
  net.modifiers.push_back(std::move(modifier));
  const std::size_t id = net.modifiers.size() - 1;
  try {
    switch_modifier(net, id);
  } catch (...) {
    remove_modifier(net, id);
    throw;
  }
  put_on_agenda(net, to_switch, id, net.now);
  return id;
}

namespace {

// A modifier starts or stops.
template <class R>
struct Switching final : Copying<Switching<R>, Occasion<R>> {
  const OccasionKind& kind() const override { return to_switch; }
  std::size_t count(const Network<R>& net) const override { return net.modifiers.size(); }
  Step next(const Network<R>& net, Step from) const override {
    const auto& modifier = net.modifiers[this->index];
    for (const Step step : {modifier.start, modifier.stop})
      if (step >= std::max(from, this->done + 1)) return step;
    return not_due;
  }
  std::optional<GuardError> perform(Network<R>& net) override {
    switch_modifier(net, this->index);
    return std::nullopt;
  }
};

}  // namespace

const OccasionKind to_switch = kind_of<Occasion, Switching>();

// On or off, as the moment and the user want it; all of its factors or none.
template <class R>
static void switch_modifier(Network<R>& net, std::size_t id) {
  auto& modifier = net.modifiers.at(id);
  const bool on = modifier.active && net.now >= modifier.start && net.now < modifier.stop;
  if (on == modifier.on) return;
  const auto turn = [&](bool to) {
    for (const auto& [a, contribution] : modifier.pieces) contribution_of(net, a, contribution).active = to;
  };
  turn(on);
  try {
    for (const auto& piece : modifier.pieces) put_in_force(net, piece.adjusted);
  } catch (...) {
    turn(!on);
    for (const auto& piece : modifier.pieces) put_in_force(net, piece.adjusted);
    throw;
  }
  modifier.on = on;
}

template <class R>
void set_modifier_active(Network<R>& net, std::size_t id, bool active) {
  const bool before = std::exchange(net.modifiers.at(id).active, active);
  try {
    switch_modifier(net, id);
  } catch (...) {
    net.modifiers[id].active = before;
    throw;
  }
}

template <class R>
void remove_modifier(Network<R>& net, std::size_t id) {
  auto& modifier = net.modifiers.at(id);
  modifier.start = modifier.stop = -1;
  switch_modifier(net, id);
  for (const auto& [a, contribution] : modifier.pieces)
    std::erase_if(net.adjusted[a].contributions, [&](const Contribution& each) { return each.id == contribution; });
  modifier.pieces.clear();
}

template <class R>
bool modifier_active(const Network<R>& net, std::size_t modifier) {
  return net.modifiers.at(modifier).active;
}

template <class R>
bool modifier_acts(const Network<R>& net, std::size_t modifier) {
  return net.modifiers.at(modifier).on;
}

template <class R>
void archive_modifier(Network<R>& net, Archive& a, std::size_t m) {
  auto& modifier = net.modifiers[m];
  a.number("start", modifier.start);
  a.number("stop", modifier.stop);
  a.number("active", modifier.active);
  a.number("on", modifier.on);
  std::vector<std::uint64_t> adjusted, contributions;
  for (const auto& piece : modifier.pieces) {
    adjusted.push_back(piece.adjusted);
    contributions.push_back(piece.contribution);
  }
  a.array("adjusted", adjusted);
  a.array("contributions", contributions, adjusted.size());
  if (!a.loading()) return;
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    require_contribution(net, a, "contributions", adjusted[i], contributions[i]);
    modifier.pieces.push_back({adjusted[i], contributions[i]});
  }
}

PLASTICA_INSTANTIATE(add_modifier);
PLASTICA_INSTANTIATE(set_modifier_active);
PLASTICA_INSTANTIATE(remove_modifier);
PLASTICA_INSTANTIATE(modifier_active);
PLASTICA_INSTANTIATE(modifier_acts);
PLASTICA_INSTANTIATE(archive_modifier);

}  // namespace plastica
