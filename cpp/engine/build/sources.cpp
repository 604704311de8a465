// Populations that only emit spikes: rates, schedules and lists of spikes.
#include "engine/build/sources.hpp"

#include <algorithm>

#include "base/math.hpp"
#include "base/memory.hpp"
#include "engine/core/populations.hpp"
#include "engine/network.hpp"
#include "engine/slow/adjust.hpp"

namespace plastica {

static std::uint64_t probability_threshold(double rate, double dt) { return static_cast<std::uint64_t>(-math::expm1(-rate * 1e-3 * dt) * 0x1p32); }

void check_schedule(const std::string& what, const std::vector<Step>& steps, const Values& values, std::size_t neurons) {
  if (steps.empty() || (values.size() != steps.size() && values.size() != steps.size() * neurons))
    throw Error(what + ": a schedule has one value per time, or one per time and neuron (" + std::to_string(neurons) + "); there are " +
                std::to_string(values.size()) + " values for " + std::to_string(steps.size()) + " times");
  if (std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) != steps.end())
    throw Error(what + ": the times of a schedule must increase by at least one step");
}

template <class R>
void derive_source(Network<R>& net, Population<R>& population) {
  if (population.source != SourceKind::poisson) return;
  population.thresholds.clear();
  const auto add_row = [&](std::span<const double> base) {
    const auto rates = adjusted_values(net, Owner::population, static_cast<std::size_t>(&population - net.populations.data()), "rate", base);
    std::vector<std::uint64_t> row(rates.size() == 1 ? 1 : population.padded_size(), 0);
    for (std::size_t i = 0; i < rates.size(); ++i) row[i] = probability_threshold(rates[i], net.dt);
    population.thresholds.push_back(std::move(row));
  };
  add_row(population.rate.values);
  for (std::size_t passed = 1; passed <= population.schedule.steps.size(); ++passed) add_row(population.schedule.row(passed));
}

template <class R>
void set_rate_schedule(Network<R>& net, std::size_t p, std::vector<Step> steps, Values values) {
  auto& population = net.populations.at(p);
  if (population.source != SourceKind::poisson) throw Error("only the rate of a PoissonSource can follow a schedule");
  check_schedule("PoissonSource.rate", steps, values, population.size);
  check_values("PoissonSource", find_field(find_schema("PoissonSource"), "rate"), values);
  const std::size_t width = values.size() / steps.size();
  population.schedule = {std::move(steps), std::move(values), width};
  population.rate.values = {0.0};  // before the first row
  derive_source(net, population);
}

// Some neurons leave the schedule: from now on they have the values, the others what it says.
Schedule without(const Schedule& schedule, std::size_t size, const std::vector<Neuron>& ids, const Values& values) {
  Schedule each{schedule.steps, {}, size};
  check_memory(static_cast<double>(schedule.steps.size()) * static_cast<double>(size) * (sizeof(double) + sizeof(std::uint64_t)),
               "PoissonSource.rate: a Schedule of so many times for each of " + std::to_string(size) + " neurons",
               "set the rate of the whole population, or make the neurons of the view a population of their own");
  for (std::size_t passed = 1; passed <= schedule.steps.size(); ++passed) {
    const auto row = schedule.row(passed);
    for (std::size_t i = 0; i < size; ++i) each.values.push_back(row[row.size() == 1 ? 0 : i]);
    double* const own = each.values.data() + (passed - 1) * size;
    for (std::size_t i = 0; i < ids.size(); ++i) own[ids[i]] = values[values.size() == 1 ? 0 : i];
  }
  return each;
}

template <class R>
void set_spikes(Network<R>& net, std::size_t p, std::span<const Step> steps, std::span<const Neuron> neurons) {
  auto& population = net.populations.at(p);
  if (population.source != SourceKind::spikes) throw Error("only a SpikeSource takes spike times");
  if (steps.size() != neurons.size()) throw Error("SpikeSource: times and ids must have the same length");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (neurons[i] >= population.size)
      throw Error("SpikeSource.ids: neuron " + std::to_string(neurons[i]) + " is not among the " + std::to_string(population.size) + " of the population");
    if (steps[i] <= net.now)
      throw Error("SpikeSource.times: a spike at " + to_text(static_cast<double>(steps[i]) * net.dt) + " ms must be later than now, " +
                  to_text(static_cast<double>(net.now) * net.dt) + " ms");
  }
  for (auto& list : population.emissions) list.clear();
  std::fill(population.next.begin(), population.next.end(), 0);
  for (std::size_t i = 0; i < steps.size(); ++i)
    population.emissions[static_cast<std::size_t>(population.partition.owner(neurons[i]))].push_back({steps[i], neurons[i]});
  for (auto& list : population.emissions)
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.step != b.step ? a.step < b.step : a.neuron < b.neuron; });
}

PLASTICA_INSTANTIATE(derive_source);
PLASTICA_INSTANTIATE(set_rate_schedule);
PLASTICA_INSTANTIATE(set_spikes);

}  // namespace plastica
