// The gain of all that a projection transmits, and parameters of its rules.
#include "engine/core/rules.hpp"
#include "engine/plastic/rules.hpp"
#include "engine/step/bundle.hpp"
#include "engine/targets/kind.hpp"
#include "engine/targets/targets.hpp"

namespace plastica {

namespace {

template <class R>
struct ProjectionGain final : Copying<ProjectionGain<R>, Target<R>> {
  std::span<const double> base(const Network<R>& /*net*/) const override { return unity; }
  std::vector<double> in_force(const Network<R>& net) const override { return {static_cast<double>(net.projections[this->index].gain)}; }
  void apply(Network<R>& net, const Adjusted<R>& adjusted) const override {
    net.projections[this->index].gain = static_cast<R>(checked_effect(adjusted, base(net))[0]);
  }
  void prepare(Network<R>& net) const override { on_its_own(net, this->index).alone = true; }
};

// The rule holds what is in force, the target what the user set.
template <class R>
struct RuleParameter final : Copying<RuleParameter<R>, Target<R>> {
  std::size_t rule = 0, parameter = 0;
  std::vector<double> user;

  std::span<const double> base(const Network<R>& /*net*/) const override { return user; }
  std::vector<double> in_force(const Network<R>& net) const override { return {net.projections[this->index].rules[rule].parameters[parameter]}; }
  void apply(Network<R>& net, const Adjusted<R>& adjusted) const override {
    const double value = checked_effect(adjusted, user)[0];
    auto changed = net.projections[this->index].rules[rule].parameters;
    if (std::exchange(changed[parameter], value) == value) return;
    if (!can_change(net, this->index, rule, changed))
      throw Error(std::string(this->part) + "." + std::string(this->field->name) + " = " + to_text(value) +
                  " would change what the rule keeps, as adjusted by " + named_sources(adjusted.contributions));
    change_rule(net, this->index, rule, std::move(changed));
  }
  void save(Archive& a) override {
    a.array("base", user, 1);
    if (a.loading()) check_values(this->part, *this->field, user);
  }
};

}  // namespace

// Where something acts on the parameter of a rule: its place in the list. One past the end: nowhere.
template <class R>
static std::size_t adjusted_rule(const Network<R>& net, std::size_t projection, std::size_t rule, std::size_t parameter) {
  std::size_t a = 0;
  for (; a < net.adjusted.size(); ++a) {
    const auto& target = *net.adjusted[a].target;
    if (target.owner != owner_number<OfProjection>() || target.index != projection) continue;
    const auto* const of_rule = dynamic_cast<const RuleParameter<R>*>(&target);
    if (of_rule != nullptr && of_rule->rule == rule && of_rule->parameter == parameter) break;
  }
  return a;
}

template <class R>
std::optional<double> user_value(const Network<R>& net, std::size_t projection, std::size_t rule, std::size_t parameter) {
  const std::size_t a = adjusted_rule(net, projection, rule, parameter);
  if (a == net.adjusted.size()) return std::nullopt;
  return net.adjusted[a].target->base(net)[0];
}

template <class R>
bool set_user_value(Network<R>& net, std::size_t projection, std::size_t rule, std::size_t parameter, double value) {
  const std::size_t a = adjusted_rule(net, projection, rule, parameter);
  if (a == net.adjusted.size()) return false;
  double& user = static_cast<RuleParameter<R>&>(*net.adjusted[a].target).user[0];
  const double before = std::exchange(user, value);
  try {
    put_in_force(net, a);
  } catch (...) {
    user = before;
    throw;
  }
  return true;
}

// "PARAMETER" where there is one rule, or "POSITION.PARAMETER".
template <class R>
static std::unique_ptr<RuleParameter<R>> find_rule(const Network<R>& net, std::size_t index, const std::string& name) {
  const auto& projection = net.projections[index];
  const auto dot = name.find('.');
  const std::string field = dot == std::string::npos ? name : name.substr(dot + 1);
  std::size_t rule = 0;
  for (; rule < projection.rules.size(); ++rule)
    if (dot == std::string::npos ? projection.rules.size() == 1 : name.substr(0, dot) == std::to_string(rule)) break;
  if (rule == projection.rules.size()) throw UnknownName("the projection has no '" + name + "' to adjust; it has a gain, and parameters of its rules");
  const Schema& schema = projection.rules[rule].part->schema;
  const Field& found = find_field(schema, field);
  auto target = target_of<RuleParameter<R>>(schema.text.name, found);
  target->rule = rule;
  target->parameter = static_cast<std::size_t>(&found - schema.parameters.data());
  target->user = {rule_get(net, index, rule, field)};
  return target;
}

template <class R>
struct OwnerOf<R, OfProjection> final : OwnerKind<R> {
  std::string_view name() const override { return "projection"; }
  std::size_t count(const Network<R>& net) const override { return net.projections.size(); }
  std::size_t size(const Network<R>& /*net*/, std::size_t /*index*/) const override { return 1; }
  std::size_t population(const Network<R>& net, std::size_t index) const override { return net.projections.at(index).post; }
  bool synapses() const override { return true; }

  std::unique_ptr<Target<R>> locate(const Network<R>& net, std::size_t index, const std::string& name) const override {
    static_cast<void>(net.projections.at(index));
    if (name == "gain") return target_of<ProjectionGain<R>>("projection", gain_field);
    auto target = find_rule(net, index, name);
    auto changed = net.projections[index].rules[target->rule].parameters;
    double& value = changed[target->parameter];
    value = value == 0 ? 0.5 : value * 0.75;
    const Field& field = *target->field;
    if (!field.choices.empty() || field.unit == unit::modulator || !can_change(net, index, target->rule, changed))
      throw Error(std::string(target->part) + "." + std::string(field.name) + " is fixed when the projection is made: it cannot be adjusted");
    return target;
  }

  std::unique_ptr<Target<R>> relocate(const Network<R>& net, std::size_t index, const std::string& name) const override {
    if (name == "gain") return locate(net, index, name);
    return find_rule(net, index, name);
  }
};

PLASTICA_OWNER(OfProjection);
PLASTICA_INSTANTIATE(user_value);
PLASTICA_INSTANTIATE(set_user_value);

}  // namespace plastica
