// Schedules of parameters: which can follow one, and what one must be like.
#include "engine/build/schedules.hpp"

#include <algorithm>

#include "base/memory.hpp"

namespace plastica {

bool follows_schedule(const Schema& schema) { return !schema.parameters.empty() && schema.parameters[0].scheduled; }

static std::string those_that_follow(const Catalogue& catalogue, Kind kind) {
  std::vector<std::string> names;
  for (const auto& schema : catalogue.schemas())
    if (schema.kind == kind && follows_schedule(schema)) names.push_back(std::string(schema.text.name) + "." + std::string(schema.parameters[0].name));
  return enumerated(names);
}

Schedule checked_schedule(const Catalogue& catalogue, Kind kind, const Schema& schema, const std::string& name, std::vector<Step> steps, Values values,
                          std::size_t neurons) {
  const Field& field = find_field(schema, name);
  const std::string what = std::string(schema.text.name) + "." + name;
  if (!field.scheduled) throw Error(what + " cannot follow a schedule; " + those_that_follow(catalogue, kind) + " can");
  if (steps.empty() || (values.size() != steps.size() && values.size() != steps.size() * neurons))
    throw Error(what + ": a schedule has one value per time, or one per time and neuron (" + std::to_string(neurons) + "); there are " +
                std::to_string(values.size()) + " values for " + std::to_string(steps.size()) + " times");
  if (std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) != steps.end())
    throw Error(what + ": the times of a schedule must increase by at least one step");
  check_values(schema.text.name, field, values);
  const std::size_t width = values.size() / steps.size();
  return {std::move(steps), std::move(values), width};
}

Schedule without(const Schedule& schedule, const std::string& part, const std::string& name, std::size_t size, const std::vector<Neuron>& ids,
                 const Values& values) {
  Schedule each{schedule.steps, {}, size};
  check_memory(static_cast<double>(schedule.steps.size()) * static_cast<double>(size) * (sizeof(double) + sizeof(std::uint64_t)),
               part + "." + name + ": a Schedule of so many times for each of " + std::to_string(size) + " neurons",
               "set the " + name + " of the whole population, or make the neurons of the view a population of their own");
  for (std::size_t passed = 1; passed <= schedule.steps.size(); ++passed) {
    const auto row = schedule.row(passed);
    for (std::size_t i = 0; i < size; ++i) each.values.push_back(row[row.size() == 1 ? 0 : i]);
    double* const own = each.values.data() + (passed - 1) * size;
    for (std::size_t i = 0; i < ids.size(); ++i) own[ids[i]] = values[values.size() == 1 ? 0 : i];
  }
  return each;
}

}  // namespace plastica
