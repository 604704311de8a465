// What rules keep besides weights: naming, reading and setting it.
#include "engine/plastic/states.hpp"

#include <algorithm>
#include <cmath>

#include "engine/build/synapses.hpp"
#include "engine/core/rules.hpp"
#include "engine/network.hpp"
#include "engine/plastic/settle.hpp"

namespace plastica {

// Variables that follow the weight do so when it is set.
template <class R>
void adopt_weights(Network<R>& net, std::size_t p) {
  auto& projection = net.projections[p];
  const auto& set = net.plastic_sets[p];
  std::vector<double> own;
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& slot = set.slots[k];
    const auto& rule = projection.rules[k];
    if (rule.part->adopt == nullptr || slot.view < 0) continue;
    const auto variables = static_cast<std::size_t>(slot.traits.variables);
    own.resize(variables + 1);
    for (auto& shard : projection.shards)
      shard.for_each_row([&](RowPosition at) {
        const std::uint32_t count = shard.head(at).count();
        for (std::uint32_t place = 0; place < count; ++place) {
          R* const mine = shard.weights(at) + count * (1 + slot.first) + place;
          for (std::size_t v = 0; v < variables; ++v) own[v] = static_cast<double>(mine[v * count]);
          rule.part->adopt(rule.parameters.data(), static_cast<double>(shard.weight(at, place)), own.data());
          for (std::size_t v = 0; v < variables; ++v) mine[v * count] = static_cast<R>(own[v]);
        }
      });
  }
}

template <class R>
std::vector<RuleState> rule_states(const Network<R>& net, std::size_t p) {
  std::vector<RuleState> states;
  const auto& set = net.plastic_sets.at(p);
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& traits = set.slots[k].traits;
    for (std::size_t v = 0; v < traits.states.size(); ++v) {
      const bool of_neuron = v >= static_cast<std::size_t>(traits.variables);
      states.push_back({k, std::string(traits.states[v].name), of_neuron ? StateRole::neuron : traits.axon ? StateRole::axon : StateRole::synapse});
    }
  }
  return states;
}

template <class R>
Probe probe_of(const Network<R>& net, std::size_t p, std::size_t state) {
  const auto& set = net.plastic_sets.at(p);
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& slot = set.slots[k];
    if (state >= slot.traits.states.size()) {
      state -= slot.traits.states.size();
      continue;
    }
    const auto variables = static_cast<std::size_t>(slot.traits.variables);
    if (state >= variables) return {Probe::Where::neuron, state - variables, k};
    return {slot.traits.axon ? Probe::Where::row : Probe::Where::variable, slot.first + state, k};
  }
  throw Error("the projection has no such state");
}

template <class R>
Values state_get(Network<R>& net, std::size_t p, std::size_t state) {
  const auto& projection = net.projections.at(p);
  const Probe probe = probe_of(net, p, state);
  Values values;
  if (probe.where == Probe::Where::neuron) {
    for (std::size_t share = 0; share < projection.shards.size(); ++share) {
      const auto& column = net.plastic_sets[p].shares[share].neurons[probe.rule][probe.at];
      values.insert(values.end(), column.begin(), column.begin() + net.populations[projection.post].owned(share));
    }
    return values;
  }
  const auto now = current(net, p, probe);
  values.reserve(projection.synapses());
  visit(net, p, [&](const Synapse& s) { values.push_back(now[s.share][s.ordinal]); });
  return values;
}

// Values that a state is to have: one for all, or one each of so many.
template <class R>
static void check_state_values(const RuleSlot<R>& slot, const RuleState& named, std::string_view part, StateRole role, std::uint64_t count,
                               const Values& values) {
  const auto& states = slot.traits.states;
  const Field& field = *std::find_if(states.begin(), states.end(), [&](const Field& each) { return each.name == named.name; });
  const std::string what = std::string(part) + "." + named.name;
  if (values.size() != 1 && values.size() != count)
    throw Error(what + " was given " + std::to_string(values.size()) + " values for " + std::to_string(count) +
                (role == StateRole::neuron ? " neurons" : " connections"));
  check_values(part, field, values);
  for (const double value : values)
    if (!std::isfinite(static_cast<R>(value))) throw Error(what + " = " + to_text(value) + " is beyond the precision of this network");
}

