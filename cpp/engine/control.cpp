// What happens between steps: the agenda, and controllers.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/simulation.hpp"

namespace plastica {

// ---- the agenda ------------------------------------------------------------------------------------------------------------------

// The first step, not before `from`, at which it happens.
template <class R>
Step Simulation<R>::next_of(const Due& due, Step from) const {
  const Step earliest = std::max(from, due.done + 1);
  const auto multiple = [](Step step, Step interval) { return (step + interval - 1) / interval * interval; };
  switch (due.kind) {
    case Due::Kind::sample:
      return multiple(earliest, recorders_[due.index]->interval);
    case Due::Kind::controller: {
      const auto& controller = controllers_[due.index];
      return multiple(std::max(earliest, controller.made + 1), controller.interval);
    }
  }
  return not_due;
}

template <class R>
Step Simulation<R>::next_due(Step from) const {
  Step next = not_due;
  for (const Due& due : agenda_) next = std::min(next, next_of(due, from));
  return next;
}

template <class R>
void Simulation<R>::perform_due() {
  const FlushDenormals flush;
  for (const bool looking : {true, false})
    for (Due& due : agenda_) {
      if ((due.kind == Due::Kind::sample) != looking || next_of(due, now_) != now_) continue;
      due.done = now_;
      switch (due.kind) {
        case Due::Kind::sample:
          sample_controller(*recorders_[due.index], now_);
          break;
        case Due::Kind::controller:
          tick_controller(controllers_[due.index], now_);
          break;
      }
    }
}

// ---- controllers -----------------------------------------------------------------------------------------------------------------

template <class R>
std::size_t Simulation<R>::add_controller(const std::string& name, Owner owner, std::size_t target, const Ids& ids, const std::string& acts_on,
                                          const PartSpec& spec) {
  Controller controller{.name = name, .part = find_part(plastica::controllers(), spec.part, "controller"), .population = target};
  const auto& operations = plastica::controllers()[controller.part];
  const std::size_t size = populations_.at(target).size;
  controller.member = membership(target, ids);
  controller.parameters = resolve(operations.schema, spec.parameters, size);
  check_controller(controller);
  std::vector<double> row;
  for (const auto& column : controller.parameters) row.push_back(column[0]);
  controller.sensor = operations.sensor(row.data());
  const double interval = row[static_cast<std::size_t>(&find_field(operations.schema, "interval") - operations.schema.parameters.data())];
  controller.interval = std::max<Step>(1, static_cast<Step>(interval / dt_ + 0.5));
  controller.made = controller.last = now_;
  controller.state.assign(operations.schema.states.size(), Column<double>(size));
  std::vector<double> own(controller.state.size());
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t c = 0; c < row.size(); ++c) row[c] = controller.parameters[c][i];
    operations.initial(row.data(), own.data());
    for (std::size_t s = 0; s < own.size(); ++s) controller.state[s][i] = own[s];
  }
  controller.pending.assign(size, 0.0);
  controller.adjusted = adjusted_parameter(owner, target, acts_on);
  auto& contributions = adjusted_[controller.adjusted].contributions;
  controller.contribution = contributions.size();
  const bool multiply = operations.act(row.data()) == Act::multiply;
  contributions.push_back({name, multiply, true, std::vector<double>(size, multiply ? 1.0 : 0.0)});
  try {
    contribute(controller, 0, std::nullopt);
    put_in_force(controller.adjusted);
  } catch (...) {
    contributions.pop_back();
    throw;
  }
  controllers_.push_back(std::move(controller));
  agenda_.push_back({Due::Kind::controller, controllers_.size() - 1});
  return controllers_.size() - 1;
}

// Time constants, intervals and choices are the same for all neurons.
template <class R>
void Simulation<R>::check_controller(const Controller& controller) const {
  const auto& operations = plastica::controllers()[controller.part];
  const std::string part(operations.schema.text.name);
  std::vector<double> row(controller.parameters.size());
  for (std::size_t c = 0; c < row.size(); ++c) {
    const Field& field = operations.schema.parameters[c];
    const bool shared = !field.choices.empty() || field.name == "interval" || field.name == "tau";
    if (shared && !controller.parameters[c].uniform()) throw Error(part + "." + std::string(field.name) + " is one value for all neurons");
  }
  std::size_t count = 1;
  for (const auto& column : controller.parameters) count = std::max(count, column.values.size());
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < row.size(); ++c) row[c] = controller.parameters[c][i];
    if (const auto conflict = operations.conflict(row.data()); !conflict.empty())
      throw Error(part + ": " + std::string(conflict) + (count > 1 ? " (neuron " + std::to_string(i) + ")" : ""));
  }
}

// A spike counts as what will be left of it at the next update.
template <class R>
void Simulation<R>::sense(Controller& controller, const std::vector<Neuron>& neurons, Step stamp) const {
  const Step update = (stamp + controller.interval - 1) / controller.interval * controller.interval;
  const double left = math::exp(-static_cast<double>(update - stamp) * dt_ / controller.sensor.tau);
  for (const Neuron i : neurons) controller.pending[i] += left;
}

template <class R>
void Simulation<R>::tick_controller(Controller& controller, Step k) {
  const std::optional<double> common = gather_sensors(controller, k);
  const double seconds = static_cast<double>(k - controller.last) * dt_ * 1e-3;
  controller.last = k;
  if (!controller.active) return;
  contribute(controller, seconds, common);
  put_in_force(controller.adjusted);
}

