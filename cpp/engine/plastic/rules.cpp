// Parameters of rules: which can change while a network lives, and what follows when they do.
#include "engine/plastic/rules.hpp"

#include "engine/core/rules.hpp"
#include "engine/network.hpp"
#include "engine/plastic/plan.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/views.hpp"
#include "engine/plastic/walk.hpp"
#include "engine/targets/targets.hpp"

namespace plastica {

template <class R>
double rule_get(const Network<R>& net, std::size_t p, std::size_t k, const std::string& name) {
  const auto& rule = net.projections.at(p).rules.at(k);
  const auto& schema = rule.part->schema;
  const auto index = static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data());
  return user_value(net, p, k, index).value_or(rule.parameters[index]);
}

template <class R>
void check_rule_set(const Network<R>& net, std::size_t p, std::size_t k, const std::map<std::string, double>& values) {
  const auto& rule = net.projections.at(p).rules.at(k);
  const auto& part = *rule.part;
  auto changed = rule.parameters;
  std::string names;
  for (const auto& [name, value] : values) {
    const Field& field = find_field(part.schema, name);
    check_value(part.schema.text.name, field, value);
    changed[static_cast<std::size_t>(&field - part.schema.parameters.data())] = value;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (!can_change(net, p, k, changed))
    throw Error(std::string(part.schema.text.name) + "." + names + (values.size() > 1 ? " are" : " is") +
                " fixed when the projection is made; make a new projection with another value");
}

template <class R>
void rule_set(Network<R>& net, std::size_t p, std::size_t k, const std::string& name, double value) {
  const auto& rule = net.projections.at(p).rules.at(k);
  const auto& part = *rule.part;
  const Field& field = find_field(part.schema, name);
  check_value(part.schema.text.name, field, value);
  const auto index = static_cast<std::size_t>(&field - part.schema.parameters.data());
  auto changed = rule.parameters;
  changed[index] = value;
  if (!can_change(net, p, k, changed))
    throw Error(std::string(part.schema.text.name) + "." + name + " is fixed when the projection is made; make a new projection with another value");
  if (!set_user_value(net, p, k, index, value)) change_rule(net, p, k, std::move(changed));
}

// Time constants, bounds and pairings decide what is stored; what can change while a network lives is how fast it learns.
template <class R>
bool can_change(const Network<R>& net, std::size_t p, std::size_t k, const std::vector<double>& parameters) {
  const auto& rule = net.projections.at(p).rules.at(k);
  const auto& part = *rule.part;
  check_rule(net, part, parameters);
  const double *const now = rule.parameters.data(), *const then = parameters.data();
  return part.needs(then, rule.samples, net.dt) == part.needs(now, rule.samples, net.dt) && part.variant(then) == part.variant(now);
}

template <class R>
void change_rule(Network<R>& net, std::size_t p, std::size_t k, std::vector<double> parameters) {
  auto& projection = net.projections[p];
  if (projection.stateful()) settle(net, p);
  projection.rules[k].parameters = std::move(parameters);
  derive_rules(net, p);
  for (std::size_t share = 0; share < projection.shards.size() && projection.synaptic; ++share) net.plastic_sets[p].walk->announce_again(net, p, share);
}

PLASTICA_INSTANTIATE(rule_get);
PLASTICA_INSTANTIATE(check_rule_set);
PLASTICA_INSTANTIATE(rule_set);
PLASTICA_INSTANTIATE(can_change);
PLASTICA_INSTANTIATE(change_rule);

}  // namespace plastica
