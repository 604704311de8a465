// Controllers: what they sense, and what they do at their control steps.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/simulation.hpp"

namespace plastica {
namespace {

const ControllerOperations& operations_of(const std::shared_ptr<const ControllerPart>& part) { return *part; }

std::vector<double> values_at(const std::vector<ParameterColumn>& columns, std::size_t i) {
  std::vector<double> row;
  for (const auto& column : columns) row.push_back(column[i]);
  return row;
}

}  // namespace

// What decides how a controller is built, and so is one value and stays.
template <class R>
bool Simulation<R>::fixed_in_controller(const Field& field) {
  return !field.choices.empty() || field.unit == unit::modulator || field.fixed;
}

// ---- making ----------------------------------------------------------------------------------------------------------------------

template <class R>
std::size_t Simulation<R>::add_controller(const std::string& name, Owner owner, std::size_t target, const Ids& ids, const std::string& acts_on,
                                          const PartSpec& spec) {
  Controller controller{.name = name, .part = catalogue_.controller(spec.part), .owner = owner, .target = target};
  const auto& operations = operations_of(controller.part);
  controller.population = owner == Owner::population ? target : owner == Owner::projection ? projections_.at(target).post : no_population;
  const bool per_neuron = owner == Owner::population || operations.senses == Senses::spikes;
  if (per_neuron && controller.population == no_population) throw Error(spec.part + " goes by the spikes of neurons: it acts on a population or a projection");
  controller.size = per_neuron ? populations_.at(controller.population).size : 1;
  if (owner == Owner::population) controller.member = membership(target, ids);
  controller.parameters = resolve(operations.schema, spec.parameters, controller.size);
  check_controller(controller, controller.parameters);
  const auto row = values_at(controller.parameters, 0);
  const double interval = row[static_cast<std::size_t>(&find_field(operations.schema, "interval") - operations.schema.parameters.data())];
  controller.interval = std::max<Step>(1, steps_in(interval, dt_));
  controller.made = controller.last = now_;
  if (operations.senses == Senses::spikes) {
    controller.sensor = operations.sensor(row.data());
    controller.pending.assign(controller.size, 0.0);
    controller.sensed.resize(static_cast<std::size_t>(parts_));
  }
  if (operations.senses == Senses::weights)
    begin_normalising(controller);
  else
    begin_acting(controller, acts_on);
  controllers_.push_back(std::move(controller));
  agenda_.push_back({Due::Kind::controller, controllers_.size() - 1});
  return controllers_.size() - 1;
}

template <class R>
void Simulation<R>::check_controller(const Controller& controller, const std::vector<ParameterColumn>& parameters) const {
  const auto& operations = operations_of(controller.part);
  for (std::size_t c = 0; c < parameters.size(); ++c) check_magnitudes(operations.schema.text.name, operations.schema.parameters[c], parameters[c].values);
  const std::string part(operations.schema.text.name);
  std::size_t count = 1;
  for (std::size_t c = 0; c < parameters.size(); ++c) {
    const Field& field = operations.schema.parameters[c];
    if (fixed_in_controller(field) && !parameters[c].uniform()) throw Error(part + "." + std::string(field.name) + " is one value for all neurons");
    if (field.unit == unit::modulator && !(parameters[c][0] >= 0 && parameters[c][0] < static_cast<double>(modulators_.size())))
      throw Error(part + ": there is no such modulator; make it with net.modulator(...)");
    count = std::max(count, parameters[c].values.size());
  }
  for (std::size_t i = 0; i < count; ++i)
    if (const auto conflict = operations.conflict(values_at(parameters, i).data()); !conflict.empty())
      throw Error(part + ": " + std::string(conflict) + (count > 1 ? " (neuron " + std::to_string(i) + ")" : ""));
}

// A controller with variables, which follow the parameters; what it acts on feels it from now on.
template <class R>
void Simulation<R>::begin_acting(Controller& controller, const std::string& acts_on) {
  const auto& operations = operations_of(controller.part);
  controller.state.assign(operations.schema.states.size(), Column<double>(controller.size));
  std::vector<double> own(controller.state.size());
  for (std::size_t i = 0; i < controller.size; ++i) {
    operations.initial(values_at(controller.parameters, i).data(), own.data());
    for (std::size_t s = 0; s < own.size(); ++s) controller.state[s][i] = own[s];
  }
  const Act act = operations.act(values_at(controller.parameters, 0).data());
  const double neutral = act == Act::add ? 0.0 : 1.0;
  controller.effect.assign(controller.size, neutral);
  if (act == Act::set) {
    if (controller.owner != Owner::projection) throw Error(std::string(operations.schema.text.name) + " acts on a projection");
    controller.rule_state = factor_of_depression(controller);
    return apply(controller);
  }
  controller.adjusted = adjusted_parameter(controller.owner, controller.target, acts_on);
  controller.contribution = add_contribution(controller.adjusted, controller.name, act == Act::multiply, true, controller.effect);
  try {
    operations.senses == Senses::level ? move(controller, 0) : apply(controller);
  } catch (...) {
    adjusted_[controller.adjusted].contributions.pop_back();
    throw;
  }
}

// The rule of the projection that keeps a factor of depression for each target neuron, and which of its neurons' columns that is.
template <class R>
typename Simulation<R>::Probe Simulation<R>::factor_of_depression(const Controller& controller) const {
  const auto states = rule_states(controller.target);
  for (std::size_t s = 0; s < states.size(); ++s)
    if (states[s].role == StateRole::neuron && states[s].name == "ltd_factor") return probe_of(controller.target, s);
  throw Error(std::string(operations_of(controller.part).schema.text.name) +
              " acts on a projection whose rule has a factor of depression for each neuron, such as TripletSTDP(threshold=\"per neuron\")");
}

// ---- control steps ---------------------------------------------------------------------------------------------------------------

// A spike counts as what will be left of it at the next control step. Neurons that spike now are anywhere in a column that has left the cache:
// their spikes are written down one after the other, and added up when there are many.
template <class R>
void Simulation<R>::sense(Controller& controller, std::size_t part, const std::vector<Neuron>& neurons, Step stamp) const {
  constexpr std::size_t many = 4096;
  if (neurons.empty()) return;
  const Step update = (stamp + controller.interval - 1) / controller.interval * controller.interval;
  const double left = math::exp(-static_cast<double>(update - stamp) * dt_ / controller.sensor.tau);
  auto& spikes = controller.sensed[part].spikes;
  for (const Neuron i : neurons) spikes.push_back({i, left});
  if (spikes.size() >= many) count_sensed(controller, part);
}

template <class R>
void Simulation<R>::count_sensed(Controller& controller, std::size_t part) {
  for (const auto& [neuron, left] : controller.sensed[part].spikes) controller.pending[neuron] += left;
  controller.sensed[part].spikes.clear();
}

template <class R>
void Simulation<R>::tick_controller(Controller& controller, Step k) {
  controller.owed = false;
  controller.acted = k != controller.resumed;
  if (operations_of(controller.part).senses == Senses::weights) return normalise(controller);
  if (operations_of(controller.part).senses == Senses::spikes) gather_sensors(controller, k);
  const double seconds = static_cast<double>(k - controller.last) * dt_ * 1e-3;
  controller.last = k;
  move(controller, seconds);
}

// The sensors at this step, which contain its spikes.
template <class R>
void Simulation<R>::gather_sensors(Controller& controller, Step k) const {
  const double keep = math::exp(-static_cast<double>(k - controller.last) * dt_ / controller.sensor.tau);
  for (std::size_t part = 0; part < controller.sensed.size(); ++part) count_sensed(controller, part);
  double* const trace = controller.state[0].data();
  double* const pending = controller.pending.data();
  for (std::size_t i = 0; i < controller.size; ++i) {
    trace[i] = trace[i] * keep + pending[i] * controller.sensor.amount;
    pending[i] = 0;
  }
}

// What all neurons go by: the level of a modulator, or the mean of their sensors; nothing where each goes by its own.
template <class R>
std::optional<double> Simulation<R>::sensed(const Controller& controller) const {
  const auto& operations = operations_of(controller.part);
  const auto row = values_at(controller.in_force(), 0);
  if (operations.senses == Senses::level) {
    const auto field =
        std::find_if(operations.schema.parameters.begin(), operations.schema.parameters.end(), [](const Field& each) { return each.unit == unit::modulator; });
    return modulator_level(static_cast<std::size_t>(row[static_cast<std::size_t>(field - operations.schema.parameters.begin())]));
  }
  if (!operations.of_population(row.data())) return std::nullopt;
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < controller.size; ++i) {
    if (!controller.member.empty() && !controller.member[i]) continue;
    sum += controller.state[0][i];
    ++count;
  }
  return sum / count;
}

