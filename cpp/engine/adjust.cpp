// Adjustments: what sources (controllers, modifiers, modulations) contribute to a parameter, beside what the user sets it to.
//
//   effective = base * factor * factor ... + addend + addend ...      in the order the sources were made
#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

// Of a receptor, or of a projection.
constexpr Field spikes_field{"spikes", 1.0, unit::none, between(0, 1), "whether what neurons fire leaves them: 1 or 0"};
constexpr Field gain_field{"gain", 1.0, unit::none, at_least(0), "what arrives, or is transmitted, is multiplied by"};

}  // namespace

// ---- which parameter it is -------------------------------------------------------------------------------------------------------

template <class R>
std::size_t Simulation<R>::adjusted_parameter(Owner owner, std::size_t target, const std::string& name) {
  for (std::size_t a = 0; a < adjusted_.size(); ++a)
    if (adjusted_[a].owner == owner && adjusted_[a].target == target && adjusted_[a].name == name) return a;
  adjusted_.push_back(locate(owner, target, name));
  return adjusted_.size() - 1;
}

template <class R>
typename Simulation<R>::Adjusted Simulation<R>::locate(Owner owner, std::size_t target, const std::string& name) {
  if (owner == Owner::population) return locate_in_population(target, name);
  if (owner == Owner::projection) return locate_in_projection(target, name);
  Adjusted found{.owner = owner, .target = target, .name = name};
  const Schema& schema = owner == Owner::drive ? schema_of(drives_.at(target)) : controllers_.at(target).part->schema;
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
typename Simulation<R>::Adjusted Simulation<R>::locate_in_population(std::size_t target, const std::string& name) {
  Adjusted found{.owner = Owner::population, .target = target, .name = name};
  const auto& population = populations_.at(target);
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
  const Variable where = variable(target, name);
  if (where.parameter == nullptr) throw Error("'" + name + "' is a state of the neurons; parameters can be adjusted, and the gain of a receptor");
  found.part = where.schema->text.name;
  found.field = where.field;
  found.index = static_cast<std::size_t>(where.field - where.schema->parameters.data());
  return found;
}

// The gain of all that the projection transmits, or "PARAMETER" or "POSITION.PARAMETER" of a rule.
template <class R>
typename Simulation<R>::Adjusted Simulation<R>::find_in_projection(std::size_t target, const std::string& name) const {
  const auto& projection = projections_.at(target);
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
  const Adjusted* const known = adjusted_rule(target, found.rule, found.index);
  found.base = {known == nullptr ? rule.parameters[found.index] : known->base[0]};
  return found;
}

// If it can be adjusted.
template <class R>
typename Simulation<R>::Adjusted Simulation<R>::locate_in_projection(std::size_t target, const std::string& name) const {
  Adjusted found = find_in_projection(target, name);
  if (found.gain) return found;
  auto changed = projections_[target].rules[found.rule].parameters;
  changed[found.index] = changed[found.index] == 0 ? 0.5 : changed[found.index] * 0.75;
  if (!found.field->choices.empty() || found.field->unit == unit::modulator || !can_change(target, found.rule, changed))
    throw Error(std::string(found.part) + "." + std::string(found.field->name) + " is fixed when the projection is made: it cannot be adjusted");
  return found;
}

template <class R>
const typename Simulation<R>::Adjusted* Simulation<R>::adjusted_rule(std::size_t projection, std::size_t rule, std::size_t index) const {
  for (const auto& adjusted : adjusted_)
    if (adjusted.owner == Owner::projection && adjusted.target == projection && !adjusted.gain && adjusted.rule == rule && adjusted.index == index)
      return &adjusted;
  return nullptr;
}

template <class R>
std::size_t Simulation<R>::add_contribution(std::size_t a, const std::string& source, bool multiply, bool active, std::vector<double> values) {
  auto& adjusted = adjusted_[a];
  if (adjusted.owner == Owner::projection && adjusted.gain) on_its_own(adjusted.target).alone = true;
  adjusted.contributions.push_back({contributions_, source, multiply, active, std::move(values)});
  return contributions_++;
}

template <class R>
typename Simulation<R>::Contribution& Simulation<R>::contribution_of(std::size_t a, std::size_t id) {
  auto& all = adjusted_[a].contributions;
  return *std::find_if(all.begin(), all.end(), [id](const Contribution& each) { return each.id == id; });
}

// ---- what comes of it ------------------------------------------------------------------------------------------------------------

template <class R>
std::string Simulation<R>::named_sources(const Adjusted& adjusted) const {
  std::string names;
  for (const auto& contribution : adjusted.contributions) names += (names.empty() ? "'" : ", '") + contribution.source + "'";
  return names;
}

template <class R>
std::vector<double> Simulation<R>::effective_of(const Adjusted& adjusted, std::span<const double> base) const {
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

template <class R>
std::vector<double> Simulation<R>::checked_effect(const Adjusted& adjusted, std::span<const double> base) const {
  auto values = effective_of(adjusted, base);
  try {
    check_values(adjusted.part, *adjusted.field, values);
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + ", as adjusted by " + named_sources(adjusted));
  }
  return values;
}

template <class R>
std::span<const double> Simulation<R>::base_of(const Adjusted& adjusted) const {
  static constexpr std::array one{1.0};
  if (adjusted.gain || adjusted.spikes) return one;
  if (adjusted.owner == Owner::projection) return adjusted.base;
  if (adjusted.owner == Owner::drive) {
    const auto& drive = drives_[adjusted.target];
    return drive.schedule.in_force(now_, drive.parameters[adjusted.index].values);
  }
  if (adjusted.owner == Owner::controller) return controllers_[adjusted.target].parameters[adjusted.index].values;
  const auto& population = populations_[adjusted.target];
  if (population.source != SourceKind::none) return population.schedule.in_force(now_, population.rate.values);
  const auto& columns = adjusted.receptor < 0 ? population.parameters : population.receptors[static_cast<std::size_t>(adjusted.receptor)].parameters;
  return columns[adjusted.index].values;
}

template <class R>
std::vector<double> Simulation<R>::adjusted_values(Owner owner, std::size_t target, const std::string& name, std::span<const double> base) const {
  for (const auto& adjusted : adjusted_)
    if (adjusted.owner == owner && adjusted.target == target && adjusted.name == name) return checked_effect(adjusted, base);
  return {base.begin(), base.end()};
}

// As the neurons feel it; what could not be put in force is not.
template <class R>
std::vector<double> Simulation<R>::in_force(const Adjusted& where) const {
  if (where.owner == Owner::projection)
    return {where.gain ? static_cast<double>(projections_[where.target].gain) : projections_[where.target].rules[where.rule].parameters[where.index]};
  if (where.owner == Owner::controller) return controllers_[where.target].in_force()[where.index].values;
  const bool drives = where.owner == Owner::drive;
  if (drives && drives_[where.target].schedule.steps.empty()) return drives_[where.target].first.values;
  const auto& population = populations_[drives ? drives_[where.target].population : where.target];
  if (!drives && population.source == SourceKind::none && !where.gain && !where.spikes) {
    const auto& columns = where.receptor < 0 ? population.in_force() : population.receptors[static_cast<std::size_t>(where.receptor)].in_force();
    return columns[where.index].values;
  }
  for (const auto& adjusted : adjusted_)
    if (adjusted.owner == where.owner && adjusted.target == where.target && adjusted.name == where.name) return effective_of(adjusted, base_of(adjusted));
  return {base_of(where).begin(), base_of(where).end()};
}

template <class R>
Values Simulation<R>::effective(Owner owner, std::size_t target, const std::string& name) const {
  Values values = in_force(const_cast<Simulation&>(*this).locate(owner, target, name));
  if (owner == Owner::population && values.size() == 1) values.resize(populations_[target].size, values[0]);
  return values;
}

// ---- putting it in force ---------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::put_in_force(std::size_t a) {
  const auto& adjusted = adjusted_[a];
  switch (adjusted.owner) {
    case Owner::population:
      return put_in_population(adjusted);
    case Owner::projection:
      return put_in_projection(adjusted);
    case Owner::drive: {
      Drive changed = drives_[adjusted.target];
      derive_drive(changed);
      drives_[adjusted.target] = std::move(changed);
      return;
    }
    case Owner::controller:
      return readjust_controller(adjusted.target);
  }
}

