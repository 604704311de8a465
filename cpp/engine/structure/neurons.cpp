// Neurons that fall silent, die and are born.
#include <algorithm>

#include "engine/core/structure.hpp"
#include "engine/network.hpp"
#include "engine/record/recorders.hpp"
#include "engine/slow/controllers.hpp"
#include "engine/step/bundle.hpp"
#include "engine/structure/edit.hpp"
#include "engine/structure/elements.hpp"

namespace plastica {

// A silent neuron's spikes are dropped before anything sees them.
template <class R>
void silence(Network<R>& net, std::size_t p, const Ids& ids, bool on) {
  auto& population = net.populations.at(p);
  membership(net, p, ids);
  if (population.silent.empty()) population.silent.assign(population.size, 0);
  if (ids)
    for (const Neuron i : *ids) population.silent[i] = on ? 1 : 0;
  else
    std::fill(population.silent.begin(), population.silent.end(), on ? 1 : 0);
  if (std::none_of(population.silent.begin(), population.silent.end(), [](char silent) { return silent != 0; })) population.silent.clear();
}

template <class R>
std::vector<char> silent(const Network<R>& net, std::size_t p) {
  const auto& population = net.populations.at(p);
  return population.silent.empty() ? std::vector<char>(population.size, 0) : population.silent;
}

// All synapses from and to these neurons go.
template <class R>
void disconnect(Network<R>& net, std::size_t population, const std::vector<Neuron>& ids) {
  const std::vector<char> member = membership(net, population, Ids(ids));
  for (std::size_t p = 0; p < net.projections.size(); ++p) {
    if (net.projections[p].pre != population && net.projections[p].post != population) continue;
    const auto& projection = on_its_own(net, p);
    StructuralEdit<R> change = no_change(net, p);
    parallel(net.share_count, [&](int thread) {
      const auto share = static_cast<std::size_t>(thread);
      const auto& shard = projection.shards[share];
      const Neuron first = net.populations[projection.post].first(share);
      for (Neuron source = 0; source < shard.index.sources(); ++source) {
        const bool whole = projection.pre == population && member[source];
        if (!whole && projection.post != population) continue;
        for (auto [at, end] = shard.rows(source); at < end; at = shard.next(at))
          for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
            if (whole || member[first + shard.target(at, place)]) change.gone[share].push_back({at, place});
      }
    });
    if (std::any_of(change.gone.begin(), change.gone.end(), [](const auto& gone) { return !gone.empty(); })) edit(net, p, change);
  }
}

template <class R>
void kill(Network<R>& net, std::size_t p, const std::vector<Neuron>& ids) {
  auto& population = net.populations.at(p);
  disconnect(net, p, ids);
  if (population.dead.empty()) population.dead.assign(population.size, 0);
  for (const Neuron i : ids) population.dead[i] = 1;
}

template <class R>
void give_birth(Network<R>& net, std::size_t p, const std::vector<Neuron>& ids) {
  auto& population = net.populations.at(p);
  membership(net, p, Ids(ids));
  for (const Neuron i : ids)
    if (population.dead.empty() || population.dead[i] == 0)
      throw Error("neuron " + std::to_string(i) + " is alive; a neuron can be born only where one is dead");
  if (population.born.empty()) population.born.assign(population.size, 0);
  for (const Neuron i : ids) {
    population.dead[i] = 0;
    population.born[i] = net.now;
    if (!population.silent.empty()) population.silent[i] = 0;
  }
  renew_neurons(net, p, ids);
  renew_elements(net, p, ids);
}

template <class R>
std::vector<char> alive(const Network<R>& net, std::size_t p) {
  const auto& population = net.populations.at(p);
  std::vector<char> alive(population.size, 1);
  for (std::size_t i = 0; i < population.dead.size(); ++i) alive[i] = population.dead[i] == 0 ? 1 : 0;
  return alive;
}

template <class R>
Values neuron_births(const Network<R>& net, std::size_t p) {
  const auto& population = net.populations.at(p);
  Values births(population.size, 0.0);
  for (std::size_t i = 0; i < population.born.size(); ++i) births[i] = static_cast<double>(population.born[i]) * net.dt;
  return births;
}

// The state of neurons that have just come into being, whatever was in their places before.
template <class R>
static void renew_neurons(Network<R>& net, std::size_t p, const std::vector<Neuron>& ids) {
  auto& population = net.populations.at(p);
  if (population.source) return;
  const auto& membrane = *population.model;
  std::vector<double> parameters, state(membrane.schema.states.size() + 1);
  for (const Neuron i : ids) {
    parameters.clear();
    for (const auto& column : population.parameters) parameters.push_back(column[i]);
    membrane.initial(parameters.data(), state.data());
    for (std::size_t s = 0; s < population.state.size(); ++s) population.state[s][i] = static_cast<R>(state[s]);
    for (auto& receptor : population.receptors)
      for (auto& column : receptor.state) column[i] = R(0);
    if (population.learning.empty()) continue;
    const auto share = static_cast<std::size_t>(population.partition.owner(i));
    const Neuron local = i - population.first(share);
    auto& learning = population.learning[share];
    learning.history.forget(local);
    for (auto& trace : learning.dense) trace.value[local] = R(0);
    for (auto& filter : learning.filters) filter.reset(local, population.state[0][i]);
    std::erase(learning.newest, local);
    for (const std::size_t in : net.incoming[p]) renew_rule_states(net, in, share, local);
  }
  for (auto& controller : net.controllers)
    if (controller.population == p && controller.size == population.size) renew_controller(net, controller, ids);
}

template <class R>
static void renew_controller(Network<R>& net, Controller& controller, const std::vector<Neuron>& ids) {
  const auto& operations = *controller.part;
  if (operations.senses != Senses::spikes) return;
  for (std::size_t share = 0; share < controller.sensed.size(); ++share) count_sensed(controller, share);
  std::vector<double> parameters(controller.parameters.size() + 1), own(controller.state.size() + 1);
  for (const Neuron i : ids) {
    for (std::size_t c = 0; c < controller.parameters.size(); ++c) parameters[c] = controller.parameters[c][i];
    operations.initial(parameters.data(), own.data());
    for (std::size_t s = 0; s < controller.state.size(); ++s) controller.state[s][i] = own[s];
    if (!controller.pending.empty()) controller.pending[i] = 0;
  }
  apply_controller(net, controller);
}

template <class R>
static void renew_rule_states(Network<R>& net, std::size_t p, std::size_t share, Neuron local) {
  auto& projection = net.projections[p];
  auto& set = net.plastic_sets[p];
  std::vector<double> own;
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& traits = set.slots[k].traits;
    if (traits.neurons == 0) continue;
    own.assign(static_cast<std::size_t>(traits.variables + traits.neurons), 0.0);
    const auto& rule = projection.rules[k];
    if (rule.part->initial != nullptr) rule.part->initial(rule.parameters.data(), 0, own.data());
    for (int n = 0; n < traits.neurons; ++n) {
      const double value = own[static_cast<std::size_t>(traits.variables + n)];
      set.shares[share].neurons[k][static_cast<std::size_t>(n)][local] = value;
      set.shares[share].narrow[k][static_cast<std::size_t>(n)][local] = static_cast<R>(value);
    }
  }
}

PLASTICA_INSTANTIATE(silence);
PLASTICA_INSTANTIATE(silent);
PLASTICA_INSTANTIATE(disconnect);
PLASTICA_INSTANTIATE(kill);
PLASTICA_INSTANTIATE(give_birth);
PLASTICA_INSTANTIATE(alive);
PLASTICA_INSTANTIATE(neuron_births);

}  // namespace plastica
