// Controllers: what they sense, and what they do at their control steps.
#include "engine/slow/controllers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/build/populations.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/core/controllers.hpp"
#include "engine/core/modulators.hpp"
#include "engine/core/rules.hpp"
#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/states.hpp"
#include "engine/record/recorders.hpp"
#include "engine/slow/adjust.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/step/bundle.hpp"
#include "engine/structure/edit.hpp"
#include "engine/targets/owners.hpp"
#include "engine/targets/targets.hpp"

namespace plastica {

namespace {

struct WeightSums {
  std::vector<double> sum, count;  // per target or source
};

}  // namespace

static std::vector<double> values_at(const std::vector<ParameterColumn>& columns, std::size_t i) {
  std::vector<double> row;
  for (const auto& column : columns) row.push_back(column[i]);
  return row;
}

// What decides how a controller is built, and so is one value and stays.
bool fixed_in_controller(const Field& field) { return !field.choices.empty() || field.unit == unit::modulator || field.fixed; }

template <class R>
std::size_t add_controller(Network<R>& net, const std::string& name, Owner owner, std::size_t target, const Ids& ids, const std::string& acts_on,
                           const PartSpec& spec) {
  Controller controller{.name = name, .part = net.catalogue.controller(spec.part), .owner = owner, .target = target};
  const auto& operations = *controller.part;
  const auto& kind = kind_of<R>(owner);
  controller.population = kind.population(net, target);
  const bool per_neuron = kind.neurons() || operations.senses == Senses::spikes;
  if (per_neuron && controller.population == no_population) throw Error(spec.part + " goes by the spikes of neurons: it acts on a population or a projection");
  controller.size = per_neuron ? net.populations.at(controller.population).size : 1;
  if (kind.neurons()) controller.member = membership(net, target, ids);
  controller.parameters = resolve(operations.schema, spec.parameters, controller.size);
  check_controller(net, controller, controller.parameters);
  const auto row = values_at(controller.parameters, 0);
  const double interval = row[static_cast<std::size_t>(&find_field(operations.schema, "interval") - operations.schema.parameters.data())];
  controller.interval = std::max<Step>(1, steps_in(interval, net.dt));
  controller.made = controller.last = net.now;
  if (operations.senses == Senses::spikes) {
    controller.sensor = operations.sensor(row.data());
    controller.pending.assign(controller.size, 0.0);
    controller.sensed.resize(static_cast<std::size_t>(net.share_count));
  }
  if (operations.senses == Senses::weights)
    begin_normalising(net, controller);
  else
    begin_acting(net, controller, acts_on);
  net.controllers.push_back(std::move(controller));
  put_on_agenda(net, to_control, net.controllers.size() - 1);
  return net.controllers.size() - 1;
}

template <class R>
void check_controller(const Network<R>& net, const Controller& controller, const std::vector<ParameterColumn>& parameters) {
  const auto& operations = *controller.part;
  for (std::size_t c = 0; c < parameters.size(); ++c) check_magnitudes(operations.schema.text.name, operations.schema.parameters[c], parameters[c].values);
  const std::string part(operations.schema.text.name);
  std::size_t count = 1;
  for (std::size_t c = 0; c < parameters.size(); ++c) {
    const Field& field = operations.schema.parameters[c];
    if (fixed_in_controller(field) && !parameters[c].uniform()) throw Error(part + "." + std::string(field.name) + " is one value for all neurons");
    if (field.unit == unit::modulator && !(parameters[c][0] >= 0 && parameters[c][0] < static_cast<double>(net.modulators.size())))
      throw Error(part + ": there is no such modulator; make it with net.modulator(...)");
    count = std::max(count, parameters[c].values.size());
  }
  for (std::size_t i = 0; i < count; ++i)
    if (const auto conflict = operations.conflict(values_at(parameters, i).data()); !conflict.empty())
      throw Error(part + ": " + std::string(conflict) + (count > 1 ? " (neuron " + std::to_string(i) + ")" : ""));
}

// A controller with variables, which follow the parameters; what it acts on feels it from now on.
template <class R>
static void begin_acting(Network<R>& net, Controller& controller, const std::string& acts_on) {
  const auto& operations = *controller.part;
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
    if (!kind_of<R>(controller.owner).synapses()) throw Error(std::string(operations.schema.text.name) + " acts on a projection");
    controller.rule_state = factor_of_depression(net, controller);
    return apply_controller(net, controller);
  }
  controller.adjusted = adjusted_parameter(net, controller.owner, controller.target, acts_on);
  controller.contribution = add_contribution(net, controller.adjusted, controller.name, act == Act::multiply, true, controller.effect);
  try {
    operations.senses == Senses::level ? move_controller(net, controller, 0) : apply_controller(net, controller);
  } catch (...) {
    net.adjusted[controller.adjusted].contributions.pop_back();
    throw;
  }
}