template <class R>
void Simulation<R>::put_in_projection(const Adjusted& adjusted) {
  auto& projection = projections_[adjusted.target];
  const double value = checked_effect(adjusted, base_of(adjusted))[0];
  if (adjusted.gain) {
    projection.gain = static_cast<R>(value);
    return;
  }
  auto changed = projection.rules[adjusted.rule].parameters;
  if (std::exchange(changed[adjusted.index], value) == value) return;
  if (!can_change(adjusted.target, adjusted.rule, changed))
    throw Error(std::string(adjusted.part) + "." + std::string(adjusted.field->name) + " = " + to_text(value) +
                " would change what the rule keeps, as adjusted by " + named_sources(adjusted));
  change_rule(adjusted.target, adjusted.rule, std::move(changed));
}

template <class R>
void Simulation<R>::readjust_controller(std::size_t c) {
  auto& controller = controllers_[c];
  std::vector<ParameterColumn> effective;
  for (const auto& adjusted : adjusted_) {
    if (adjusted.owner != Owner::controller || adjusted.target != c) continue;
    if (effective.empty()) effective = controller.parameters;
    effective[adjusted.index].values = checked_effect(adjusted, controller.parameters[adjusted.index].values);
  }
  if (!effective.empty()) check_controller(controller, effective);
  controller.effective = std::move(effective);
}

