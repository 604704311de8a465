// Reading and changing a network between runs.
#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

Values expanded(const std::vector<double>& values, std::size_t size) { return values.size() == 1 ? Values(size, values[0]) : values; }

template <class R>
Values values_of(const Column<R>& column, std::size_t size) {
  return {column.begin(), column.begin() + static_cast<std::ptrdiff_t>(size)};
}

// A part's field by its name, and whether it is a state; npos where it has none of that name.
struct Found {
  const Field* field = nullptr;
  std::size_t index = 0;
  bool state = false;
};
Found find(const Schema& schema, std::string_view name) {
  for (std::size_t i = 0; i < schema.parameters.size(); ++i)
    if (schema.parameters[i].name == name) return {&schema.parameters[i], i, false};
  for (std::size_t i = 0; i < schema.states.size(); ++i)
    if (schema.states[i].name == name) return {&schema.states[i], i, true};
  return {};
}

void append_names(std::vector<std::string>& names, const std::string& prefix, const Schema& schema) {
  for (const auto& field : schema.parameters) names.push_back(prefix + std::string(field.name));
  for (const auto& field : schema.states) names.push_back(prefix + std::string(field.name));
}

}  // namespace

// Where the values of a name are: a parameter's column, or a column of state.
template <class R>
typename Simulation<R>::Variable Simulation<R>::variable(std::size_t p, const std::string& name) {
  auto& population = populations_.at(p);
  std::vector<std::string> names;
  if (population.source == SourceKind::poisson) {
    const Schema& schema = find_schema("PoissonSource");
    if (name == "rate") return {&schema, &schema.parameters[0], &population.rate, nullptr};
    append_names(names, "", schema);
  } else if (population.source == SourceKind::none) {
    const Schema& schema = population.model->schema;
    if (const Found found = find(schema, name); found.field != nullptr)
      return {&schema, found.field, found.state ? nullptr : &population.parameters[found.index], found.state ? &population.state[found.index] : nullptr};
    append_names(names, "", schema);
    for (auto& receptor : population.receptors) {
      const Schema& of_receptor = receptor.part->schema;
      append_names(names, receptor.name + ".", of_receptor);
      if (!name.starts_with(receptor.name + ".")) continue;
      if (const Found found = find(of_receptor, std::string_view(name).substr(receptor.name.size() + 1)); found.field != nullptr)
        return {&of_receptor, found.field, found.state ? nullptr : &receptor.parameters[found.index], found.state ? &receptor.state[found.index] : nullptr};
    }
  }
  throw UnknownName("the population has no variable '" + name + "'; " + suggestion(name, names));
}

template <class R>
std::vector<std::string> Simulation<R>::variables(std::size_t p) const {
  const auto& population = populations_.at(p);
  std::vector<std::string> names;
  if (population.source == SourceKind::poisson) append_names(names, "", find_schema("PoissonSource"));
  if (population.source != SourceKind::none) return names;
  append_names(names, "", population.model->schema);
  for (const auto& receptor : population.receptors) append_names(names, receptor.name + ".", receptor.part->schema);
  return names;
}

template <class R>
Values Simulation<R>::get(std::size_t p, const std::string& name) const {
  const Variable found = const_cast<Simulation&>(*this).variable(p, name);
  const auto& population = populations_[p];
  const std::size_t size = population.size;
  if (found.parameter == &population.rate) {
    const auto rates = population.schedule.in_force(now_, population.rate.values);
    return expanded({rates.begin(), rates.end()}, size);
  }
  return found.parameter != nullptr ? expanded(found.parameter->values, size) : values_of(*found.state, size);
}

template <class R>
void Simulation<R>::set(std::size_t p, const std::string& name, const Ids& ids, const Values& values) {
  auto& population = populations_.at(p);
  const Variable found = variable(p, name);
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
    if (!population.state.empty() && found.state == &population.state[0]) watch_again(p, membership(p, ids));
    return;
  }
  set_parameter(p, *found.parameter, ids, values);
}

