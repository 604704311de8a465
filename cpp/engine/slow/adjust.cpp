// Adjustments: what sources (controllers, modifiers, modulations) contribute to a parameter, beside what the user sets it to.
//
//   effective = base * factor * factor ... + addend + addend ...      in the order the sources were made
#include "engine/slow/adjust.hpp"

#include <algorithm>
#include <cmath>

#include "engine/build/drives.hpp"
#include "engine/build/populations.hpp"
#include "engine/build/values.hpp"
#include "engine/core/modifiers.hpp"
#include "engine/network.hpp"
#include "engine/plastic/rules.hpp"
#include "engine/slow/controllers.hpp"
#include "engine/step/bundle.hpp"

namespace plastica {

// Of a receptor, or of a projection.
constexpr Field spikes_field{"spikes", 1.0, unit::none, between(0, 1), "whether what neurons fire leaves them: 1 or 0"};
constexpr Field gain_field{"gain", 1.0, unit::none, at_least(0), "what arrives, or is transmitted, is multiplied by"};

template <class R>
std::size_t adjusted_parameter(Network<R>& net, Owner owner, std::size_t target, const std::string& name) {
  for (std::size_t a = 0; a < net.adjusted.size(); ++a)
    if (net.adjusted[a].owner == owner && net.adjusted[a].target == target && net.adjusted[a].name == name) return a;
  net.adjusted.push_back(locate(net, owner, target, name));
  return net.adjusted.size() - 1;
}

template <class R>
Adjusted locate(Network<R>& net, Owner owner, std::size_t target, const std::string& name) {
  if (owner == Owner::population) return locate_in_population(net, target, name);
  if (owner == Owner::projection) return locate_in_projection(net, target, name);
  Adjusted found{.owner = owner, .target = target, .name = name};
  const Schema& schema = owner == Owner::drive ? net.drives.at(target)->part->schema : net.controllers.at(target).part->schema;
  found.part = schema.text.name;
  found.field = &find_field(schema, name);
  found.index = static_cast<std::size_t>(found.field - schema.parameters.data());
  if (owner == Owner::drive && found.index != 0)
    throw Error("of " + std::string(found.part) + " only " + std::string(schema.parameters[0].name) + " can be adjusted, not " + name);
  if (owner == Owner::controller && fixed_in_controller(*found.field))
    throw Error(std::string(found.part) + "." + name + " is fixed when the controller is made");
  return found;
}

template <class R>
static Adjusted locate_in_population(Network<R>& net, std::size_t target, const std::string& name) {
  Adjusted found{.owner = Owner::population, .target = target, .name = name};
  const auto& population = net.populations.at(target);
  if (name == "spikes") {
    found.part = "population";
    found.field = &spikes_field;
    found.spikes = true;
    return found;
  }
  for (std::size_t r = 0; r < population.receptors.size(); ++r) {
    const auto& receptor = population.receptors[r];
    if (name.starts_with(receptor.name + ".")) found.receptor = static_cast<int>(r);
    if (name != receptor.name + ".gain") continue;
    found.part = receptor.part->schema.text.name;
    found.field = &gain_field;
    found.gain = true;
    return found;
  }
  const Variable<R> where = variable(net, target, name);
  if (where.parameter == nullptr) throw Error("'" + name + "' is a state of the neurons; parameters can be adjusted, and the gain of a receptor");
  found.part = where.schema->text.name;
  found.field = where.field;
  found.index = static_cast<std::size_t>(where.field - where.schema->parameters.data());
  return found;
}

// The gain of all that the projection transmits, or "PARAMETER" or "POSITION.PARAMETER" of a rule.
template <class R>
Adjusted find_in_projection(const Network<R>& net, std::size_t target, const std::string& name) {
  const auto& projection = net.projections.at(target);
  Adjusted found{.owner = Owner::projection, .target = target, .name = name, .part = "projection", .field = &gain_field};
  if (name == "gain") {
    found.gain = true;
    return found;
  }
  const auto dot = name.find('.');
  const std::string field = dot == std::string::npos ? name : name.substr(dot + 1);
  for (found.rule = 0; found.rule < projection.rules.size(); ++found.rule)
    if (dot == std::string::npos ? projection.rules.size() == 1 : name.substr(0, dot) == std::to_string(found.rule)) break;
  if (found.rule == projection.rules.size()) throw UnknownName("the projection has no '" + name + "' to adjust; it has a gain, and parameters of its rules");
  const auto& rule = projection.rules[found.rule];
  const Schema& schema = rule.part->schema;
  found.part = schema.text.name;
  found.field = &find_field(schema, field);
  found.index = static_cast<std::size_t>(found.field - schema.parameters.data());
  const Adjusted* const known = adjusted_rule(net, target, found.rule, found.index);
  found.base = {known == nullptr ? rule.parameters[found.index] : known->base[0]};
  return found;
}

// If it can be adjusted.
template <class R>
static Adjusted locate_in_projection(const Network<R>& net, std::size_t target, const std::string& name) {
  Adjusted found = find_in_projection(net, target, name);
  if (found.gain) return found;
  auto changed = net.projections[target].rules[found.rule].parameters;
  changed[found.index] = changed[found.index] == 0 ? 0.5 : changed[found.index] * 0.75;
  if (!found.field->choices.empty() || found.field->unit == unit::modulator || !can_change(net, target, found.rule, changed))
    throw Error(std::string(found.part) + "." + std::string(found.field->name) + " is fixed when the projection is made: it cannot be adjusted");
  return found;
}

template <class R>
const Adjusted* adjusted_rule(const Network<R>& net, std::size_t projection, std::size_t rule, std::size_t index) {
  for (const auto& adjusted : net.adjusted)
    if (adjusted.owner == Owner::projection && adjusted.target == projection && !adjusted.gain && adjusted.rule == rule && adjusted.index == index)
      return &adjusted;
  return nullptr;
}

template <class R>
std::size_t add_contribution(Network<R>& net, std::size_t a, const std::string& source, bool multiply, bool active, std::vector<double> values) {
  auto& adjusted = net.adjusted[a];
  if (adjusted.owner == Owner::projection && adjusted.gain) on_its_own(net, adjusted.target).alone = true;
  adjusted.contributions.push_back({net.contributions, source, multiply, active, std::move(values)});
  return net.contributions++;
}

template <class R>
Contribution& contribution_of(Network<R>& net, std::size_t a, std::size_t id) {
  auto& all = net.adjusted[a].contributions;
  return *std::find_if(all.begin(), all.end(), [id](const Contribution& each) { return each.id == id; });
}

static std::string named_sources(const Adjusted& adjusted) {
  std::string names;
  for (const auto& contribution : adjusted.contributions) names += (names.empty() ? "'" : ", '") + contribution.source + "'";
  return names;
}

static std::vector<double> effective_of(const Adjusted& adjusted, std::span<const double> base) {
  std::size_t size = base.size();
  if (adjusted.contributions.size() == 1 && adjusted.contributions[0].active && base.size() == 1) {
    // the same, without detours
    std::vector<double> values = adjusted.contributions[0].values;
    for (double& value : values) value = adjusted.contributions[0].multiply ? base[0] * value : base[0] + value;
    if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end()) values.resize(1);
    return values;
  }
  for (const auto& contribution : adjusted.contributions) size = std::max(size, contribution.values.size());
  std::vector<double> factor(size, 1.0), addend(size, 0.0), values(size);
  for (const auto& contribution : adjusted.contributions) {
    if (!contribution.active) continue;
    const auto& own = contribution.values;
    for (std::size_t i = 0; i < size; ++i) {
      const double value = own[own.size() == 1 ? 0 : i];
      if (contribution.multiply)
        factor[i] *= value;
      else
        addend[i] += value;
    }
  }
  for (std::size_t i = 0; i < size; ++i) values[i] = base[base.size() == 1 ? 0 : i] * factor[i] + addend[i];
  if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end()) values.resize(1);
  return values;
}

