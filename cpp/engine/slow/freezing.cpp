// What stands still: projections that do not learn, controllers and laws of structure that do not move, by their own switches or because the
// network is frozen. Switches are in force from the next step that is run, so that one that is turned and turned back in between moves nothing.
//
// Time does not pass for what stands still. When it goes on, its clocks are set forward by the time that it has missed.
#include "engine/slow/freezing.hpp"

#include <algorithm>

#include "engine/core/time.hpp"
#include "engine/network.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/slow/controllers.hpp"

namespace plastica {

template <class R>
void freeze(Network<R>& net, bool on) {
  if (!on && net.frozen == 0) throw Error("the network is not frozen");
  net.frozen = on ? net.frozen + 1 : net.frozen - 1;
}

template <class R>
static bool holds_weights(const Network<R>& net, std::size_t p) {
  return net.projections[p].learns() && (net.frozen > 0 || !net.projections[p].plastic);
}

// One that rewrites the weights of a projection leaves those alone that the user has frozen.
template <class R>
static bool holds(const Network<R>& net, const Controller& controller) {
  const bool rewrites = controller.part->senses == Senses::weights;
  return net.frozen > 0 || !controller.active || (rewrites && holds_weights(net, controller.target));
}

template <class R>
static bool holds(const Network<R>& net, const Rewiring& rewiring) {
  const auto& law = *rewiring.law;
  const bool rewrites = law.revise != nullptr && law.writes_weight(rewiring.parameters.data());
  return net.frozen > 0 || !rewiring.active || (rewrites && holds_weights(net, rewiring.projections[0]));
}

// Periods are forgotten when no spike of theirs can be on its way any more.
template <class R>
static void hold(const Network<R>& net, Projection<R>& projection, Step lag, bool held) {
  std::erase_if(projection.still, [&](const auto& each) { return each.end + projection.max_delay + lag < net.now; });
  if (held)
    projection.still.push_back({net.now, last_step});
  else if (projection.held && !projection.still.empty())
    projection.still.back().end = net.now;
  projection.held = held;
}

// What has happened up to now was under the switches as they were.
template <class R>
void put_switches_in_force(Network<R>& net) {
  for (std::size_t p = 0; p < net.projections.size(); ++p) {
    const bool held = holds_weights(net, p);
    if (held == net.projections[p].held) continue;
    settle(net, p);
    hold(net, net.projections[p], net.plastic_sets[p].lag, held);
  }
  const auto take = [&](auto& each) {
    const bool held = holds(net, each);
    if (held && !each.pause.on()) each.pause.since = net.now;
    if (!held && each.pause.on()) resume(net, each);
  };
  for (auto& controller : net.controllers) take(controller);
  for (auto& rewiring : net.rewirings) take(rewiring);
}

// It goes on from its variables as they are, those of its last control step: the interval that was cut short does not count, and the spikes in it are
// forgotten. One that has not come to a control step since it last began would never act that way: it keeps them, and makes up for the one that was
// due when it was stopped.
template <class R>
static void resume(Network<R>& net, Controller& controller) {
  const Step since = std::exchange(controller.pause.since, Pause::running);
  for (std::size_t share = 0; share < controller.sensed.size(); ++share) count_sensed(controller, share);
  controller.resumed = net.now;
  controller.owed = !controller.acted && since > controller.made && since % controller.interval == 0;
  if (std::exchange(controller.acted, false)) {
    controller.last = net.now;
    std::fill(controller.pending.begin(), controller.pending.end(), 0.0);
    return;
  }
  controller.last += net.now - since;
  // They were weighed for the control step that was ahead then; the way to it may be longer or shorter now.
  const auto ahead = [&](Step k) { return (k + controller.interval - 1) / controller.interval * controller.interval - k; };
  const double gained = static_cast<double>(ahead(since) - ahead(net.now)) * net.dt / controller.sensor.tau;
  for (double& spikes : controller.pending)
    if (spikes != 0) spikes *= math::exp(std::min(gained, 700.0));
}

template <class R>
static void resume(const Network<R>& net, Rewiring& rewiring) {
  const Step missed = net.now - std::exchange(rewiring.pause.since, Pause::running);
  rewiring.last += missed;
  for (Step& spike : rewiring.last_spike) spike += missed;
  for (auto& columns : rewiring.elements)
    for (Step& seen : columns.seen) seen += missed;
}

template <class R>
bool frozen(const Network<R>& net) {
  return net.frozen > 0;
}

PLASTICA_INSTANTIATE(freeze);
PLASTICA_INSTANTIATE(put_switches_in_force);
PLASTICA_INSTANTIATE(frozen);

}  // namespace plastica