// The variables over so many seconds, and what follows from them.
template <class R>
void Simulation<R>::move(Controller& controller, double seconds) {
  const std::optional<double> common = sensed(controller);
  for_each_block(controller, [&](ControllerBlock block) {
    block.sensed = common ? nullptr : block.state[0];
    block.common = common.value_or(0.0);
    block.seconds = seconds;
    block.moves = true;
    operations_of(controller.part).tick(block);
  });
  put_effect(controller);
}

// What follows from the variables as they are.
template <class R>
void Simulation<R>::apply(Controller& controller) {
  for_each_block(controller, [&](const ControllerBlock& block) { operations_of(controller.part).tick(block); });
  put_effect(controller);
}

// Calls f(block) for the neurons of each part.
template <class R>
template <class F>
void Simulation<R>::for_each_block(Controller& controller, F&& f) {
  const auto& operations = operations_of(controller.part);
  const double neutral = operations.act(values_at(controller.in_force(), 0).data()) == Act::add ? 0.0 : 1.0;
  const auto some = [&](std::size_t first, std::size_t count) {
    std::vector<const double*> parameters;
    std::vector<std::size_t> varies;
    std::vector<double*> state;
    for (const auto& column : controller.in_force()) {
      parameters.push_back(column.values.data() + (column.uniform() ? 0 : first));
      varies.push_back(column.uniform() ? 0 : ~std::size_t{0});
    }
    for (auto& column : controller.state) state.push_back(column.data() + first);
    f(ControllerBlock{parameters.data(), varies.data(), state.data(), nullptr, 0, count, 0, false, controller.effect.data() + first});
    for (std::size_t i = first; i < first + count && !controller.member.empty(); ++i)
      if (!controller.member[i]) controller.effect[i] = neutral;
  };
  if (controller.population == no_population || controller.size == 1) return some(0, 1);
  const auto& population = populations_[controller.population];
  for_parts(population, [&](std::size_t part) { some(population.first(part), population.owned(part)); });
}