static std::vector<double> checked_effect(const Adjusted& adjusted, std::span<const double> base) {
  auto values = effective_of(adjusted, base);
  try {
    check_values(adjusted.part, *adjusted.field, values);
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + ", as adjusted by " + named_sources(adjusted));
  }
  return values;
}

template <class R>
static std::span<const double> base_of(const Network<R>& net, const Adjusted& adjusted) {
  static constexpr std::array one{1.0};
  if (adjusted.gain || adjusted.spikes) return one;
  if (adjusted.owner == Owner::projection) return adjusted.base;
  if (adjusted.owner == Owner::drive) {
    const auto& drive = *net.drives[adjusted.target];
    return drive.schedule.in_force(net.now, drive.parameters[adjusted.index].values);
  }
  if (adjusted.owner == Owner::controller) return net.controllers[adjusted.target].parameters[adjusted.index].values;
  const auto& population = net.populations[adjusted.target];
  if (population.source && adjusted.index == 0) return population.source->schedule.in_force(net.now, population.parameters[0].values);
  const auto& columns = adjusted.receptor < 0 ? population.parameters : population.receptors[static_cast<std::size_t>(adjusted.receptor)].parameters;
  return columns[adjusted.index].values;
}

template <class R>
std::vector<double> adjusted_values(const Network<R>& net, Owner owner, std::size_t target, const std::string& name, std::span<const double> base) {
  for (const auto& adjusted : net.adjusted)
    if (adjusted.owner == owner && adjusted.target == target && adjusted.name == name) return checked_effect(adjusted, base);
  return {base.begin(), base.end()};
}

