// The plan of a projection's rules: everything that can be refused, before anything is made.
#include "engine/plastic/plan.hpp"

#include <algorithm>
#include <cmath>

#include "base/memory.hpp"
#include "engine/build/populations.hpp"
#include "engine/network.hpp"
#include "engine/plastic/walks.hpp"

namespace plastica {

static std::string names_of(const std::vector<PartSpec>& specs) {
  std::string names;
  for (const auto& spec : specs) names += (names.empty() ? "" : ", ") + spec.part;
  return names;
}

// What a rule looks back at is counted in steps of 32 bits, and kept.
static void check_reach(std::string_view part, const RuleNeeds& needs, double dt) {
  constexpr double most_delay = 1 << 24, most_tau = 1 << 25;
  const auto refuse = [&](const char* what, double ms, double most) {
    throw Error(std::string(part) + ": " + what + " of " + to_text(ms) + " ms must be below " + to_text(most * dt) + " ms, at this dt");
  };
  for (const double delay : {needs.lag, needs.V_delay})
    if (!(delay / dt < most_delay)) refuse("a delay", delay, most_delay);
  for (const auto* traces : {&needs.pre, &needs.post})
    for (const TraceSpec& trace : *traces)
      if (!(std::max(trace.tau, trace.tau_suppression) / dt < most_tau)) refuse("a time constant", std::max(trace.tau, trace.tau_suppression), most_tau);
}

// Constants that single precision has no number for would end in weights that are none.
template <class R>
void check_rule(const Network<R>& net, const RuleOperations& part, const std::vector<double>& parameters) {
  const std::string_view name = part.schema.text.name;
  for (std::size_t i = 0; i < parameters.size(); ++i) check_magnitudes(name, part.schema.parameters[i], {&parameters[i], 1});
  if (part.conflict != nullptr)
    if (const auto conflict = part.conflict(parameters.data()); !conflict.empty()) throw Error(std::string(name) + ": " + std::string(conflict));
  std::array<float, max_constants> constants{};
  part.derive_float(parameters.data(), net.dt, constants.data());
  for (const float constant : constants)
    if (!std::isfinite(constant)) throw Error("the parameters of " + std::string(name) + " lead to a constant beyond single precision; use less extreme ones");
}

template <class R>
static const Walk<R>* walk_for(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set) {
  if (!projection.synaptic) return nullptr;
  return *std::find_if(walks<R>().begin(), walks<R>().end(), [&](const Walk<R>* walk) { return walk->can(net, projection, set); });
}

template <class R>
static RuleInstance instance_of(const Network<R>& net, const PartSpec& spec) {
  const auto& part = net.catalogue.rule(spec.part);
  RuleInstance rule{part, {}, spec.samples};
  for (const auto& column : resolve(part->schema, spec.parameters, 1)) rule.parameters.push_back(column[0]);
  check_rule(net, *part, rule.parameters);
  return rule;
}

// A rule's place among the rules of the projection, whose traces and variables lie behind those of the rules before it.
template <class R>
static RuleSlot<R> slot_for(const Network<R>& net, const RuleInstance& rule, PlasticSet<R>& set, int& views) {
  RuleSlot<R> slot{};
  slot.variant = rule.part->variant(rule.parameters.data());
  slot.traits = rule.part->variants.at(slot.variant);
  slot.needs = rule.part->needs(rule.parameters.data(), rule.samples, net.dt);
  slot.view = slot.traits.axon ? -1 : views++;
  slot.trace = set.of_row;
  set.of_row += slot.traits.axon ? 0 : static_cast<std::size_t>(slot.traits.pre);
  slot.first = slot.traits.axon ? set.of_row : set.variables;
  (slot.traits.axon ? set.of_row : set.variables) += static_cast<std::size_t>(slot.traits.variables);
  slot.made = net.now;
  if (slot.needs.interval > 0) slot.interval = std::max<Step>(1, steps_in(slot.needs.interval, net.dt));
  return slot;
}

template <class R>
static void share_lag(const Network<R>& net, PlasticSet<R>& set, const RuleSlot<R>& slot, const std::vector<PartSpec>& specs) {
  const Step lag = steps_in(slot.needs.lag, net.dt);
  if (lag > 0 && set.lag > 0 && lag != set.lag) throw Error("the rules of one projection must share one delay of their presynaptic event: " + names_of(specs));
  set.lag = std::max(set.lag, lag);
}

template <class R>
static void check_modulators(const Network<R>& net, const RuleSlot<R>& slot, const std::string& part) {
  const auto check = [&](int modulator) {
    if (static_cast<std::size_t>(modulator) >= net.modulators.size()) throw Error(part + ": there is no such modulator; make it with net.modulator(...)");
  };
  for (const int modulator : slot.needs.levels) check(modulator);
  for (const auto& integral : slot.needs.integrals) check(integral.modulator);
}

template <class R>
static void share_bound(PlasticSet<R>& set, const RuleSlot<R>& slot, const std::vector<PartSpec>& specs, const std::string& part) {
  if (!(slot.needs.w_max >= 0)) return;
  const auto bounded = std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot<R>& other) { return other.needs.w_max >= 0; });
  if (bounded != set.slots.end() && bounded->needs.w_max != slot.needs.w_max)
    throw Error("the rules of one projection must share one w_max; " + specs[static_cast<std::size_t>(bounded - set.slots.begin())].part + " has " +
                to_text(bounded->needs.w_max) + ", " + part + " has " + to_text(slot.needs.w_max));
  set.w_max = slot.needs.w_max;
}

