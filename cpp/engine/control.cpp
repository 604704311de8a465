// What happens between steps: the agenda, modifiers and guards.
#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {

// ---- the agenda ------------------------------------------------------------------------------------------------------------------

// The first step, not before `from`, at which it happens.
template <class R>
Step Simulation<R>::next_of(const Due& due, Step from) const {
  const auto multiple = [&](Step interval, Step made) {
    const Step earliest = std::max({from, due.done + 1, made + 1});
    return (earliest + interval - 1) / interval * interval;
  };
  switch (due.kind) {
    case Due::Kind::sample:
      return multiple(recorders_[due.index]->interval, -1);
    case Due::Kind::controller:
      if (controllers_[due.index].pause.on()) return not_due;
      return controllers_[due.index].owed ? std::max(from, due.done + 1) : multiple(controllers_[due.index].interval, controllers_[due.index].made);
    case Due::Kind::structure:
      return rewirings_[due.index].pause.on() ? not_due : multiple(rewirings_[due.index].interval, rewirings_[due.index].made);
    case Due::Kind::modifier:
      return next_switch(modifiers_[due.index], std::max(from, due.done + 1));
    case Due::Kind::guard:
      return guards_[due.index].active ? multiple(guards_[due.index].window, guards_[due.index].made) : not_due;
  }
  return not_due;
}

template <class R>
Step Simulation<R>::next_due(Step from) const {
  Step next = not_due;
  for (const Due& due : agenda_) next = std::min(next, next_of(due, from));
  return next;
}

// Whether something that weights or states depend on has acted at the present step.
template <class R>
bool Simulation<R>::have_acted() const {
  return std::any_of(agenda_.begin(), agenda_.end(), [&](const Due& due) { return acts(due) && due.done == now_; });
}

// What is sampled at a control step does not contain it.
template <class R>
void Simulation<R>::sample_before_acting() {
  const auto acts_now = [&](const Due& due) { return acts(due) && next_of(due, now_) == now_; };
  if (have_acted() || std::none_of(agenda_.begin(), agenda_.end(), acts_now)) return;
  note_sample_steps(0, now_, now_ + 1);
  parallel(parts_, [&](int thread) {
    const FlushDenormals flush;
    for (std::size_t p = 0; p < populations_.size(); ++p) sample(static_cast<std::size_t>(thread), p, now_);
  });
}

template <class R>
void Simulation<R>::perform_due() {
  const FlushDenormals flush;
  std::optional<GuardError> stop;
  for (const bool looking : {true, false})
    for (Due& due : agenda_) {
      const bool looks = due.kind == Due::Kind::sample || due.kind == Due::Kind::guard;
      if (looks != looking || next_of(due, now_) != now_) continue;
      due.done = now_;
      switch (due.kind) {
        case Due::Kind::sample:
          recorders_[due.index]->kind == RecorderKind::elements ? sample_elements(*recorders_[due.index], now_)
                                                                : sample_controller(*recorders_[due.index], now_);
          break;
        case Due::Kind::structure:
          update_structure(rewirings_[due.index], now_);
          break;
        case Due::Kind::controller:
          tick_controller(controllers_[due.index], now_);
          break;
        case Due::Kind::modifier:
          switch_modifier(due.index);
          break;
        case Due::Kind::guard:
          if (auto found = look(due.index); found && !stop) stop = std::move(found);
          break;
      }
    }
  if (stop) throw GuardError(*stop);
}

// ---- modifiers -------------------------------------------------------------------------------------------------------------------

template <class R>
std::size_t Simulation<R>::add_modifier(const std::string& name, const std::vector<Modification>& changes, Step start, std::optional<Step> stop) {
  if (start < now_)
    throw Error("modifier '" + name + "' cannot start at " + to_text(static_cast<double>(start) * dt_) + " ms, before now, " +
                to_text(static_cast<double>(now_) * dt_) + " ms");
  if (stop && *stop <= start) throw Error("modifier '" + name + "' must stop later than it starts");
  Modifier modifier{.start = start, .stop = stop.value_or(not_due)};
  for (const auto& change : changes) {
    if (!std::isfinite(change.factor)) throw Error("modifier '" + name + "': the factor of " + change.name + " must be a finite number");
    locate(change.owner, change.target, change.name);
  }
  for (const auto& change : changes) {
    const std::size_t a = adjusted_parameter(change.owner, change.target, change.name);
    std::vector<double> values{change.factor};
    if (change.ids) {
      values.assign(populations_[change.target].size, 1.0);
      for (const Neuron i : *change.ids) values.at(i) = change.factor;
    }
    modifier.parts.push_back({a, add_contribution(a, name, true, false, std::move(values))});
  }
  modifiers_.push_back(std::move(modifier));
  const std::size_t id = modifiers_.size() - 1;
  try {
    switch_modifier(id);
  } catch (...) {
    remove_modifier(id);
    throw;
  }
  agenda_.push_back({Due::Kind::modifier, id, now_});
  return id;
}