// As the neurons feel it; what could not be put in force is not.
template <class R>
static std::vector<double> in_force(const Network<R>& net, const Adjusted& where) {
  if (where.owner == Owner::projection)
    return {where.gain ? static_cast<double>(net.projections[where.target].gain) : net.projections[where.target].rules[where.rule].parameters[where.index]};
  if (where.owner == Owner::controller) return net.controllers[where.target].in_force()[where.index].values;
  const bool drives = where.owner == Owner::drive;
  if (drives && net.drives[where.target]->schedule.steps.empty()) return net.drives[where.target]->first.values;
  const auto& population = net.populations[drives ? net.drives[where.target]->population : where.target];
  if (!drives && !population.source && !where.gain && !where.spikes) {
    const auto& columns = where.receptor < 0 ? population.in_force() : population.receptors[static_cast<std::size_t>(where.receptor)].in_force();
    return columns[where.index].values;
  }
  for (const auto& adjusted : net.adjusted)
    if (adjusted.owner == where.owner && adjusted.target == where.target && adjusted.name == where.name) return effective_of(adjusted, base_of(net, adjusted));
  return {base_of(net, where).begin(), base_of(net, where).end()};
}

template <class R>
Values effective(const Network<R>& net, Owner owner, std::size_t target, const std::string& name) {
  Values values = in_force(net, locate(const_cast<Network<R>&>(net), owner, target, name));
  if (owner == Owner::population && values.size() == 1) values.resize(net.populations[target].size, values[0]);
  return values;
}

template <class R>
void put_in_force(Network<R>& net, std::size_t a) {
  const auto& adjusted = net.adjusted[a];
  switch (adjusted.owner) {
    case Owner::population:
      return put_in_population(net, adjusted);
    case Owner::projection:
      return put_in_projection(net, adjusted);
    case Owner::drive: {
      auto changed = net.drives[adjusted.target];
      derive_drive(net, *changed);
      net.drives[adjusted.target] = std::move(changed);
      return;
    }
    case Owner::controller:
      return readjust_controller(net, adjusted.target);
  }
}

template <class R>
void put_in_projection(Network<R>& net, const Adjusted& adjusted) {
  auto& projection = net.projections[adjusted.target];
  const double value = checked_effect(adjusted, base_of(net, adjusted))[0];
  if (adjusted.gain) {
    projection.gain = static_cast<R>(value);
    return;
  }
  auto changed = projection.rules[adjusted.rule].parameters;
  if (std::exchange(changed[adjusted.index], value) == value) return;
  if (!can_change(net, adjusted.target, adjusted.rule, changed))
    throw Error(std::string(adjusted.part) + "." + std::string(adjusted.field->name) + " = " + to_text(value) +
                " would change what the rule keeps, as adjusted by " + named_sources(adjusted));
  change_rule(net, adjusted.target, adjusted.rule, std::move(changed));
}

template <class R>
void readjust_controller(Network<R>& net, std::size_t c) {
  auto& controller = net.controllers[c];
  std::vector<ParameterColumn> effective;
  for (const auto& adjusted : net.adjusted) {
    if (adjusted.owner != Owner::controller || adjusted.target != c) continue;
    if (effective.empty()) effective = controller.parameters;
    effective[adjusted.index].values = checked_effect(adjusted, controller.parameters[adjusted.index].values);
  }
  if (!effective.empty()) check_controller(net, controller, effective);
  controller.effective = std::move(effective);
}

// Nothing has changed if this throws.
template <class R>
static void put_in_population(Network<R>& net, const Adjusted& adjusted) {
  auto& population = net.populations[adjusted.target];
  if (adjusted.spikes) return block_spikes(population, checked_effect(adjusted, base_of(net, adjusted)));
  if (population.source) return population.source->derive(net, population);
  auto* const receptor = adjusted.receptor < 0 ? nullptr : &population.receptors[static_cast<std::size_t>(adjusted.receptor)];
  auto values = checked_effect(adjusted, base_of(net, adjusted));
  if (adjusted.gain) return take_gain(population, *receptor, values);
  const auto& base = receptor == nullptr ? population.parameters : receptor->parameters;
  auto& effective = receptor == nullptr ? population.effective : receptor->effective;
  auto before = effective;
  if (effective.empty()) effective = base;
  effective[adjusted.index].values = std::move(values);
  try {
    if (receptor == nullptr && adjusted.index == population.model->threshold_parameter && move_thresholds(population)) return;
    if (receptor == nullptr && same_responses(population, before.empty() ? base : before))
      take_constants(net, population, membrane_constants(net, population));
    else
      derive(net, population);
  } catch (const Error& error) {
    effective = std::move(before);
    throw Error(std::string(error.what()) + ", as adjusted by " + named_sources(adjusted));
  }
}

