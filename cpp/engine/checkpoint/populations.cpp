// Populations in a file, with what their spikes have left for plastic synapses, and modulators.
#include "engine/checkpoint/populations.hpp"

#include <algorithm>

#include "engine/build/populations.hpp"
#include "engine/build/schedules.hpp"
#include "engine/build/values.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/core/modulators.hpp"
#include "engine/core/populations.hpp"
#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/walks.hpp"

namespace plastica {

template <class R>
void archive_population(Network<R>& net, Archive& a, std::size_t p) {
  Neuron size = a.loading() ? 0 : net.populations[p].size;
  std::string model;
  std::vector<ParameterColumn> parameters;
  if (!a.loading()) {
    model = schema_of(net.populations[p]).text.name;
    parameters = net.populations[p].parameters;
  }
  a.number("size", size, 1, std::int64_t{1} << 31);
  a.text("model", model);
  const Schema& schema = net.catalogue.schema(model);
  archive_declaration(a, schema);
  // Nothing is made in the size that a file claims before something of that size has been seen.
  if (a.loading() && !schema.states.empty()) {
    const Archive::Inside inside(a, "state");
    const std::string first(schema.states[0].name);
    a.require(a.count_of(first) == size, first, "must have one value for each of " + std::to_string(size) + " neurons");
  }
  archive_parameters(a, "parameters", schema, parameters, size);
  const auto specs = archive_receptors(net, a, p, size);
  if (a.loading()) add_population(net, size, PartSpec{model, by_name(schema, parameters)}, specs);

  auto& population = net.populations[p];
  if (!population.source) archive_membranes(a, population);
  archive_flags(a, "silent", population.silent, size);
  archive_flags(a, "dead", population.dead, size);
  archive_flags(a, "blocked", population.blocked, size);
  a.optional("born", population.born, size);
  if (population.source) archive_source(net, a, population);
  std::uint64_t spikes = a.loading() ? 0 : spike_count(net, p);
  a.number("spikes", spikes);
  if (a.loading()) net.shares[0].spike_count[p] = spikes;
}

// What receptors there are, to be made with the population.
template <class R>
static std::vector<ReceptorSpec> archive_receptors(const Network<R>& net, Archive& a, std::size_t p, std::size_t size) {
  std::vector<ReceptorSpec> specs;
  const std::size_t count = a.count("receptors", a.loading() ? 0 : net.populations[p].receptors.size());
  for (std::size_t r = 0; r < count; ++r) {
    const Archive::Inside inside(a, numbered("receptor", r));
    ReceptorSpec spec;
    std::vector<ParameterColumn> columns;
    if (!a.loading()) {
      const auto& receptor = net.populations[p].receptors[r];
      spec.name = receptor.name;
      spec.part = receptor.part->schema.text.name;
      columns = receptor.parameters;
    }
    a.text("name", spec.name);
    a.text("part", spec.part);
    const Schema& schema = net.catalogue.receptor(spec.part)->schema;
    archive_declaration(a, schema);
    archive_parameters(a, "parameters", schema, columns, size);
    spec.parameters = by_name(schema, columns);
    specs.push_back(std::move(spec));
  }
  return specs;
}

template <class R>
static void archive_membranes(Archive& a, Population<R>& population) {
  const Schema& schema = population.model->schema;
  archive_effective(a, schema, population.effective, population.size);
  {
    const Archive::Inside inside(a, "state");
    for (std::size_t s = 0; s < population.state.size(); ++s) archive_column(a, std::string(schema.states[s].name), population.state[s], population.size);
  }
  for (std::size_t r = 0; r < population.receptors.size(); ++r) {
    const Archive::Inside inside(a, numbered("receptor", r));
    auto& receptor = population.receptors[r];
    const Schema& of_receptor = receptor.part->schema;
    archive_effective(a, of_receptor, receptor.effective, population.size);
    for (std::size_t s = 0; s < receptor.state.size(); ++s)
      archive_column(a, "state/" + std::string(of_receptor.states[s].name), receptor.state[s], population.size);
    bool gain = !receptor.gain.empty();
    a.number("has_gain", gain);
    if (gain) receptor.gain.resize(population.padded_size(), R(1));
    if (gain) archive_column(a, "gain", receptor.gain, population.size);
  }
}

template <class R>
static void archive_source(Network<R>& net, Archive& a, Population<R>& population) {
  auto& source = *population.source;
  const Schema& schema = source.part->schema;
  if (follows_schedule(schema)) {
    archive_schedule(a, source.schedule, population.size);
    if (a.loading()) check_values(schema.text.name, schema.parameters[0], source.schedule.values);
  }
  source.save(net, a);
}

// The shares' histories are as long as the longest; to when they have been swept.
template <class R>
static std::uint32_t archive_room(Network<R>& net, Archive& a, Population<R>& population) {
  auto& learning = population.learning;
  std::uint32_t capacity = 0;
  for (auto& each : learning) capacity = std::max(capacity, each.history.capacity());
  if (!a.loading())
    for (auto& each : learning) each.history.grow_to(capacity);
  std::int32_t swept = learning[static_cast<std::size_t>(population.partition.owner(0))].history.swept();
  const std::uint32_t least = capacity;
  a.number("capacity", capacity, least, 1 << 24);
  a.number("swept", swept, never, relative(net, 0, net.now));
  if (!a.loading()) return capacity;
  a.require(a.count_of("steps") == std::size_t{capacity} * population.size && std::has_single_bit(capacity), "capacity", "does not fit the history");
  for (auto& each : learning) each.history.grow_to(capacity);
  for (auto& each : learning) each.history.set_swept(swept);
  return capacity;
}

template <class R>
static void check_history(const Network<R>& net, const Archive& a, const History<R>& history) {
  const auto now = relative(net, 0, net.now);
  for (std::size_t at = 0; at < history.neurons() * history.capacity(); ++at) {
    const std::int32_t step = history.steps()[at], newer = at < history.neurons() ? now + 1 : history.steps()[at - history.neurons()];
    a.require(step >= never && (step < newer || step == never), "steps", "must be in the past, the newest first");
  }
}

// What the spikes of a population have left for the plastic synapses onto it.
template <class R>
void archive_learning(Network<R>& net, Archive& a, std::size_t p) {
  auto& population = net.populations[p];
  if (population.learning.empty()) return;
  const Archive::Inside inside(a, "learning");
  auto& learning = population.learning;
  const std::uint32_t capacity = archive_room(net, a, population);
  const auto history = [&](const std::string& name, auto&& column) {
    archive_of_targets(net, a, name, population, capacity, [&](Postsynaptic<R>& l) -> auto& { return column(l.history); });
  };
  history("steps", [](History<R>& h) -> auto& { return h.all_steps(); });
  for (std::size_t share = 0; share < learning.size() && a.loading(); ++share) check_history(net, a, learning[share].history);
  const std::size_t traces = learning[0].history.traces();
  archive_number_of(a, "traces", traces);
  for (std::size_t k = 0; k < traces; ++k) {
    history(numbered("trace", k) + "/value", [k](History<R>& h) -> auto& { return h.trace(k).value; });
    history(numbered("trace", k) + "/before", [k](History<R>& h) -> auto& { return h.trace(k).before; });
  }
  archive_neurons(net, a, "newest", population, [&](std::size_t share) -> auto& { return learning[share].newest; });
  archive_number_of(a, "dense", learning[0].dense.size());
  for (std::size_t t = 0; t < learning[0].dense.size(); ++t)
    archive_of_targets(net, a, numbered("dense", t), population, 1, [t](Postsynaptic<R>& l) -> auto& { return l.dense[t].value; });
  for (const auto* walk : walks<R>()) walk->archive(net, a, p);
}

template <class R>
void archive_modulator(Network<R>& net, Archive& a, std::size_t m) {
  double tau = a.loading() ? 1 : net.modulators[m].tau, baseline = a.loading() ? 0 : net.modulators[m].baseline;
  a.number("tau", tau);
  a.number("baseline", baseline);
  if (a.loading()) add_modulator(net, tau, baseline);
  auto& modulator = net.modulators[m];
  archive_map(a, "release_steps", "release_amounts", modulator.releases, -last_step, last_step);
}

// What releases them, once there are populations, and the past that rules look back on, once there are rules.
template <class R>
void archive_levels(Network<R>& net, Archive& a, std::size_t m) {
  auto& modulator = net.modulators[m];
  const std::size_t count = a.count("releasers", modulator.releasers.size());
  if (a.loading()) modulator.releasers.resize(count);
  for (std::size_t r = 0; r < count; ++r) {
    const Archive::Inside inside(a, numbered("releaser", r));
    auto& releaser = modulator.releasers[r];
    a.index("population", releaser.population, net.populations.size());
    archive_flags(a, "member", releaser.member, net.populations[releaser.population].size);
    a.number("amount", releaser.amount);
    a.number("delay", releaser.delay, 1, last_step);
  }
  auto& state = net.shares[0].modulators[m];
  a.number("next", state.next, 0, net.now);
  a.number("decaying", state.decaying);
  archive_map(a, "coming_steps", "coming_amounts", state.releases, -last_step, last_step);
  // From the latest step back.
  std::vector<double> level, transient;
  for (Step k = state.next - 1; k >= 0 && k >= state.next - static_cast<Step>(state.level.size()) && !a.loading(); --k) {
    level.push_back(state.at(k));
    transient.push_back(state.transient_at(k));
  }
  a.array("level", level);
  a.array("transient", transient, level.size());
  if (!a.loading()) return;
  for (std::size_t i = 0; i < std::min(level.size(), state.level.size()) && static_cast<Step>(i) < state.next; ++i) {
    const auto at = static_cast<std::size_t>(state.next - 1 - static_cast<Step>(i)) & (state.level.size() - 1);
    state.level[at] = level[i];
    state.transient[at] = transient[i];
  }
  for (auto& other : net.shares) other.modulators[m] = state;
}

PLASTICA_INSTANTIATE(archive_population);
PLASTICA_INSTANTIATE(archive_learning);
PLASTICA_INSTANTIATE(archive_modulator);
PLASTICA_INSTANTIATE(archive_levels);

}  // namespace plastica