// A number that is set takes the place of what a schedule says.
template <class R>
void Simulation<R>::set_parameter(std::size_t p, ParameterColumn& parameter, const Ids& ids, const Values& values) {
  auto& population = populations_[p];
  const auto before = parameter.values;
  const bool scheduled = &parameter == &population.rate && !population.schedule.steps.empty();
  const Schedule schedule = scheduled ? population.schedule : Schedule{};
  if (scheduled) population.schedule = ids ? without(schedule, population.size, *ids, values) : Schedule{};
  if (!ids) {
    parameter.values = values;
  } else {
    parameter.values = expanded(before, population.size);
    for (std::size_t i = 0; i < ids->size(); ++i) parameter.values[(*ids)[i]] = values[values.size() == 1 ? 0 : i];
  }
  try {
    readjust(p);
  } catch (...) {
    parameter.values = before;
    if (scheduled) population.schedule = schedule;
    throw;
  }
}

template <class R>
std::uint64_t Simulation<R>::spike_count(std::size_t p) const {
  std::uint64_t sum = 0;
  for (const auto& state : parts_state_) sum += state.spike_count.at(p);
  return sum;
}

// ---- projections ----------------------------------------------------------------------------------------------------------------

template <class R>
std::vector<std::vector<R>> Simulation<R>::current(std::size_t p, const Probe& probe) const {
  const auto& projection = projections_.at(p);
  std::vector<std::vector<R>> values(projection.shards.size());
  parallel(parts_, [&](int thread) {
    const auto part = static_cast<std::size_t>(thread);
    const auto& shard = projection.shards[part];
    Part scratch;
    values[part].reserve(shard.synapses);
    const InFlight in_flight = rows_in_flight(p, part, now_);
    shard.for_each_row([&](RowPosition at) {
      const PlasticRow<R> row = read_row(p, part, at, now_, in_flight, scratch);
      for (std::uint32_t place = 0; place < row.count; ++place) values[part].push_back(probed(p, part, probe, row, place));
    });
  });
  return values;
}

template <class R>
Values Simulation<R>::weights(std::size_t p) {
  const auto& projection = on_its_own(p);
  Values values;
  values.reserve(projection.synapses());
  if (!projection.learns()) {
    visit(p, [&](const Synapse& s) { values.push_back(projection.shards[s.part].weight(s.row, s.place)); });
    return values;
  }
  const auto now = current(p, Probe{});
  visit(p, [&](const Synapse& s) { values.push_back(now[s.part][s.ordinal]); });
  return values;
}

template <class R>
void Simulation<R>::set_weights(std::size_t p, const Values& values) {
  auto& projection = on_its_own(p);
  if (values.size() != 1 && values.size() != projection.synapses())
    throw Error("there are " + std::to_string(values.size()) + " weights for " + std::to_string(projection.synapses()) + " connections");
  check_weights(projection, values);
  if (projection.learns()) {
    settle(p);
    projection.sign = sign_of(values);
  } else {
    for (std::size_t part = 0; part < projection.shards.size(); ++part) settle_in_flight(p, part);
  }
  const bool shared = std::all_of(projection.shards.begin(), projection.shards.end(), [](const auto& shard) { return !shard.layout.weights; });
  if (shared && values.size() == 1) {
    for (auto& shard : projection.shards) shard.shared = static_cast<R>(values[0]);
    return;
  }
  if (shared) separate_weights(p);
  std::size_t i = 0;
  visit(p, [&](const Synapse& s) {
    const double w = values[values.size() == 1 ? 0 : i++];
    projection.shards[s.part].weights(s.row)[s.place] = static_cast<R>(projection.learns() ? std::abs(w) : w);
  });
  adopt_weights(p);
}

// Variables that follow the weight do so when it is set.
template <class R>
void Simulation<R>::adopt_weights(std::size_t p) {
  auto& projection = projections_[p];
  const auto& set = plastic_[p];
  std::vector<double> own;
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& slot = set.slots[k];
    const auto& rule = projection.rules[k];
    if (rule.part->adopt == nullptr || slot.view < 0) continue;
    const auto variables = static_cast<std::size_t>(slot.traits.variables);
    own.resize(variables + 1);
    for (auto& shard : projection.shards)
      shard.for_each_row([&](RowPosition at) {
        const std::uint32_t count = shard.head(at).count();
        for (std::uint32_t place = 0; place < count; ++place) {
          R* const mine = shard.weights(at) + count * (1 + slot.first) + place;
          for (std::size_t v = 0; v < variables; ++v) own[v] = static_cast<double>(mine[v * count]);
          rule.part->adopt(rule.parameters.data(), static_cast<double>(shard.weight(at, place)), own.data());
          for (std::size_t v = 0; v < variables; ++v) mine[v * count] = static_cast<R>(own[v]);
        }
      });
  }
}

