// Learn: a share's own spikes enter what plastic synapses read of their targets, and are noted by all who count them.
#include "engine/step/learn.hpp"

#include "engine/network.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/walks.hpp"
#include "engine/slow/controllers.hpp"
#include "engine/slow/guards.hpp"
#include "engine/structure/elements.hpp"

namespace plastica {

// The spikes of one step, stamped with the next, enter what plastic synapses read of their targets.
template <class R>
void learn(Network<R>& net, std::size_t share, std::size_t p, const std::vector<Neuron>& fired, Step stamp) {
  auto& population = net.populations[p];
  if (population.learning.empty()) return;
  auto& learning = population.learning[share];
  for (const auto* walk : walks<R>()) walk->before_spikes(net, p, share, stamp);
  for (auto& trace : learning.dense) {
    for (const Neuron i : learning.newest) trace.value[i] = trace.spec.pairing == Pairing::nearest ? R(1) : trace.value[i] + R(1);
    net.kernels.decay(trace.value.data(), trace.loss, trace.value.size());
  }
  learning.newest.assign(fired.begin(), fired.end());
  if (fired.empty()) return;
  const std::int32_t step = relative(net, share, stamp);
  std::int32_t needed = needed_history(net, share, p, stamp);
  for (const Neuron i : fired) {
    if (!learning.history.room(i, needed)) {
      make_room(net, share, p, i, stamp);
      needed = needed_history(net, share, p, stamp);
    }
    learning.history.push(i, step);
  }
  for (const auto* walk : walks<R>()) walk->take_spikes(net, p, share, fired, stamp);
}

template <class R>
void note_spikes(Network<R>& net, std::size_t share, std::size_t p, const std::vector<Neuron>& neurons, Step stamp) {
  for (auto& rewiring : net.rewirings)
    if (!rewiring.pause.on()) note_in_elements(net, rewiring, p, neurons, stamp);
  for (auto& controller : net.controllers)
    if (controller.population == p && !controller.pending.empty() && !controller.pause.on()) sense(net, controller, share, neurons, stamp);
  for (auto& guard : net.guards)
    if (guard.population == p) count_spikes(guard, share, neurons, stamp);
  for (const auto& recorder : net.recorders)
    if (recorder->listens.spikes_of == p) recorder->hear(share, neurons, stamp);
}

PLASTICA_INSTANTIATE(learn);
PLASTICA_INSTANTIATE(note_spikes);

}  // namespace plastica