// Nothing has changed if this throws.
template <class R>
void Simulation<R>::put_in_population(const Adjusted& adjusted) {
  auto& population = populations_[adjusted.target];
  if (adjusted.spikes) return block_spikes(population, checked_effect(adjusted, base_of(adjusted)));
  if (population.source != SourceKind::none) return derive_source(population);
  auto* const receptor = adjusted.receptor < 0 ? nullptr : &population.receptors[static_cast<std::size_t>(adjusted.receptor)];
  auto values = checked_effect(adjusted, base_of(adjusted));
  if (adjusted.gain) return take_gain(population, *receptor, values);
  const auto& base = receptor == nullptr ? population.parameters : receptor->parameters;
  auto& effective = receptor == nullptr ? population.effective : receptor->effective;
  auto before = effective;
  if (effective.empty()) effective = base;
  effective[adjusted.index].values = std::move(values);
  try {
    if (receptor == nullptr && adjusted.index == population.model->threshold_parameter && move_thresholds(population)) return;
    if (receptor == nullptr && same_responses(population, before.empty() ? base : before))
      take_constants(population, membrane_constants(population));
    else
      derive(population);
  } catch (const Error& error) {
    effective = std::move(before);
    throw Error(std::string(error.what()) + ", as adjusted by " + named_sources(adjusted));
  }
}

// The thresholds alone, where they are all that differs between neurons; returns whether that was enough.
template <class R>
bool Simulation<R>::move_thresholds(Population<R>& population) const {
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
void Simulation<R>::block_spikes(Population<R>& population, const std::vector<double>& leave) const {
  for (const double share : leave)
    if (share != 0 && share != 1) throw Error("spikes = " + to_text(share) + " must be 1 or 0: they leave the neurons or they do not");
  population.blocked.assign(population.size, 0);
  for (std::size_t i = 0; i < population.size; ++i) population.blocked[i] = leave[leave.size() == 1 ? 0 : i] == 0 ? 1 : 0;
  if (std::none_of(population.blocked.begin(), population.blocked.end(), [](char blocked) { return blocked != 0; })) population.blocked.clear();
}

template <class R>
void Simulation<R>::take_gain(const Population<R>& population, ReceptorColumns<R>& receptor, const std::vector<double>& values) const {
  for (const double value : values)
    if (!std::isfinite(static_cast<R>(value)))
      throw Error("the gain of receptor '" + receptor.name + "' = " + to_text(value) + " is beyond the precision of this network");
  receptor.gain.resize(population.padded_size(), R(1));
  for (std::size_t i = 0; i < population.size; ++i) receptor.gain[i] = static_cast<R>(values[values.size() == 1 ? 0 : i]);
}

// After the user has set some parameter.
template <class R>
void Simulation<R>::readjust(std::size_t p) {
  auto& population = populations_[p];
  if (population.source != SourceKind::none) return derive_source(population);
  std::vector<std::vector<ParameterColumn>> before{population.effective};
  for (const auto& receptor : population.receptors) before.push_back(receptor.effective);
  try {
    if (!population.effective.empty()) population.effective = adjusted_columns(p, -1, population.parameters);
    for (std::size_t r = 0; r < population.receptors.size(); ++r) {
      auto& receptor = population.receptors[r];
      if (!receptor.effective.empty()) receptor.effective = adjusted_columns(p, static_cast<int>(r), receptor.parameters);
    }
    derive(population);
  } catch (...) {
    population.effective = std::move(before[0]);
    for (std::size_t r = 0; r < population.receptors.size(); ++r) population.receptors[r].effective = std::move(before[r + 1]);
    throw;
  }
}

// All parameters of the membrane, or of a receptor, as adjusted.
template <class R>
std::vector<ParameterColumn> Simulation<R>::adjusted_columns(std::size_t p, int receptor, const std::vector<ParameterColumn>& base) const {
  std::vector<ParameterColumn> columns = base;
  for (const auto& adjusted : adjusted_)
    if (adjusted.owner == Owner::population && adjusted.target == p && !adjusted.gain && !adjusted.spikes && adjusted.receptor == receptor)
      columns[adjusted.index].values = checked_effect(adjusted, base[adjusted.index].values);
  return columns;
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