// The rule of the projection that keeps a factor of depression for each target neuron, and which of its neurons' columns that is.
template <class R>
Probe factor_of_depression(const Network<R>& net, const Controller& controller) {
  const auto states = rule_states(net, controller.target);
  for (std::size_t s = 0; s < states.size(); ++s)
    if (states[s].role == StateRole::neuron && states[s].name == "ltd_factor") return probe_of(net, controller.target, s);
  throw Error(std::string(controller.part->schema.text.name) +
              " acts on a projection whose rule has a factor of depression for each neuron, such as TripletSTDP(threshold=\"per neuron\")");
}

// A spike counts as what will be left of it at the next control step. Neurons that spike now are anywhere in a column that has left the cache:
// their spikes are written down one after the other, and added up when there are many.
template <class R>
void sense(const Network<R>& net, Controller& controller, std::size_t share, const std::vector<Neuron>& neurons, Step stamp) {
  constexpr std::size_t many = 4096;
  if (neurons.empty()) return;
  const Step update = (stamp + controller.interval - 1) / controller.interval * controller.interval;
  const double left = math::exp(-static_cast<double>(update - stamp) * net.dt / controller.sensor.tau);
  auto& spikes = controller.sensed[share].spikes;
  for (const Neuron i : neurons) spikes.push_back({i, left});
  if (spikes.size() >= many) count_sensed(controller, share);
}

void count_sensed(Controller& controller, std::size_t share) {
  for (const auto& [neuron, left] : controller.sensed[share].spikes) controller.pending[neuron] += left;
  controller.sensed[share].spikes.clear();
}

namespace {

constexpr double silent_sensor = 1e-12;

template <class R>
struct ControlStep final : Copying<ControlStep<R>, Occasion<R>> {
  const OccasionKind& kind() const override { return to_control; }
  bool acts() const override { return true; }
  std::size_t count(const Network<R>& net) const override { return net.controllers.size(); }
  Step next(const Network<R>& net, Step from) const override {
    const auto& controller = net.controllers[this->index];
    if (controller.pause.on()) return not_due;
    return controller.owed ? std::max(from, this->done + 1) : this->next_multiple(controller.interval, controller.made, from);
  }
  std::optional<GuardError> perform(Network<R>& net) override {
    tick_controller(net, net.controllers[this->index], net.now);
    return std::nullopt;
  }
  // A controller whose sensors are silent goes to its last control step at once: its law is a closed form for a constant rate.
  void skip(Network<R>& net, Step end) override {
    auto& controller = net.controllers[this->index];
    if (controller.pause.on()) return;
    const Step last = (end - 1) / controller.interval * controller.interval;
    const auto senses = controller.part->senses;
    if (senses == Senses::weights || last <= std::max(net.now, controller.made)) return;
    if (senses == Senses::spikes && std::any_of(controller.state[0].begin(), controller.state[0].end(), [](double rate) { return rate > silent_sensor; }))
      return;
    this->done = last;
    tick_controller(net, controller, last);
  }
};

}  // namespace

const OccasionKind to_control = kind_of<Occasion, ControlStep>();

template <class R>
static void tick_controller(Network<R>& net, Controller& controller, Step k) {
  controller.owed = false;
  controller.acted = k != controller.resumed;
  if (controller.part->senses == Senses::weights) return normalise(net, controller);
  if (controller.part->senses == Senses::spikes) gather_sensors(net, controller, k);
  const double seconds = static_cast<double>(k - controller.last) * net.dt * 1e-3;
  controller.last = k;
  move_controller(net, controller, seconds);
}