// The sensors at this step, which contain its spikes; their mean, where neurons go by that.
template <class R>
std::optional<double> Simulation<R>::gather_sensors(Controller& controller, Step k) const {
  const auto& population = populations_[controller.population];
  const double keep = math::exp(-static_cast<double>(k - controller.last) * dt_ / controller.sensor.tau);
  auto& trace = controller.state[0];
  for (Neuron i = 0; i < population.size; ++i) {
    trace[i] = trace[i] * keep + controller.pending[i] * controller.sensor.amount;
    controller.pending[i] = 0;
  }
  std::vector<double> row;
  for (const auto& column : controller.parameters) row.push_back(column[0]);
  if (!plastica::controllers()[controller.part].of_population(row.data())) return std::nullopt;
  double sum = 0, count = 0;
  for (Neuron i = 0; i < population.size; ++i) {
    if (!controller.member.empty() && !controller.member[i]) continue;
    sum += trace[i];
    ++count;
  }
  return sum / count;
}

// What follows from the controller's variables, after an interval of so many seconds.
template <class R>
void Simulation<R>::contribute(Controller& controller, double seconds, std::optional<double> common) {
  const auto& operations = plastica::controllers()[controller.part];
  const auto& population = populations_[controller.population];
  auto& contribution = adjusted_[controller.adjusted].contributions[controller.contribution];
  for_parts(population, [&](std::size_t part) {
    const Neuron first = population.first(part);
    std::vector<const double*> parameters;
    std::vector<std::size_t> varies;
    std::vector<double*> state;
    for (const auto& column : controller.parameters) {
      parameters.push_back(column.values.data() + (column.uniform() ? 0 : first));
      varies.push_back(column.uniform() ? 0 : ~std::size_t{0});
    }
    for (auto& column : controller.state) state.push_back(column.data() + first);
    operations.tick({parameters.data(), varies.data(), state.data(), common ? nullptr : state[0], common.value_or(0.0), population.owned(part), seconds,
                     contribution.values.data() + first});
    if (controller.member.empty()) return;
    for (Neuron i = first; i < first + population.owned(part); ++i)
      if (!controller.member[i]) contribution.values[i] = contribution.multiply ? 1.0 : 0.0;
  });
}

// ---- reading and setting -----------------------------------------------------------------------------------------------------------

template <class R>
Values Simulation<R>::controller_get(std::size_t c, const std::string& name) const {
  const auto& controller = controllers_.at(c);
  const Schema& schema = plastica::controllers()[controller.part].schema;
  for (std::size_t s = 0; s < schema.states.size(); ++s)
    if (schema.states[s].name == name) return {controller.state[s].begin(), controller.state[s].end()};
  return controller.parameters[static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data())].values;
}

template <class R>
void Simulation<R>::controller_set(std::size_t c, const std::string& name, const Values& values) {
  auto& controller = controllers_.at(c);
  const auto& operations = plastica::controllers()[controller.part];
  const Schema& schema = operations.schema;
  const std::string what = std::string(schema.text.name) + "." + name;
  const std::size_t size = populations_[controller.population].size;
  if (values.size() != 1 && values.size() != size)
    throw Error(what + " has " + std::to_string(values.size()) + " values for " + std::to_string(size) + " neurons");
  Controller changed = controller;
  const auto state = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& field) { return field.name == name; });
  if (state != schema.states.end()) {
    check_values(schema.text.name, *state, values);
    auto& column = changed.state[static_cast<std::size_t>(state - schema.states.begin())];
    for (std::size_t i = 0; i < size; ++i) column[i] = values[values.size() == 1 ? 0 : i];
  } else {
    const Field& field = find_field(schema, name);
    check_values(schema.text.name, field, values);
    if (!field.choices.empty() || field.name == "interval" || field.name == "tau") throw Error(what + " is fixed when the controller is made");
    changed.parameters[static_cast<std::size_t>(&field - schema.parameters.data())].values = values;
    check_controller(changed);
  }
  std::swap(controller, changed);
  if (state == schema.states.end()) return;
  try {
    contribute(controller, 0, std::nullopt);
    put_in_force(controller.adjusted);
  } catch (...) {
    std::swap(controller, changed);
    contribute(controller, 0, std::nullopt);
    throw;
  }
}

template <class R>
std::size_t Simulation<R>::record_controller(std::size_t c, const std::string& name, const Ids& ids, Step interval) {
  const auto& controller = controllers_.at(c);
  const Schema& schema = plastica::controllers()[controller.part].schema;
  const auto state = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& field) { return field.name == name; });
  if (state == schema.states.end()) throw Error(std::string(schema.text.name) + " has no state '" + name + "'");
  std::vector<Neuron> wanted(populations_[controller.population].size);
  std::iota(wanted.begin(), wanted.end(), 0u);
  if (ids) wanted = *ids;
  auto& recorder = add_recorder(RecorderKind::controller, c, interval);
  recorder.state = static_cast<std::size_t>(state - schema.states.begin());
  recorder.width = wanted.size();
  recorder.owned[0] = wanted;
  recorder.columns[0].resize(wanted.size());
  std::iota(recorder.columns[0].begin(), recorder.columns[0].end(), std::size_t{0});
  agenda_.push_back({Due::Kind::sample, recorders_.size() - 1});
  return recorders_.size() - 1;
}

template <class R>
void Simulation<R>::sample_controller(Recorder& recorder, Step k) const {
  const auto& state = controllers_[recorder.target].state[recorder.state];
  recorder.steps[0].push_back(k);
  for (const Neuron i : recorder.owned[0]) recorder.values[0].push_back(static_cast<R>(state[i]));
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
