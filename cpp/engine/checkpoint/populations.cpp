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

// What the spikes of a population have left for the plastic synapses onto it.
template <class R>
void archive_learning(Network<R>& net, Archive& a, std::size_t p) {
  auto& population = net.populations[p];
  if (population.learning.empty()) return;
  const Archive::Inside inside(a, "learning");
  auto& learning = population.learning;
  const auto whole = [&](std::size_t share) -> Postsynaptic<R>& { return learning[share]; };
  const auto now = relative(net, 0, net.now);

  std::uint32_t capacity = 0;
  for (auto& each : learning) capacity = std::max(capacity, each.history.capacity());
  if (!a.loading())
    for (auto& each : learning) each.history.grow_to(capacity);
  std::int32_t swept = learning[static_cast<std::size_t>(population.partition.owner(0))].history.swept();
  const std::uint32_t least = capacity;
  a.number("capacity", capacity, least, 1 << 24);
  a.number("swept", swept, never, now);
  if (a.loading()) {
    a.require(a.count_of("steps") == std::size_t{capacity} * population.size && std::has_single_bit(capacity), "capacity", "does not fit the history");
    for (auto& each : learning) each.history.grow_to(capacity);
    for (auto& each : learning) each.history.set_swept(swept);
  }
  const auto history = [&](const std::string& name, auto&& column) {
    using T = std::remove_cvref_t<decltype(column(learning[0].history)[0])>;
    archive_shares<T>(net, a, name, population, capacity,
                      [&](std::size_t share) { return std::pair(column(whole(share).history).data(), whole(share).history.neurons()); });
  };
  history("steps", [](History<R>& h) -> auto& { return h.all_steps(); });
  if (a.loading())
    for (const auto& each : learning)
      for (std::size_t at = 0; at < each.history.neurons() * capacity; ++at) {
        const std::int32_t step = each.history.steps()[at], newer = at < each.history.neurons() ? now + 1 : each.history.steps()[at - each.history.neurons()];
        a.require(step >= never && (step < newer || step == never), "steps", "must be in the past, the newest first");
      }
  const std::size_t traces = learning[0].history.traces();
  a.require(a.count("traces", traces) == traces, "traces", "are not those of the rules");
  for (std::size_t k = 0; k < traces; ++k) {
    history(numbered("trace", k) + "/value", [k](History<R>& h) -> auto& { return h.trace(k).value; });
    history(numbered("trace", k) + "/before", [k](History<R>& h) -> auto& { return h.trace(k).before; });
  }
  archive_neurons(net, a, "newest", population, [&](std::size_t share) -> auto& { return learning[share].newest; });

  const auto table = [&](const std::string& name, std::size_t rows, auto&& column) {
    using T = std::remove_cvref_t<decltype(column(learning[0])[0])>;
    archive_shares<T>(net, a, name, population, rows, [&](std::size_t share) {
      auto& values = column(whole(share));
      return std::pair(values.data(), values.size() / rows);
    });
  };
  const auto same_number = [&](const std::string& name, std::size_t number) { a.require(a.count(name, number) == number, name, "are not those of the rules"); };
  same_number("tables", learning[0].tables.size());
  for (std::size_t t = 0; t < learning[0].tables.size(); ++t) {
    table(numbered("table", t) + "/later", learning[0].tables[t].rows(), [t](Postsynaptic<R>& l) -> auto& { return l.tables[t].all_later(); });
    table(numbered("table", t) + "/inside", learning[0].tables[t].rows(), [t](Postsynaptic<R>& l) -> auto& { return l.tables[t].all_inside(); });
  }
  same_number("dense", learning[0].dense.size());
  for (std::size_t t = 0; t < learning[0].dense.size(); ++t) table(numbered("dense", t), 1, [t](Postsynaptic<R>& l) -> auto& { return l.dense[t].value; });
  same_number("filters", learning[0].filters.size());
  for (std::size_t t = 0; t < learning[0].filters.size(); ++t) {
    const Archive::Inside of_filter(a, numbered("filter", t));
    table("low", 1, [t](Postsynaptic<R>& l) -> auto& { return l.filters[t].low; });
    table("high", 1, [t](Postsynaptic<R>& l) -> auto& { return l.filters[t].high; });
    table("mean", 1, [t](Postsynaptic<R>& l) -> auto& { return l.filters[t].mean; });
    for (std::size_t k = 0; k < learning[0].filters[t].past.size(); ++k)
      table(numbered("past", k), 1, [t, k](Postsynaptic<R>& l) -> auto& { return l.filters[t].past[k]; });
  }
  same_number("running", learning[0].running.size());
  for (std::size_t t = 0; t < learning[0].running.size(); ++t) archive_running(net, a, p, t);
}

// Sums, and the events of the present step, which have yet to enter them.
template <class R>
static void archive_running(Network<R>& net, Archive& a, std::size_t p, std::size_t t) {
  auto& population = net.populations[p];
  auto& learning = population.learning;
  const Archive::Inside inside(a, numbered("sums", t));
  const std::size_t rows = learning[0].running[t].rows();
  archive_shares<R>(net, a, "sum", population, rows, [&](std::size_t share) {
    auto& sum = learning[share].running[t].all_sums();
    return std::pair(sum.data(), sum.size() / rows);
  });
  std::vector<R> factors;
  std::vector<std::vector<Neuron>> fired(learning.size());
  for (std::size_t share = 0; share < learning.size() && !a.loading(); ++share) {
    const std::vector<R> of_share = learning[share].running[t].factors(net.now);
    factors.insert(factors.end(), of_share.begin(), of_share.end());
    fired[share] = learning[share].running[t].announced(net.now);
  }
  archive_neurons(net, a, "announced", population, [&](std::size_t share) -> auto& { return fired[share]; });
  std::size_t all = 0, first = 0;
  for (const auto& of_share : fired) all += of_share.size();
  a.array("factors", factors, all);
  for (std::size_t share = 0; share < learning.size() && a.loading(); first += fired[share++].size())
    learning[share].running[t].announce(fired[share].data(), factors.data() + first, fired[share].size(), net.now);
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
