// What stands still: projections that do not learn, controllers and laws of structure that do not move, by their own switches or because the network
// is frozen. Switches are in force from the next step that is run, so that one that is turned and turned back in between moves nothing.
//
// Time does not pass for what stands still. When it goes on, its clocks are set forward by the time that it has missed.
#include <algorithm>

#include "engine/simulation.hpp"

namespace plastica {

template <class R>
void Simulation<R>::freeze(bool on) {
  if (!on && frozen_ == 0) throw Error("the network is not frozen");
  frozen_ = on ? frozen_ + 1 : frozen_ - 1;
}

template <class R>
bool Simulation<R>::holds_weights(std::size_t p) const {
  return projections_[p].learns() && (frozen_ > 0 || !projections_[p].plastic);
}

// One that rewrites the weights of a projection leaves those alone that the user has frozen.
template <class R>
bool Simulation<R>::holds(const Controller& controller) const {
  const bool rewrites = controller.part->senses == Senses::weights;
  return frozen_ > 0 || !controller.active || (rewrites && holds_weights(controller.target));
}

template <class R>
bool Simulation<R>::holds(const Rewiring& rewiring) const {
  const auto& law = *rewiring.law;
  const bool rewrites = law.revise != nullptr && law.writes_weight(rewiring.parameters.data());
  return frozen_ > 0 || !rewiring.active || (rewrites && holds_weights(rewiring.projections[0]));
}

// Periods are forgotten when no spike of theirs can be on its way any more.
template <class R>
void Simulation<R>::hold(Projection<R>& projection, Step lag, bool held) const {
  std::erase_if(projection.still, [&](const auto& each) { return each.end + projection.max_delay + lag < now_; });
  if (held)
    projection.still.push_back({now_, last_step});
  else if (projection.held && !projection.still.empty())
    projection.still.back().end = now_;
  projection.held = held;
}

// What has happened up to now was under the switches as they were.
template <class R>
void Simulation<R>::put_switches_in_force() {
  for (std::size_t p = 0; p < projections_.size(); ++p) {
    const bool held = holds_weights(p);
    if (held == projections_[p].held) continue;
    settle(p);
    hold(projections_[p], plastic_[p].lag, held);
  }
  const auto take = [this](auto& each) {
    const bool held = holds(each);
    if (held && !each.pause.on()) each.pause.since = now_;
    if (!held && each.pause.on()) resume(each);
  };
  for (auto& controller : controllers_) take(controller);
  for (auto& rewiring : rewirings_) take(rewiring);
}

// It goes on from its variables as they are, those of its last control step: the interval that was cut short does not count, and the spikes in it are
// forgotten. One that has not come to a control step since it last began would never act that way: it keeps them, and makes up for the one that was
// due when it was stopped.
template <class R>
void Simulation<R>::resume(Controller& controller) {
  const Step since = std::exchange(controller.pause.since, Pause::running);
  for (std::size_t part = 0; part < controller.sensed.size(); ++part) count_sensed(controller, part);
  controller.resumed = now_;
  controller.owed = !controller.acted && since > controller.made && since % controller.interval == 0;
  if (std::exchange(controller.acted, false)) {
    controller.last = now_;
    std::fill(controller.pending.begin(), controller.pending.end(), 0.0);
    return;
  }
  controller.last += now_ - since;
  // They were weighed for the control step that was ahead then; the way to it may be longer or shorter now.
  const auto ahead = [&](Step k) { return (k + controller.interval - 1) / controller.interval * controller.interval - k; };
  const double gained = static_cast<double>(ahead(since) - ahead(now_)) * dt_ / controller.sensor.tau;
  for (double& spikes : controller.pending)
    if (spikes != 0) spikes *= math::exp(std::min(gained, 700.0));
}

template <class R>
void Simulation<R>::resume(Rewiring& rewiring) const {
  const Step missed = now_ - std::exchange(rewiring.pause.since, Pause::running);
  rewiring.last += missed;
  for (Step& spike : rewiring.last_spike) spike += missed;
  for (auto& columns : rewiring.elements)
    for (Step& seen : columns.seen) seen += missed;
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