template <class R>
static void check_place(const Network<R>& net, const Projection<R>& projection, const RuleSlot<R>& slot, const std::string& part) {
  const auto& post = net.populations[projection.post];
  if (slot.traits.voltage) {
    if (post.model == nullptr || !post.model->has_potential)
      throw Error(part + " reads the membrane potential V of its target, and " +
                  (post.model == nullptr ? "a source" : std::string(post.model->schema.text.name)) + " has none");
    check_memory(slot.needs.V_delay / net.dt * static_cast<double>(post.size) * sizeof(R), part + ": the potentials of so long a delay", "lower it");
    if (projection.dendritic_fraction > 0) throw Error(part + " reads the membrane potential as it is at the soma: it needs dendritic_fraction = 0");
  }
  if (slot.interval > 0 && projection.dendritic_fraction > 0) throw Error(part + " changes all synapses at the same moments: it needs dendritic_fraction = 0");
}

template <class R>
static void take_traits(PlasticSet<R>& set, const VariantTraits& traits) {
  set.axons = set.axons || traits.axon;
  set.evolves = set.evolves || (!traits.axon && traits.evolves);
  set.everywhere = set.everywhere || traits.everywhere;
  set.compares = set.compares || traits.compares;
  set.random = set.random || traits.random;
  set.transmits = set.transmits || traits.transmits;
}

template <class R>
static void check_together(const PlasticSet<R>& set, const std::vector<PartSpec>& specs, int views) {
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& slot = set.slots[k];
    if (slot.traits.voltage && views > 1)
      throw Error(specs[k].part + " goes together with rules of the axon, such as TsodyksMarkram, and no other: " + names_of(specs));
    if (slot.traits.compares && slot.view == 0) throw Error(specs[k].part + " acts on what the rules before it in the list do; there is none before it");
    for (std::size_t other = 0; other < set.slots.size() && slot.traits.owns; ++other) {
      const auto& traits = set.slots[other].traits;
      if (other == k || traits.axon || (traits.transmits && !traits.compares) || (slot.traits.compares && other < k)) continue;
      throw Error(specs[k].part + " makes the weight of its own variables; what " + specs[other].part + " does to it would be lost: " + names_of(specs));
    }
    for (const auto& trace : slot.needs.pre)
      if (set.lag > 0 && (!trace.window.empty() || trace.pairing == Pairing::suppressed) && slot.needs.lag == 0)
        throw Error(specs[k].part + " does not go together with a rule whose presynaptic event comes late: " + names_of(specs));
  }
}

template <class R>
void plan_rules(const Network<R>& net, Projection<R>& projection, PlasticSet<R>& set, const std::vector<PartSpec>& specs) {
  int views = 0;
  for (const auto& spec : specs) {
    RuleInstance rule = instance_of(net, spec);
    RuleSlot<R> slot = slot_for(net, rule, set, views);
    check_reach(rule.part->schema.text.name, slot.needs, net.dt);
    share_lag(net, set, slot, specs);
    check_modulators(net, slot, spec.part);
    share_bound(set, slot, specs, spec.part);
    check_place(net, projection, slot, spec.part);
    take_traits(set, slot.traits);
    projection.rules.push_back(std::move(rule));
    set.slots.push_back(std::move(slot));
  }
  projection.synaptic = views > 0;
  check_together(set, specs, views);
  set.walk = walk_for(net, projection, set);
  if (set.walk != nullptr) set.variables += set.walk->variables();
}

PLASTICA_INSTANTIATE(check_rule);
PLASTICA_INSTANTIATE(plan_rules);

}  // namespace plastica
