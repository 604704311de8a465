// Reading and setting parameters and states of neurons between runs.
#include "engine/build/values.hpp"

#include <cmath>

#include "engine/build/populations.hpp"
#include "engine/build/schedules.hpp"
#include "engine/core/populations.hpp"
#include "engine/network.hpp"
#include "engine/plastic/walks.hpp"
#include "engine/record/recorders.hpp"
#include "engine/targets/targets.hpp"

namespace plastica {

static Values expanded(const std::vector<double>& values, std::size_t size) { return values.size() == 1 ? Values(size, values[0]) : values; }

template <class R>
static Values values_of(const Column<R>& column, std::size_t size) {
  return {column.begin(), column.begin() + static_cast<std::ptrdiff_t>(size)};
}

namespace {

// A part's field by its name, and whether it is a state; npos where it has none of that name.
struct Found {
  const Field* field = nullptr;
  std::size_t index = 0;
  bool state = false;
};

}  // namespace
static Found find(const Schema& schema, std::string_view name) {
  for (std::size_t i = 0; i < schema.parameters.size(); ++i)
    if (schema.parameters[i].name == name) return {&schema.parameters[i], i, false};
  for (std::size_t i = 0; i < schema.states.size(); ++i)
    if (schema.states[i].name == name) return {&schema.states[i], i, true};
  return {};
}

static void append_names(std::vector<std::string>& names, const std::string& prefix, const Schema& schema) {
  for (const auto& field : schema.parameters) names.push_back(prefix + std::string(field.name));
  for (const auto& field : schema.states) names.push_back(prefix + std::string(field.name));
}

// Where the values of a name are: a parameter's column, or a column of state.
template <class R>
Variable<R> variable(Network<R>& net, std::size_t p, const std::string& name) {
  auto& population = net.populations.at(p);
  const Schema& schema = schema_of(population);
  if (const Found found = find(schema, name); found.field != nullptr)
    return {&schema, found.field, found.state ? nullptr : &population.parameters[found.index], found.state ? &population.state[found.index] : nullptr};
  for (auto& receptor : population.receptors) {
    const Schema& of_receptor = receptor.part->schema;
    if (!name.starts_with(receptor.name + ".")) continue;
    if (const Found found = find(of_receptor, std::string_view(name).substr(receptor.name.size() + 1)); found.field != nullptr)
      return {&of_receptor, found.field, found.state ? nullptr : &receptor.parameters[found.index], found.state ? &receptor.state[found.index] : nullptr};
  }
  throw UnknownName("the population has no variable '" + name + "'; " + suggestion(name, variables(net, p)));
}

template <class R>
std::vector<std::string> variables(const Network<R>& net, std::size_t p) {
  const auto& population = net.populations.at(p);
  std::vector<std::string> names;
  append_names(names, "", schema_of(population));
  for (const auto& receptor : population.receptors) append_names(names, receptor.name + ".", receptor.part->schema);
  return names;
}

// What a parameter of a source follows, if it does; null where it follows nothing.
template <class R>
static Schedule* schedule_of(const Population<R>& population, const ParameterColumn* parameter) {
  const bool first = population.source && parameter == population.parameters.data();
  return first && !population.source->schedule.steps.empty() ? &population.source->schedule : nullptr;
}

template <class R>
Values get(const Network<R>& net, std::size_t p, const std::string& name) {
  const Variable<R> found = variable(const_cast<Network<R>&>(net), p, name);
  const auto& population = net.populations[p];
  if (found.parameter == nullptr) return values_of(*found.state, population.size);
  const Schedule* const schedule = schedule_of(population, found.parameter);
  if (schedule == nullptr) return expanded(found.parameter->values, population.size);
  const auto values = schedule->in_force(net.now, found.parameter->values);
  return expanded({values.begin(), values.end()}, population.size);
}

template <class R>
void set(Network<R>& net, std::size_t p, const std::string& name, const Ids& ids, const Values& values) {
  auto& population = net.populations.at(p);
  const Variable<R> found = variable(net, p, name);
  const std::size_t count = ids ? ids->size() : population.size;
  const std::string_view part = found.schema->text.name;
  if (values.size() != 1 && values.size() != count)
    throw Error(std::string(part) + "." + name + " was given " + std::to_string(values.size()) + " values for " + std::to_string(count) + " neurons");
  if (ids)
    for (const Neuron i : *ids)
      if (i >= population.size) throw Error("neuron " + std::to_string(i) + " is not among the " + std::to_string(population.size) + " of the population");
  check_values(part, *found.field, values);
  if (found.state != nullptr) {
    for (const double value : values)
      if (!std::isfinite(static_cast<R>(value)))
        throw Error(std::string(part) + "." + name + " = " + to_text(value) + " is beyond the precision of this network");
    for (std::size_t i = 0; i < count; ++i) (*found.state)[ids ? (*ids)[i] : i] = static_cast<R>(values[values.size() == 1 ? 0 : i]);
    if (population.state.empty() || found.state != &population.state[0]) return;
    const std::vector<char> member = membership(net, p, ids);
    for (const auto* walk : walks<R>()) walk->watch_again(net, p, member);
    return;
  }
  set_parameter(net, p, found, ids, values);
}

// A number that is set takes the place of what a schedule says.
template <class R>
static void set_parameter(Network<R>& net, std::size_t p, const Variable<R>& where, const Ids& ids, const Values& values) {
  auto& population = net.populations[p];
  auto& parameter = *where.parameter;
  const auto before = parameter.values;
  Schedule* const scheduled = schedule_of(population, &parameter);
  Schedule schedule;
  if (scheduled != nullptr && ids)
    schedule = without(*scheduled, std::string(where.schema->text.name), std::string(where.field->name), population.size, *ids, values);
  if (scheduled != nullptr) std::swap(*scheduled, schedule);
  if (!ids) {
    parameter.values = values;
  } else {
    parameter.values = expanded(before, population.size);
    for (std::size_t i = 0; i < ids->size(); ++i) parameter.values[(*ids)[i]] = values[values.size() == 1 ? 0 : i];
  }
  try {
    readjust(net, p);
  } catch (...) {
    parameter.values = before;
    if (scheduled != nullptr) std::swap(*scheduled, schedule);
    throw;
  }
}

template <class R>
std::uint64_t spike_count(const Network<R>& net, std::size_t p) {
  std::uint64_t sum = 0;
  for (const auto& state : net.shares) sum += state.spike_count.at(p);
  return sum;
}

PLASTICA_INSTANTIATE(variable);
PLASTICA_INSTANTIATE(variables);
PLASTICA_INSTANTIATE(get);
PLASTICA_INSTANTIATE(set);
PLASTICA_INSTANTIATE(spike_count);

}  // namespace plastica