template <class R>
void Simulation<R>::put_effect(Controller& controller) {
  if (controller.rule_state) return set_rule_state(controller);
  contribution_of(controller.adjusted, controller.contribution).values = controller.effect;
  put_in_force(controller.adjusted);
}

template <class R>
void Simulation<R>::set_rule_state(const Controller& controller) {
  const auto& population = populations_[controller.population];
  const Probe& probe = *controller.rule_state;
  for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
    auto& mine = plastic_[controller.target].parts[part];
    for (Neuron i = 0; i < population.owned(part); ++i) {
      const double value = controller.effect[population.first(part) + i];
      mine.neurons[probe.rule][probe.at][i] = value;
      mine.narrow[probe.rule][probe.at][i] = static_cast<R>(value);
    }
  }
}

// ---- weights ---------------------------------------------------------------------------------------------------------------------

// Its weights are its own from now on: they neither share one value nor lie in a bundle.
template <class R>
void Simulation<R>::begin_normalising(Controller& controller) {
  if (controller.owner != Owner::projection) throw Error(std::string(operations_of(controller.part).schema.text.name) + " acts on a projection");
  auto& projection = on_its_own(controller.target);
  projection.alone = true;
  const bool shared = std::all_of(projection.shards.begin(), projection.shards.end(), [](const auto& shard) { return !shard.layout.weights; });
  if (shared) {
    for (std::size_t part = 0; part < projection.shards.size(); ++part) settle_in_flight(controller.target, part);
    separate_weights(controller.target);
  }
  if (projection.learns()) settle(controller.target);
  controller.at_start = sums_of_weights(controller).sum;
}

// Of each target, in the order of its rows, which is the same on any number of threads; of each source as whole numbers of a unit so small
// that it does not matter, since their sum does not depend on the order.
template <class R>
typename Simulation<R>::WeightSums Simulation<R>::sums_of_weights(const Controller& controller) const {
  const auto& operations = operations_of(controller.part);
  const auto& projection = projections_[controller.target];
  const auto row = values_at(controller.in_force(), 0);
  const bool of_source = operations.of_source(row.data());
  const std::size_t size = populations_[of_source ? projection.pre : projection.post].size;
  const auto for_each = [&](auto&& f) {
    for (std::size_t part = 0; part < projection.shards.size(); ++part) {
      const auto& shard = projection.shards[part];
      const Neuron first = populations_[projection.post].first(part);
      for (Neuron source = 0; source < shard.sources(); ++source)
        for (RowPosition at = shard.first[source]; at < shard.rows_end(source); at = shard.next(at))
          for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
            f(of_source ? source : first + shard.target(at, place), operations.term(row.data(), std::abs(static_cast<double>(shard.weight(at, place)))));
    }
  };
  WeightSums sums{std::vector<double>(size, 0.0), std::vector<double>(size, 0.0)};
  if (!of_source) {
    for_each([&](Neuron neuron, double term) {
      sums.sum[neuron] += term;
      ++sums.count[neuron];
    });
    return sums;
  }
  double largest = 0;
  for_each([&](Neuron /*neuron*/, double term) { largest = std::max(largest, term); });
  if (largest == 0) return sums;
  const double unit = std::ldexp(1.0, std::ilogb(largest) - 43);
  std::vector<std::int64_t> exact(size, 0);
  for_each([&](Neuron neuron, double term) {
    exact[neuron] += static_cast<std::int64_t>(term / unit + 0.5);
    ++sums.count[neuron];
  });
  for (std::size_t i = 0; i < size; ++i) sums.sum[i] = static_cast<double>(exact[i]) * unit;
  return sums;
}