// The sensors at this step, which contain its spikes.
template <class R>
static void gather_sensors(const Network<R>& net, Controller& controller, Step k) {
  const double keep = math::exp(-static_cast<double>(k - controller.last) * net.dt / controller.sensor.tau);
  for (std::size_t share = 0; share < controller.sensed.size(); ++share) count_sensed(controller, share);
  double* const trace = controller.state[0].data();
  double* const pending = controller.pending.data();
  for (std::size_t i = 0; i < controller.size; ++i) {
    trace[i] = trace[i] * keep + pending[i] * controller.sensor.amount;
    pending[i] = 0;
  }
}

// What all neurons go by: the level of a modulator, or the mean of their sensors; nothing where each goes by its own.
template <class R>
static std::optional<double> sensed(const Network<R>& net, const Controller& controller) {
  const auto& operations = *controller.part;
  const auto row = values_at(controller.in_force(), 0);
  if (operations.senses == Senses::level) {
    const auto field =
        std::find_if(operations.schema.parameters.begin(), operations.schema.parameters.end(), [](const Field& each) { return each.unit == unit::modulator; });
    return modulator_level(net, static_cast<std::size_t>(row[static_cast<std::size_t>(field - operations.schema.parameters.begin())]));
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
static void move_controller(Network<R>& net, Controller& controller, double seconds) {
  const std::optional<double> common = sensed(net, controller);
  for_each_block(net, controller, [&](ControllerBlock block) {
    block.sensed = common ? nullptr : block.state[0];
    block.common = common.value_or(0.0);
    block.seconds = seconds;
    block.moves = true;
    controller.part->tick(block);
  });
  put_effect(net, controller);
}

// What follows from the variables as they are.
template <class R>
void apply_controller(Network<R>& net, Controller& controller) {
  for_each_block(net, controller, [&](const ControllerBlock& block) { controller.part->tick(block); });
  put_effect(net, controller);
}

// Calls f(block) for the neurons of each share.
template <class R, class F>
void for_each_block(Network<R>& net, Controller& controller, F&& f) {
  const auto& operations = *controller.part;
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
  const auto& population = net.populations[controller.population];
  for_shares(net, population, [&](std::size_t share) { some(population.first(share), population.owned(share)); });
}

template <class R>
static void put_effect(Network<R>& net, Controller& controller) {
  if (controller.rule_state) return set_rule_state(net, controller);
  contribution_of(net, controller.adjusted, controller.contribution).values = controller.effect;
  put_in_force(net, controller.adjusted);
}

template <class R>
static void set_rule_state(Network<R>& net, const Controller& controller) {
  const auto& population = net.populations[controller.population];
  const Probe& probe = *controller.rule_state;
  for (std::size_t share = 0; share < static_cast<std::size_t>(net.share_count); ++share) {
    auto& mine = net.plastic_sets[controller.target].shares[share];
    for (Neuron i = 0; i < population.owned(share); ++i) {
      const double value = controller.effect[population.first(share) + i];
      mine.neurons[probe.rule][probe.at][i] = value;
      mine.narrow[probe.rule][probe.at][i] = static_cast<R>(value);
    }
  }
}

// Its weights are its own from now on: they neither share one value nor lie in a bundle.
template <class R>
static void begin_normalising(Network<R>& net, Controller& controller) {
  if (!kind_of<R>(controller.owner).synapses()) throw Error(std::string(controller.part->schema.text.name) + " acts on a projection");
  auto& projection = on_its_own(net, controller.target);
  projection.alone = true;
  const bool shared = std::all_of(projection.shards.begin(), projection.shards.end(), [](const auto& shard) { return !shard.layout.weights; });
  if (shared) {
    for (std::size_t share = 0; share < projection.shards.size(); ++share) settle_in_flight(net, controller.target, share);
    separate_weights(net, controller.target);
  }
  if (projection.learns()) settle(net, controller.target);
  controller.at_start = sums_of_weights(net, controller).sum;
}

// Of each target, in the order of its rows, which is the same on any number of threads; of each source as whole numbers of a unit so small
// that it does not matter, since their sum does not depend on the order.
template <class R>
static WeightSums sums_of_weights(const Network<R>& net, const Controller& controller) {
  const auto& operations = *controller.part;
  const auto& projection = net.projections[controller.target];
  const auto row = values_at(controller.in_force(), 0);
  const bool of_source = operations.of_source(row.data());
  const std::size_t size = net.populations[of_source ? projection.pre : projection.post].size;
  const auto for_each = [&](auto&& f) {
    for (std::size_t share = 0; share < projection.shards.size(); ++share) {
      const auto& shard = projection.shards[share];
      const Neuron first = net.populations[projection.post].first(share);
      for (Neuron source = 0; source < shard.index.sources(); ++source)
        for (auto [at, end] = shard.rows(source); at < end; at = shard.next(at))
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
static void normalise(Network<R>& net, Controller& controller) {
  const auto& operations = *controller.part;
  auto& projection = net.projections[controller.target];
  const auto row = values_at(controller.in_force(), 0);
  const bool of_source = operations.of_source(row.data());
  if (projection.learns()) settle(net, controller.target);
  for (std::size_t share = 0; share < projection.shards.size() && !projection.learns(); ++share) settle_in_flight(net, controller.target, share);
  const WeightSums sums = sums_of_weights(net, controller);
  std::vector<WeightChange> change;
  for (std::size_t i = 0; i < sums.sum.size(); ++i) change.push_back(operations.change(row.data(), sums.sum[i], controller.at_start[i], sums.count[i]));
  const double bound = projection.learns() ? net.plastic_sets[controller.target].w_max : infinity;
  for_shares(net, net.populations[projection.post], [&](std::size_t share) {
    auto& shard = projection.shards[share];
    const Neuron first = net.populations[projection.post].first(share);
    for (Neuron source = 0; source < shard.index.sources(); ++source)
      for (auto [at, end] = shard.rows(source); at < end; at = shard.next(at)) {
        R* const weights = shard.weights(at);
        for (std::uint32_t place = 0; place < shard.head(at).count(); ++place) {
          const auto& of_neuron = change[of_source ? source : first + shard.target(at, place)];
          const double magnitude = std::abs(static_cast<double>(weights[place])) * of_neuron.factor + of_neuron.addend;
          weights[place] = std::copysign(static_cast<R>(std::clamp(magnitude, 0.0, bound)), weights[place]);
        }
      }
  });
  if (projection.stateful()) adopt_weights(net, controller.target);
}

template <class R>
Values controller_get(const Network<R>& net, std::size_t c, const std::string& name) {
  const auto& controller = net.controllers.at(c);
  const Schema& schema = controller.part->schema;
  for (std::size_t s = 0; s < schema.states.size(); ++s)
    if (schema.states[s].name == name) return {controller.state[s].begin(), controller.state[s].end()};
  return controller.parameters[static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data())].values;
}

template <class R>
void controller_set(Network<R>& net, std::size_t c, const std::string& name, const Values& values) {
  auto& controller = net.controllers.at(c);
  const Schema& schema = controller.part->schema;
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
      return apply_controller(net, controller);
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
  check_controller(net, controller, changed);
  std::swap(controller.parameters, changed);
  try {
    readjust_controller(net, c);
  } catch (...) {
    std::swap(controller.parameters, changed);
    throw;
  }
}

template <class R>
bool controller_active(const Network<R>& net, std::size_t controller) {
  return net.controllers.at(controller).active;
}

template <class R>
void set_controller_active(Network<R>& net, std::size_t controller, bool on) {
  net.controllers.at(controller).active = on;
}

static std::vector<double> first_values(const Controller& controller) {
  std::vector<double> row;
  for (const auto& column : controller.parameters) row.push_back(column[0]);
  return row;
}

// Which controller it is, of what, with which parameters.
template <class R>
static void archive_part(Network<R>& net, Archive& a, Controller& controller) {
  std::string part = a.loading() ? "" : std::string(controller.part->schema.text.name);
  a.text("name", controller.name);
  a.text("part", part);
  controller.part = net.catalogue.controller(part);
  const auto& operations = *controller.part;
  archive_owner(net, a, controller.owner, controller.target);
  if (a.loading()) {
    const auto& kind = kind_of<R>(controller.owner);
    controller.population = kind.population(net, controller.target);
    const bool per_neuron = kind.neurons() || operations.senses == Senses::spikes;
    a.require(!per_neuron || controller.population != no_population, "target", "has no neurons to go by");
    controller.size = per_neuron ? net.populations[controller.population].size : 1;
  }
  archive_flags(a, "member", controller.member, controller.size);
  archive_parameters(a, "parameters", operations.schema, controller.parameters, controller.size);
  archive_effective(a, operations.schema, controller.effective, controller.size);
  if (!a.loading()) return;
  check_controller(net, controller, controller.parameters);
  if (!controller.effective.empty()) check_controller(net, controller, controller.effective);
  const std::vector<double> row = first_values(controller);
  const double interval = row[static_cast<std::size_t>(&find_field(operations.schema, "interval") - operations.schema.parameters.data())];
  controller.interval = std::max<Step>(1, static_cast<Step>(interval / net.dt + 0.5));
  if (operations.senses == Senses::spikes) controller.sensor = operations.sensor(row.data());
}

// Of one that senses weights: their sums at its start.
template <class R>
static void archive_weights(const Network<R>& net, Archive& a, Controller& controller) {
  a.require(kind_of<R>(controller.owner).synapses(), "owner", "must be a projection");
  const auto& projection = net.projections[controller.target];
  a.require(projection.alone && projection.shards[0].layout.weights, "target", "must have weights of its own");
  const bool of_source = controller.part->of_source(first_values(controller).data());
  a.array("at_start", controller.at_start, net.populations[of_source ? projection.pre : projection.post].size);
}

// Of any other: its variables, what it has sensed, and what it acts on.
template <class R>
static void archive_variables(Network<R>& net, Archive& a, Controller& controller) {
  const auto& operations = *controller.part;
  // Nothing is made in the size that a file claims before something of that size has been seen.
  if (a.loading()) controller.state.resize(operations.schema.states.size());
  for (std::size_t s = 0; s < controller.state.size(); ++s)
    a.array("state/" + std::string(operations.schema.states[s].name), controller.state[s], controller.size);
  if (operations.senses == Senses::spikes) {
    for (std::size_t thread = 0; thread < controller.sensed.size(); ++thread) count_sensed(controller, thread);
    controller.sensed.resize(static_cast<std::size_t>(net.share_count));
    a.array("pending", controller.pending, controller.size);
  }
  a.array("effect", controller.effect, controller.size, Archive::Numbers::any);
  if (operations.act(first_values(controller).data()) == Act::set) {
    a.require(kind_of<R>(controller.owner).synapses(), "owner", "must be a projection");
    if (a.loading()) controller.rule_state = factor_of_depression(net, controller);
  }
  a.number("adjusted", controller.adjusted);
  a.number("contribution", controller.contribution);
}

template <class R>
void archive_controller(Network<R>& net, Archive& a, std::size_t c) {
  Controller fresh;
  Controller& controller = a.loading() ? fresh : net.controllers[c];
  archive_part(net, a, controller);
  a.number("active", controller.active);
  controller.pause.save(a, net.now, controller.active);
  controller.acted = a.loading() || controller.acted;
  if (a.has("acted")) a.number("acted", controller.acted);
  a.number("made", controller.made, 0, net.now);
  a.number("last", controller.last, controller.made, std::max(controller.made, controller.pause.clock(net.now)));
  controller.part->senses == Senses::weights ? archive_weights(net, a, controller) : archive_variables(net, a, controller);
  if (a.loading()) net.controllers.push_back(std::move(fresh));
}

PLASTICA_INSTANTIATE(add_controller);
PLASTICA_INSTANTIATE(check_controller);
PLASTICA_INSTANTIATE(factor_of_depression);
PLASTICA_INSTANTIATE(sense);
PLASTICA_INSTANTIATE(apply_controller);
PLASTICA_INSTANTIATE(controller_get);
PLASTICA_INSTANTIATE(controller_set);
PLASTICA_INSTANTIATE(controller_active);
PLASTICA_INSTANTIATE(set_controller_active);
PLASTICA_INSTANTIATE(archive_controller);

}  // namespace plastica