// ---- what rules keep --------------------------------------------------------------------------------------------------------------

template <class R>
std::vector<RuleState> Simulation<R>::rule_states(std::size_t p) const {
  std::vector<RuleState> states;
  const auto& set = plastic_.at(p);
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& traits = set.slots[k].traits;
    for (std::size_t v = 0; v < traits.states.size(); ++v) {
      const bool of_neuron = v >= static_cast<std::size_t>(traits.variables);
      states.push_back({k, std::string(traits.states[v].name), of_neuron ? StateRole::neuron : traits.axon ? StateRole::axon : StateRole::synapse});
    }
  }
  return states;
}

template <class R>
typename Simulation<R>::Probe Simulation<R>::probe_of(std::size_t p, std::size_t state) const {
  const auto& set = plastic_.at(p);
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& slot = set.slots[k];
    if (state >= slot.traits.states.size()) {
      state -= slot.traits.states.size();
      continue;
    }
    const auto variables = static_cast<std::size_t>(slot.traits.variables);
    if (state >= variables) return {Probe::Where::neuron, state - variables, k};
    return {slot.traits.axon ? Probe::Where::row : Probe::Where::variable, slot.first + state, k};
  }
  throw Error("the projection has no such state");
}

template <class R>
Values Simulation<R>::state_get(std::size_t p, std::size_t state) {
  const auto& projection = projections_.at(p);
  const Probe probe = probe_of(p, state);
  Values values;
  if (probe.where == Probe::Where::neuron) {
    for (std::size_t part = 0; part < projection.shards.size(); ++part) {
      const auto& column = plastic_[p].parts[part].neurons[probe.rule][probe.at];
      values.insert(values.end(), column.begin(), column.begin() + populations_[projection.post].owned(part));
    }
    return values;
  }
  const auto now = current(p, probe);
  values.reserve(projection.synapses());
  visit(p, [&](const Synapse& s) { values.push_back(now[s.part][s.ordinal]); });
  return values;
}

template <class R>
void Simulation<R>::state_set(std::size_t p, std::size_t state, const Values& values) {
  auto& projection = projections_.at(p);
  auto& set = plastic_.at(p);
  const Probe probe = probe_of(p, state);
  const RuleState named = rule_states(p).at(state);
  const auto& rule = projection.rules[probe.rule];
  const auto& part_operations = *rule.part;
  const auto& slot = set.slots[probe.rule];
  const Field* field = nullptr;
  for (const Field& each : slot.traits.states)
    if (each.name == named.name) field = &each;
  const std::string what = std::string(part_operations.schema.text.name) + "." + named.name;
  const std::uint64_t count = probe.where == Probe::Where::neuron ? populations_[projection.post].size : projection.synapses();
  if (values.size() != 1 && values.size() != count)
    throw Error(what + " was given " + std::to_string(values.size()) + " values for " + std::to_string(count) +
                (probe.where == Probe::Where::neuron ? " neurons" : " connections"));
  check_values(part_operations.schema.text.name, *field, values);
  for (const double value : values)
    if (!std::isfinite(static_cast<R>(value))) throw Error(what + " = " + to_text(value) + " is beyond the precision of this network");
  const auto value_of = [&](std::size_t i) { return values[values.size() == 1 ? 0 : i]; };
  if (probe.where == Probe::Where::row && values.size() > 1) {
    std::size_t i = 0;
    std::map<std::pair<std::size_t, RowPosition>, double> seen;
    visit(p, [&](const Synapse& s) {
      const double value = value_of(i++);
      if (seen.try_emplace({s.part, s.row}, value).first->second != value)
        throw Error(what + " is one value for all synapses of an axon; give those of source " + std::to_string(s.source) +
                    " the same, or make the rule with per='synapse'");
    });
  }
  settle(p);
  if (probe.where == Probe::Where::neuron) {
    for (std::size_t part = 0; part < projection.shards.size(); ++part) {
      const Neuron first = populations_[projection.post].first(part);
      for (Neuron i = 0; i < populations_[projection.post].owned(part); ++i) {
        set.parts[part].neurons[probe.rule][probe.at][i] = value_of(first + i);
        set.parts[part].narrow[probe.rule][probe.at][i] = static_cast<R>(value_of(first + i));
      }
    }
    return;
  }
  std::vector<double> own(static_cast<std::size_t>(slot.traits.variables) + 1);
  std::size_t i = 0;
  visit(p, [&](const Synapse& s) {
    auto& shard = projection.shards[s.part];
    const R value = static_cast<R>(value_of(i++));
    if (probe.where == Probe::Where::row) {
      shard.traces(s.row)[probe.at] = value;
      return;
    }
    R* const weights = shard.weights(s.row);
    const std::uint32_t synapses = shard.head(s.row).count();
    R* const variables = weights + synapses + s.place;  // each so many words after the one before
    variables[probe.at * synapses] = value;
    if (part_operations.express == nullptr) return;
    for (std::size_t v = 0; v + 1 < own.size(); ++v) own[v] = static_cast<double>(variables[(slot.first + v) * synapses]);
    weights[s.place] = static_cast<R>(part_operations.express(rule.parameters.data(), static_cast<double>(weights[s.place]), own.data()));
  });
}