template <class R>
Step Simulation<R>::next_switch(const Modifier& modifier, Step from) const {
  for (const Step step : {modifier.start, modifier.stop})
    if (step >= from) return step;
  return not_due;
}

// On or off, as the moment and the user want it; all of its factors or none.
template <class R>
void Simulation<R>::switch_modifier(std::size_t id) {
  auto& modifier = modifiers_.at(id);
  const bool on = modifier.active && now_ >= modifier.start && now_ < modifier.stop;
  if (on == modifier.on) return;
  const auto turn = [&](bool to) {
    for (const auto& [a, contribution] : modifier.parts) contribution_of(a, contribution).active = to;
  };
  turn(on);
  try {
    for (const auto& part : modifier.parts) put_in_force(part.adjusted);
  } catch (...) {
    turn(!on);
    for (const auto& part : modifier.parts) put_in_force(part.adjusted);
    throw;
  }
  modifier.on = on;
}

template <class R>
void Simulation<R>::set_modifier_active(std::size_t id, bool active) {
  const bool before = std::exchange(modifiers_.at(id).active, active);
  try {
    switch_modifier(id);
  } catch (...) {
    modifiers_[id].active = before;
    throw;
  }
}

template <class R>
void Simulation<R>::remove_modifier(std::size_t id) {
  auto& modifier = modifiers_.at(id);
  modifier.start = modifier.stop = -1;
  switch_modifier(id);
  for (const auto& [a, contribution] : modifier.parts)
    std::erase_if(adjusted_[a].contributions, [&](const Contribution& each) { return each.id == contribution; });
  modifier.parts.clear();
}

// ---- guards ----------------------------------------------------------------------------------------------------------------------

template <class R>
std::size_t Simulation<R>::add_guard(Owner owner, std::size_t target, const Ids& ids, double low, double high, Step window, bool stop) {
  if (!(low < high)) throw Error("a guard's band goes from a lower to a higher value, not from " + to_text(low) + " to " + to_text(high));
  if (window < 1) throw Error("the window of a guard must be at least the step dt = " + to_text(dt_) + " ms");
  if (owner != Owner::population && owner != Owner::projection) throw Error("a guard watches a population or a projection");
  Guard guard{.owner = owner, .target = target, .low = low, .high = high, .window = window, .made = now_, .stop = stop};
  if (owner == Owner::population) {
    guard.member = membership(target, ids);
    guard.size = ids ? ids->size() : populations_.at(target).size;
  } else {
    static_cast<void>(projections_.at(target));
  }
  guard.counts.resize(static_cast<std::size_t>(parts_));
  guards_.push_back(std::move(guard));
  agenda_.push_back({Due::Kind::guard, guards_.size() - 1});
  return guards_.size() - 1;
}

// A watched population's spikes of one step; of each part its own count.
template <class R>
void Simulation<R>::count_spikes(Guard& guard, std::size_t part, const std::vector<Neuron>& neurons, Step stamp) const {
  auto& count = guard.counts[part];
  const Step window = (stamp + guard.window - 1) / guard.window;
  if (count.window != window) count = {window, 0};
  for (const Neuron i : neurons) count.spikes += guard.member.empty() || guard.member[i] ? 1 : 0;
}

// What a guard sees at this step: an event if it is out of its band.
template <class R>
std::optional<GuardError> Simulation<R>::look(std::size_t id) {
  auto& guard = guards_[id];
  double value = guard.low;
  if (guard.owner == Owner::population) {
    if (now_ - guard.made < guard.window) return std::nullopt;  // not a whole window yet
    std::uint64_t spikes = 0;
    for (const auto& count : guard.counts)
      if (count.window == now_ / guard.window) spikes += count.spikes;
    value = static_cast<double>(spikes) / (static_cast<double>(guard.size) * static_cast<double>(guard.window) * dt_ * 1e-3);
  } else {
    for (const double weight : weights(guard.target))
      if (value >= guard.low && value <= guard.high) value = weight;
  }
  if (value >= guard.low && value <= guard.high) return std::nullopt;
  guard.events.push_back({now_, value});
  if (!guard.stop) return std::nullopt;
  return GuardError(static_cast<double>(now_) * dt_, id, value);
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
