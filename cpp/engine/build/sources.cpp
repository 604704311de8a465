// Populations that only emit spikes: the spikes or the schedule that they are given.
#include "engine/build/populations.hpp"
#include "engine/build/schedules.hpp"
#include "engine/core/populations.hpp"
#include "engine/network.hpp"

namespace plastica {

template <class R>
void set_schedule(Network<R>& net, std::size_t p, const std::string& name, std::vector<Step> steps, Values values) {
  auto& population = net.populations.at(p);
  auto schedule = checked_schedule(net.catalogue, Kind::source, schema_of(population), name, std::move(steps), std::move(values), population.size);
  auto& first = population.parameters[0].values;
  std::swap(population.source->schedule, schedule);
  auto before = std::exchange(first, {0.0});  // before the first row
  try {
    population.source->derive(net, population);
  } catch (...) {
    std::swap(population.source->schedule, schedule);
    first = std::move(before);
    throw;
  }
}

static std::string those_that_take_spikes(const Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const auto& part : catalogue.sources())
    if (part->takes_spikes) names.push_back("a " + std::string(part->schema.text.name));
  return enumerated(names);
}

template <class R>
void set_spikes(Network<R>& net, std::size_t p, std::span<const Step> steps, std::span<const Neuron> neurons) {
  auto& population = net.populations.at(p);
  if (!population.source || !population.source->part->takes_spikes) throw Error("only " + those_that_take_spikes(net.catalogue) + " takes spike times");
  const std::string part(population.source->part->schema.text.name);
  if (steps.size() != neurons.size()) throw Error(part + ": times and ids must have the same length");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (neurons[i] >= population.size)
      throw Error(part + ".ids: neuron " + std::to_string(neurons[i]) + " is not among the " + std::to_string(population.size) + " of the population");
    if (steps[i] <= net.now)
      throw Error(part + ".times: a spike at " + to_text(static_cast<double>(steps[i]) * net.dt) + " ms must be later than now, " +
                  to_text(static_cast<double>(net.now) * net.dt) + " ms");
  }
  population.source->take_spikes(population.partition, steps, neurons);
}

PLASTICA_INSTANTIATE(set_schedule);
PLASTICA_INSTANTIATE(set_spikes);

}  // namespace plastica