template <class R>
std::vector<Neuron> Simulation<R>::sources(std::size_t p) {
  on_its_own(p);
  std::vector<Neuron> ids;
  ids.reserve(synapses(p));
  visit(p, [&](const Synapse& s) { ids.push_back(s.source); });
  return ids;
}

template <class R>
std::vector<Neuron> Simulation<R>::targets(std::size_t p) {
  on_its_own(p);
  std::vector<Neuron> ids;
  ids.reserve(synapses(p));
  visit(p, [&](const Synapse& s) { ids.push_back(s.target); });
  return ids;
}

template <class R>
Values Simulation<R>::delays(std::size_t p) {
  on_its_own(p);
  Values values;
  values.reserve(synapses(p));
  visit(p, [&](const Synapse& s) { values.push_back(static_cast<double>(s.delay) * dt_); });
  return values;
}

template <class R>
void Simulation<R>::set_plastic(std::size_t p, bool on) {
  auto& projection = projections_.at(p);
  if (!projection.learns()) {
    if (on) throw Error("this projection has no rule that changes weights; give one to connect(plasticity=...)");
    return;
  }
  projection.plastic = on;
}

template <class R>
double Simulation<R>::rule_get(std::size_t p, std::size_t k, const std::string& name) const {
  const auto& rule = projections_.at(p).rules.at(k);
  const auto& schema = rule.part->schema;
  const auto index = static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data());
  const Adjusted* const adjusted = adjusted_rule(p, k, index);
  return adjusted == nullptr ? rule.parameters[index] : adjusted->base[0];
}