template <class R>
void Simulation<R>::normalise(Controller& controller) {
  const auto& operations = operations_of(controller.part);
  auto& projection = projections_[controller.target];
  const auto row = values_at(controller.in_force(), 0);
  const bool of_source = operations.of_source(row.data());
  if (projection.learns()) settle(controller.target);
  for (std::size_t part = 0; part < projection.shards.size() && !projection.learns(); ++part) settle_in_flight(controller.target, part);
  const WeightSums sums = sums_of_weights(controller);
  std::vector<WeightChange> change;
  for (std::size_t i = 0; i < sums.sum.size(); ++i) change.push_back(operations.change(row.data(), sums.sum[i], controller.at_start[i], sums.count[i]));
  const double bound = projection.learns() ? plastic_[controller.target].w_max : infinity;
  for_parts(populations_[projection.post], [&](std::size_t part) {
    auto& shard = projection.shards[part];
    const Neuron first = populations_[projection.post].first(part);
    for (Neuron source = 0; source < shard.sources(); ++source)
      for (RowPosition at = shard.first[source]; at < shard.rows_end(source); at = shard.next(at)) {
        R* const weights = shard.weights(at);
        for (std::uint32_t place = 0; place < shard.head(at).count(); ++place) {
          const auto& of_neuron = change[of_source ? source : first + shard.target(at, place)];
          const double magnitude = std::abs(static_cast<double>(weights[place])) * of_neuron.factor + of_neuron.addend;
          weights[place] = std::copysign(static_cast<R>(std::clamp(magnitude, 0.0, bound)), weights[place]);
        }
      }
  });
  if (projection.stateful()) adopt_weights(controller.target);
}

// ---- reading and setting ---------------------------------------------------------------------------------------------------------

template <class R>
Values Simulation<R>::controller_get(std::size_t c, const std::string& name) const {
  const auto& controller = controllers_.at(c);
  const Schema& schema = operations_of(controller.part).schema;
  for (std::size_t s = 0; s < schema.states.size(); ++s)
    if (schema.states[s].name == name) return {controller.state[s].begin(), controller.state[s].end()};
  return controller.parameters[static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data())].values;
}

template <class R>
void Simulation<R>::controller_set(std::size_t c, const std::string& name, const Values& values) {
  auto& controller = controllers_.at(c);
  const Schema& schema = operations_of(controller.part).schema;
  const std::string what = std::string(schema.text.name) + "." + name;
  if (values.size() != 1 && values.size() != controller.size)
    throw Error(what + " has " + std::to_string(values.size()) + " values for " + std::to_string(controller.size) + " neurons");
  const auto state = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& field) { return field.name == name; });
  if (state != schema.states.end()) {
    check_values(schema.text.name, *state, values);
    auto& column = controller.state[static_cast<std::size_t>(state - schema.states.begin())];
    const auto before = column;
    for (std::size_t i = 0; i < controller.size; ++i) column[i] = values[values.size() == 1 ? 0 : i];
    try {
      return apply(controller);
    } catch (...) {
      column = before;
      throw;
    }
  }
  const Field& field = find_field(schema, name);
  check_values(schema.text.name, field, values);
  if (fixed_in_controller(field)) throw Error(what + " is fixed when the controller is made");
  const auto index = static_cast<std::size_t>(&field - schema.parameters.data());
  auto changed = controller.parameters;
  changed[index].values = values;
  check_controller(controller, changed);
  std::swap(controller.parameters, changed);
  try {
    readjust_controller(c);
  } catch (...) {
    std::swap(controller.parameters, changed);
    throw;
  }
}

template <class R>
std::size_t Simulation<R>::record_controller(std::size_t c, const std::string& name, const Ids& ids, Step interval) {
  const auto& controller = controllers_.at(c);
  const Schema& schema = operations_of(controller.part).schema;
  const auto state = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& field) { return field.name == name; });
  if (state == schema.states.end()) throw Error(std::string(schema.text.name) + " has no state '" + name + "'");
  std::vector<Neuron> wanted(controller.size);
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