// The thresholds alone, where they are all that differs between neurons; returns whether that was enough.
template <class R>
static bool move_thresholds(Population<R>& population) {
  const auto& membrane = *population.model;
  const auto& parameters = population.in_force();
  const auto& thresholds = parameters[membrane.threshold_parameter];
  if (population.differs != static_cast<std::size_t>(Differs::threshold) || thresholds.uniform()) return false;
  std::vector<double> row;
  for (const auto& column : parameters) {
    if (!column.uniform() && &column != &thresholds) return false;
    row.push_back(column[0]);
  }
  // A conflict is for the one who derives everything to name.
  row[membrane.threshold_parameter] = *std::min_element(thresholds.values.begin(), thresholds.values.end());
  if (!membrane.conflict(row.data()).empty()) return false;
  row[membrane.threshold_parameter] = *std::max_element(thresholds.values.begin(), thresholds.values.end());
  if (!membrane.conflict(row.data()).empty() || !std::isfinite(static_cast<R>(row[membrane.threshold_parameter]))) return false;
  auto& column = population.constants[membrane.threshold];
  for (std::size_t i = 0; i < column.size(); ++i) column[i] = static_cast<R>(thresholds.values[std::min<std::size_t>(i, population.size - 1)]);
  return true;
}

template <class R>
static void block_spikes(Population<R>& population, const std::vector<double>& leave) {
  for (const double share : leave)
    if (share != 0 && share != 1) throw Error("spikes = " + to_text(share) + " must be 1 or 0: they leave the neurons or they do not");
  population.blocked.assign(population.size, 0);
  for (std::size_t i = 0; i < population.size; ++i) population.blocked[i] = leave[leave.size() == 1 ? 0 : i] == 0 ? 1 : 0;
  if (std::none_of(population.blocked.begin(), population.blocked.end(), [](char blocked) { return blocked != 0; })) population.blocked.clear();
}

template <class R>
static void take_gain(const Population<R>& population, ReceptorColumns<R>& receptor, const std::vector<double>& values) {
  for (const double value : values)
    if (!std::isfinite(static_cast<R>(value)))
      throw Error("the gain of receptor '" + receptor.name + "' = " + to_text(value) + " is beyond the precision of this network");
  receptor.gain.resize(population.padded_size(), R(1));
  for (std::size_t i = 0; i < population.size; ++i) receptor.gain[i] = static_cast<R>(values[values.size() == 1 ? 0 : i]);
}

// After the user has set some parameter.
template <class R>
void readjust(Network<R>& net, std::size_t p) {
  auto& population = net.populations[p];
  if (population.source) return population.source->derive(net, population);
  std::vector<std::vector<ParameterColumn>> before{population.effective};
  for (const auto& receptor : population.receptors) before.push_back(receptor.effective);
  try {
    if (!population.effective.empty()) population.effective = adjusted_columns(net, p, -1, population.parameters);
    for (std::size_t r = 0; r < population.receptors.size(); ++r) {
      auto& receptor = population.receptors[r];
      if (!receptor.effective.empty()) receptor.effective = adjusted_columns(net, p, static_cast<int>(r), receptor.parameters);
    }
    derive(net, population);
  } catch (...) {
    population.effective = std::move(before[0]);
    for (std::size_t r = 0; r < population.receptors.size(); ++r) population.receptors[r].effective = std::move(before[r + 1]);
    throw;
  }
}

// All parameters of the membrane, or of a receptor, as adjusted.
template <class R>
static std::vector<ParameterColumn> adjusted_columns(const Network<R>& net, std::size_t p, int receptor, const std::vector<ParameterColumn>& base) {
  std::vector<ParameterColumn> columns = base;
  for (const auto& adjusted : net.adjusted)
    if (adjusted.owner == Owner::population && adjusted.target == p && !adjusted.gain && !adjusted.spikes && adjusted.receptor == receptor)
      columns[adjusted.index].values = checked_effect(adjusted, base[adjusted.index].values);
  return columns;
}

PLASTICA_INSTANTIATE(adjusted_parameter);
PLASTICA_INSTANTIATE(locate);
PLASTICA_INSTANTIATE(find_in_projection);
PLASTICA_INSTANTIATE(adjusted_rule);
PLASTICA_INSTANTIATE(add_contribution);
PLASTICA_INSTANTIATE(contribution_of);
PLASTICA_INSTANTIATE(adjusted_values);
PLASTICA_INSTANTIATE(effective);
PLASTICA_INSTANTIATE(put_in_force);
PLASTICA_INSTANTIATE(put_in_projection);
PLASTICA_INSTANTIATE(readjust_controller);
PLASTICA_INSTANTIATE(readjust);

}  // namespace plastica