template <class R>
void Simulation<R>::check_rule_set(std::size_t p, std::size_t k, const std::map<std::string, double>& values) const {
  const auto& rule = projections_.at(p).rules.at(k);
  const auto& part = *rule.part;
  auto changed = rule.parameters;
  std::string names;
  for (const auto& [name, value] : values) {
    const Field& field = find_field(part.schema, name);
    check_value(part.schema.text.name, field, value);
    changed[static_cast<std::size_t>(&field - part.schema.parameters.data())] = value;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (!can_change(p, k, changed))
    throw Error(std::string(part.schema.text.name) + "." + names + (values.size() > 1 ? " are" : " is") +
                " fixed when the projection is made; make a new projection with another value");
}

template <class R>
void Simulation<R>::rule_set(std::size_t p, std::size_t k, const std::string& name, double value) {
  const auto& rule = projections_.at(p).rules.at(k);
  const auto& part = *rule.part;
  const Field& field = find_field(part.schema, name);
  check_value(part.schema.text.name, field, value);
  const auto index = static_cast<std::size_t>(&field - part.schema.parameters.data());
  auto changed = rule.parameters;
  changed[index] = value;
  if (!can_change(p, k, changed))
    throw Error(std::string(part.schema.text.name) + "." + name + " is fixed when the projection is made; make a new projection with another value");
  auto* const adjusted = const_cast<Adjusted*>(adjusted_rule(p, k, index));
  if (adjusted == nullptr) return change_rule(p, k, std::move(changed));
  const double before = std::exchange(adjusted->base[0], value);
  try {
    put_in_projection(*adjusted);
  } catch (...) {
    adjusted->base[0] = before;
    throw;
  }
}

// Time constants, bounds and pairings decide what is stored; what can change while a network lives is how fast it learns.
template <class R>
bool Simulation<R>::can_change(std::size_t p, std::size_t k, const std::vector<double>& parameters) const {
  const auto& rule = projections_.at(p).rules.at(k);
  const auto& part = *rule.part;
  check_rule(part, parameters);
  const double *const now = rule.parameters.data(), *const then = parameters.data();
  return part.needs(then, rule.samples, dt_) == part.needs(now, rule.samples, dt_) && part.variant(then) == part.variant(now);
}

template <class R>
void Simulation<R>::change_rule(std::size_t p, std::size_t k, std::vector<double> parameters) {
  auto& projection = projections_[p];
  if (projection.stateful()) settle(p);
  projection.rules[k].parameters = std::move(parameters);
  derive_rules(p);
  announce_again(p);
}

template <class R>
std::size_t Simulation<R>::bytes(std::size_t p) const {
  const auto& projection = projections_.at(p);
  std::size_t sum = 0;
  for (const auto& shard : projection.shards) sum += shard.bytes(populations_[projection.pre].size);
  return sum;
}

// ---- drives ---------------------------------------------------------------------------------------------------------------------

template <class R>
const Schema& Simulation<R>::schema_of(const Drive& drive) const {
  constexpr std::array<std::string_view, 4> names{"PoissonInput", "ConstantCurrent", "SineCurrent", "OUCurrent"};
  return find_schema(names[static_cast<std::size_t>(drive.kind)]);
}

template <class R>
Values Simulation<R>::drive_get(std::size_t d, const std::string& name) const {
  const auto& drive = drives_.at(d);
  const Schema& schema = schema_of(drive);
  const auto i = static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data());
  if (i > 0) return drive.parameters[i].values;
  const auto first = drive.schedule.in_force(now_, drive.parameters[0].values);
  return {first.begin(), first.end()};
}

template <class R>
void Simulation<R>::drive_set(std::size_t d, const std::string& name, const Values& values) {
  auto& drive = drives_.at(d);
  const Schema& schema = schema_of(drive);
  const Field& field = find_field(schema, name);
  const auto i = static_cast<std::size_t>(&field - schema.parameters.data());
  const std::size_t size = populations_[drive.population].size;
  if (values.size() != 1 && values.size() != size)
    throw Error(std::string(schema.text.name) + "." + name + " has " + std::to_string(values.size()) + " values for " + std::to_string(size) + " neurons");
  check_values(schema.text.name, field, values);
  Drive changed = drive;
  changed.parameters[i].values = values;
  if (i == 0) changed.schedule = {};
  derive_drive(changed);
  drive = std::move(changed);
}

template <class R>
void Simulation<R>::set_drive_schedule(std::size_t d, const std::string& name, std::vector<Step> steps, Values values) {
  auto& drive = drives_.at(d);
  const Schema& schema = schema_of(drive);
  const Field& field = find_field(schema, name);
  if ((drive.kind != DriveKind::poisson && drive.kind != DriveKind::constant) || &field != schema.parameters.data())
    throw Error(std::string(schema.text.name) + "." + name + " cannot follow a schedule; PoissonInput.rate and ConstantCurrent.amplitude can");
  check_schedule(std::string(schema.text.name) + "." + name, steps, values, populations_[drive.population].size);
  check_values(schema.text.name, field, values);
  Drive changed = drive;
  const std::size_t width = values.size() / steps.size();
  changed.schedule = {std::move(steps), std::move(values), width};
  changed.parameters[0].values = {0.0};  // before the first row
  derive_drive(changed);
  drive = std::move(changed);
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
