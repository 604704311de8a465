// Adjustments: what sources (controllers, modifiers, modulations) contribute to a parameter, beside what the user sets it to.
//
//   effective = base * factor * factor ... + addend + addend ...      in the order the sources were made
#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

// What arrives at a receptor is multiplied by its gain.
constexpr Field gain_field{"gain", 1.0, unit::none, at_least(0), "what arrives is multiplied by"};

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
  Adjusted found{.owner = owner, .target = target, .name = name};
  const auto& population = populations_.at(target);
  for (std::size_t r = 0; r < population.receptors.size(); ++r) {
    const auto& receptor = population.receptors[r];
    if (name != receptor.name + ".gain") continue;
    found.receptor = static_cast<int>(r);
    found.part = receptors()[receptor.part].schema.text.name;
    found.field = &gain_field;
    found.gain = true;
    return found;
  }
  const Variable where = variable(target, name);
  if (where.parameter == nullptr) throw Error("'" + name + "' is a state of the neurons; parameters can be adjusted, and the gain of a receptor");
  found.part = where.schema->text.name;
  found.field = where.field;
  found.index = static_cast<std::size_t>(where.field - where.schema->parameters.data());
  for (std::size_t r = 0; r < population.receptors.size(); ++r)
    if (name.starts_with(population.receptors[r].name + ".")) found.receptor = static_cast<int>(r);
  return found;
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
  if (adjusted.gain) return one;
  const auto& population = populations_[adjusted.target];
  if (population.source != SourceKind::none) return population.rate.values;
  const auto& columns = adjusted.receptor < 0 ? population.parameters : population.receptors[static_cast<std::size_t>(adjusted.receptor)].parameters;
  return columns[adjusted.index].values;
}

template <class R>
Values Simulation<R>::effective(Owner owner, std::size_t target, const std::string& name) const {
  auto& self = const_cast<Simulation&>(*this);
  const Adjusted where = self.locate(owner, target, name);
  const auto& population = populations_[target];
  Values values;
  if (where.gain || population.source != SourceKind::none) {
    values.assign(base_of(where).begin(), base_of(where).end());
    for (const auto& adjusted : adjusted_)
      if (adjusted.owner == owner && adjusted.target == target && adjusted.name == name) values = effective_of(adjusted, base_of(adjusted));
  } else {
    values = (where.receptor < 0 ? population.in_force() : population.receptors[static_cast<std::size_t>(where.receptor)].in_force())[where.index].values;
  }
  if (values.size() == 1) values.resize(populations_[target].size, values[0]);
  return values;
}

// ---- putting it in force ---------------------------------------------------------------------------------------------------------

// Nothing has changed if this throws.
template <class R>
void Simulation<R>::put_in_force(std::size_t a) {
  const auto& adjusted = adjusted_[a];
  auto& population = populations_[adjusted.target];
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
    if (receptor == nullptr && same_responses(population, before.empty() ? base : before))
      take_constants(population, membrane_constants(population));
    else
      derive(population);
  } catch (const Error& error) {
    effective = std::move(before);
    throw Error(std::string(error.what()) + ", as adjusted by " + named_sources(adjusted));
  }
}

template <class R>
void Simulation<R>::take_gain(Population<R>& population, ReceptorColumns<R>& receptor, const std::vector<double>& values) const {
  const bool first = receptor.gain.empty();
  for (const double value : values)
    if (!std::isfinite(static_cast<R>(value)))
      throw Error("the gain of receptor '" + receptor.name + "' = " + to_text(value) + " is beyond the precision of this network");
  receptor.gain.assign(values.size() == 1 ? std::size_t{chunk_size} : population.padded_size(), R(1));
  for (std::size_t i = 0; i < (values.size() == 1 ? receptor.gain.size() : population.size); ++i)
    receptor.gain[i] = static_cast<R>(values[values.size() == 1 ? 0 : i]);
  if (first) choose_kernel(population);
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
    if (adjusted.owner == Owner::population && adjusted.target == p && !adjusted.gain && adjusted.receptor == receptor)
      columns[adjusted.index].values = checked_effect(adjusted, base[adjusted.index].values);
  return columns;
}

template <class R>
std::vector<double> Simulation<R>::effective_rates(const Population<R>& population, std::span<const double> base) const {
  for (const auto& adjusted : adjusted_)
    if (adjusted.owner == Owner::population && &populations_[adjusted.target] == &population) return checked_effect(adjusted, base);
  return {base.begin(), base.end()};
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