template <class R>
static void check_one_per_axon(const Network<R>& net, std::size_t p, const std::string& what, const Values& values) {
  if (values.size() == 1) return;
  std::size_t i = 0;
  std::map<std::pair<std::size_t, RowPosition>, double> seen;
  visit(net, p, [&](const Synapse& s) {
    const double value = values[i++];
    if (seen.try_emplace({s.share, s.row}, value).first->second != value)
      throw Error(what + " is one value for all synapses of an axon; give those of source " + std::to_string(s.source) +
                  " the same, or make the rule with per='synapse'");
  });
}

template <class R>
void state_set(Network<R>& net, std::size_t p, std::size_t state, const Values& values) {
  const auto& projection = net.projections.at(p);
  const Probe probe = probe_of(net, p, state);
  const RuleState named = rule_states(net, p).at(state);
  const std::string_view part = projection.rules[probe.rule].part->schema.text.name;
  const bool of_neuron = probe.where == Probe::Where::neuron;
  const std::uint64_t count = of_neuron ? net.populations[projection.post].size : projection.synapses();
  check_state_values(net.plastic_sets[p].slots[probe.rule], named, part, of_neuron ? StateRole::neuron : StateRole::synapse, count, values);
  if (probe.where == Probe::Where::row) check_one_per_axon(net, p, std::string(part) + "." + named.name, values);
  settle(net, p);
  if (of_neuron)
    set_of_neurons(net, p, probe, values);
  else
    set_of_synapses(net, p, probe, values);
}

template <class R>
static void set_of_neurons(Network<R>& net, std::size_t p, const Probe& probe, const Values& values) {
  const auto& post = net.populations[net.projections[p].post];
  auto& shares = net.plastic_sets[p].shares;
  for (std::size_t share = 0; share < shares.size(); ++share)
    for (Neuron i = 0; i < post.owned(share); ++i) {
      const double value = values[values.size() == 1 ? 0 : post.first(share) + i];
      shares[share].neurons[probe.rule][probe.at][i] = value;
      shares[share].narrow[probe.rule][probe.at][i] = static_cast<R>(value);
    }
}

// Weights follow where the rule makes them of its variables.
template <class R>
static void set_of_synapses(Network<R>& net, std::size_t p, const Probe& probe, const Values& values) {
  auto& projection = net.projections[p];
  const auto& rule = projection.rules[probe.rule];
  const auto& slot = net.plastic_sets[p].slots[probe.rule];
  std::vector<double> own(static_cast<std::size_t>(slot.traits.variables) + 1);
  std::size_t i = 0;
  visit(net, p, [&](const Synapse& s) {
    auto& shard = projection.shards[s.share];
    const R value = static_cast<R>(values[values.size() == 1 ? 0 : i++]);
    if (probe.where == Probe::Where::row) {
      shard.traces(s.row)[probe.at] = value;
      return;
    }
    R* const weights = shard.weights(s.row);
    const std::uint32_t synapses = shard.head(s.row).count();
    R* const variables = weights + synapses + s.place;  // each so many words after the one before
    variables[probe.at * synapses] = value;
    if (rule.part->express == nullptr) return;
    for (std::size_t v = 0; v + 1 < own.size(); ++v) own[v] = static_cast<double>(variables[(slot.first + v) * synapses]);
    weights[s.place] = static_cast<R>(rule.part->express(rule.parameters.data(), static_cast<double>(weights[s.place]), own.data()));
  });
}

PLASTICA_INSTANTIATE(adopt_weights);
PLASTICA_INSTANTIATE(rule_states);
PLASTICA_INSTANTIATE(probe_of);
PLASTICA_INSTANTIATE(state_get);
PLASTICA_INSTANTIATE(state_set);

}  // namespace plastica
