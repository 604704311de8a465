// Parameters of neurons and of their receptors, the gain of a receptor, the rate of a source, and whether spikes leave the neurons.
#include <algorithm>
#include <cmath>

#include "engine/build/populations.hpp"
#include "engine/build/values.hpp"
#include "engine/targets/kind.hpp"
#include "engine/targets/targets.hpp"

namespace plastica {

constexpr Field spikes_field{"spikes", 1.0, unit::none, between(0, 1), "whether what neurons fire leaves them: 1 or 0"};

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

namespace {

template <class R>
struct SpikesThatLeave final : Copying<SpikesThatLeave<R>, Target<R>> {
  std::span<const double> base(const Network<R>& /*net*/) const override { return unity; }
  std::vector<double> in_force(const Network<R>& net) const override { return acted_upon(net, *this); }
  void apply(Network<R>& net, const Adjusted<R>& adjusted) const override { block_spikes(net.populations[this->index], checked_effect(adjusted, unity)); }
};

template <class R>
struct ReceptorGain final : Copying<ReceptorGain<R>, Target<R>> {
  std::size_t receptor = 0;
  std::span<const double> base(const Network<R>& /*net*/) const override { return unity; }
  std::vector<double> in_force(const Network<R>& net) const override { return acted_upon(net, *this); }
  void apply(Network<R>& net, const Adjusted<R>& adjusted) const override {
    auto& population = net.populations[this->index];
    take_gain(population, population.receptors[receptor], checked_effect(adjusted, unity));
  }
};

template <class R>
struct SourceParameter final : Copying<SourceParameter<R>, Target<R>> {
  std::size_t parameter = 0;
  std::span<const double> base(const Network<R>& net) const override {
    const auto& population = net.populations[this->index];
    const auto& values = population.parameters[parameter].values;
    if (parameter > 0) return values;
    return population.source->schedule.in_force(net.now, values);
  }
  std::vector<double> in_force(const Network<R>& net) const override { return acted_upon(net, *this); }
  void apply(Network<R>& net, const Adjusted<R>& /*adjusted*/) const override {
    auto& population = net.populations[this->index];
    population.source->derive(net, population);
  }
};

// Of the membrane, or of a receptor.
template <class R>
struct NeuronParameter final : Copying<NeuronParameter<R>, Target<R>> {
  int receptor = -1;
  std::size_t parameter = 0;

  std::span<const double> base(const Network<R>& net) const override {
    const auto& population = net.populations[this->index];
    return (receptor < 0 ? population.parameters : population.receptors[static_cast<std::size_t>(receptor)].parameters)[parameter].values;
  }
  std::vector<double> in_force(const Network<R>& net) const override {
    const auto& population = net.populations[this->index];
    return (receptor < 0 ? population.in_force() : population.receptors[static_cast<std::size_t>(receptor)].in_force())[parameter].values;
  }
  void apply(Network<R>& net, const Adjusted<R>& adjusted) const override {
    auto& population = net.populations[this->index];
    auto* const of = receptor < 0 ? nullptr : &population.receptors[static_cast<std::size_t>(receptor)];
    auto values = checked_effect(adjusted, base(net));
    const auto& columns = of == nullptr ? population.parameters : of->parameters;
    auto& effective = of == nullptr ? population.effective : of->effective;
    auto before = effective;
    if (effective.empty()) effective = columns;
    effective[parameter].values = std::move(values);
    try {
      if (of == nullptr && parameter == population.model->threshold_parameter && move_thresholds(population)) return;
      if (of == nullptr && same_responses(population, before.empty() ? columns : before))
        take_constants(net, population, membrane_constants(net, population));
      else
        derive(net, population);
    } catch (const Error& error) {
      effective = std::move(before);
      throw Error(std::string(error.what()) + ", as adjusted by " + named_sources(adjusted.contributions));
    }
  }
};

}  // namespace

// All parameters of the membrane, or of a receptor, as adjusted.
template <class R>
static std::vector<ParameterColumn> adjusted_columns(const Network<R>& net, std::size_t p, int receptor, const std::vector<ParameterColumn>& base) {
  std::vector<ParameterColumn> columns = base;
  for (const auto& adjusted : net.adjusted) {
    if (adjusted.target->owner != owner_number<OfPopulation>() || adjusted.target->index != p) continue;
    const auto* const target = dynamic_cast<const NeuronParameter<R>*>(&*adjusted.target);
    if (target != nullptr && target->receptor == receptor) columns[target->parameter].values = checked_effect(adjusted, base[target->parameter].values);
  }
  return columns;
}

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

template <class R>
static std::unique_ptr<Target<R>> parameter_of(const Population<R>& population, const Variable<R>& where, const std::string& name) {
  const auto parameter = static_cast<std::size_t>(where.field - where.schema->parameters.data());
  if (population.source) {
    auto target = target_of<SourceParameter<R>>(where.schema->text.name, *where.field);
    target->parameter = parameter;
    return target;
  }
  auto target = target_of<NeuronParameter<R>>(where.schema->text.name, *where.field);
  target->parameter = parameter;
  for (std::size_t r = 0; r < population.receptors.size(); ++r)
    if (name.starts_with(population.receptors[r].name + ".")) target->receptor = static_cast<int>(r);
  return target;
}

template <class R>
struct OwnerOf<R, OfPopulation> final : OwnerKind<R> {
  std::string_view name() const override { return "population"; }
  std::size_t count(const Network<R>& net) const override { return net.populations.size(); }
  std::size_t size(const Network<R>& net, std::size_t index) const override { return net.populations[index].size; }
  std::size_t population(const Network<R>& /*net*/, std::size_t index) const override { return index; }
  bool neurons() const override { return true; }

  std::unique_ptr<Target<R>> locate(const Network<R>& net, std::size_t index, const std::string& name) const override {
    const auto& population = net.populations.at(index);
    if (name == "spikes") return target_of<SpikesThatLeave<R>>("population", spikes_field);
    for (std::size_t r = 0; r < population.receptors.size(); ++r) {
      const auto& receptor = population.receptors[r];
      if (name != receptor.name + ".gain") continue;
      auto target = target_of<ReceptorGain<R>>(receptor.part->schema.text.name, gain_field);
      target->receptor = r;
      return target;
    }
    const Variable<R> where = variable(const_cast<Network<R>&>(net), index, name);
    if (where.parameter == nullptr) throw Error("'" + name + "' is a state of the neurons; parameters can be adjusted, and the gain of a receptor");
    return parameter_of(population, where, name);
  }
};

PLASTICA_OWNER(OfPopulation);
PLASTICA_INSTANTIATE(readjust);

}  // namespace plastica
