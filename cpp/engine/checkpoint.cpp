// A network as named numbers, and back: see docs/checkpoints.md for what a file holds.
//
// What is written does not depend on the number of threads: shares of threads are put together, in the order of neurons, and dealt out again when
// they are read. What follows from parameters (constants, tables, views) is not written but derived again, by the code that made it at first. What
// is read is not trusted: each number must have its type, its size and its bounds, or nothing is made of the file.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <tuple>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"
#include "network/record_writer.hpp"

namespace plastica {
namespace {

constexpr std::int64_t longest_delay = (1 << 24) - 1;

std::string numbered(const std::string& what, std::size_t i) { return what + "/" + std::to_string(i); }

// Which declaration a part has that is not compiled in: another one of that name would go on differently.
void archive_declaration(Archive& a, const Schema& schema) {
  const std::uint64_t here = hash_of(schema);
  const auto& known = all_schemas();
  if (std::any_of(known.begin(), known.end(), [&](const Schema& other) { return other.text.name == schema.text.name && hash_of(other) == here; })) return;
  std::string declaration = std::to_string(here);
  a.text("declaration", declaration);
  a.require(declaration == std::to_string(here), "declaration", "is not that of the part '" + std::string(schema.text.name) + "' which is defined here");
}

// Parameters by their names: one value each, or one per neuron.
void archive_parameters(Archive& a, const std::string& name, const Schema& schema, std::vector<ParameterColumn>& columns, std::size_t size) {
  const Archive::Inside inside(a, name);
  if (a.loading()) columns.resize(schema.parameters.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Field& field = schema.parameters[i];
    const std::string of(field.name);
    a.array(of, columns[i].values, Archive::Numbers::any);
    if (!a.loading()) continue;
    const auto count = columns[i].values.size();
    a.require(count == 1 || count == size, of, "must have one value, or one for each of " + std::to_string(size));
    check_values(schema.text.name, field, columns[i].values);
  }
}

// Those as adjusted, where something acts on them.
void archive_effective(Archive& a, const Schema& schema, std::vector<ParameterColumn>& columns, std::size_t size) {
  bool adjusted = !columns.empty();
  a.number("is_adjusted", adjusted);
  if (adjusted) archive_parameters(a, "effective", schema, columns, size);
}

Parameters by_name(const Schema& schema, const std::vector<ParameterColumn>& columns) {
  Parameters parameters;
  for (std::size_t i = 0; i < columns.size(); ++i) parameters[std::string(schema.parameters[i].name)] = columns[i].values;
  return parameters;
}

void archive_schedule(Archive& a, Schedule& schedule, std::size_t size) {
  const Archive::Inside inside(a, "schedule");
  a.indices("steps", schedule.steps, -last_step, last_step);
  a.array("values", schedule.values);
  if (!a.loading()) return;
  const std::size_t times = schedule.steps.size(), values = schedule.values.size();
  a.require(values == times || values == times * size, "values", "must be one per time, or one per time and neuron");
  a.require(std::adjacent_find(schedule.steps.begin(), schedule.steps.end(), std::greater_equal<>()) == schedule.steps.end(), "steps", "must increase");
  schedule.width = times == 0 ? 1 : values / times;
}

// The first `size` values of a column; behind them it is padded.
template <class T>
void archive_column(Archive& a, const std::string& name, Column<T>& column, std::size_t size) {
  if (a.loading()) {
    const auto values = a.held<T>(name, size);
    std::copy(values.begin(), values.end(), column.begin());
    return;
  }
  a.give(name, std::vector<T>(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(size)));
}

template <class Key, class Value>
void archive_map(Archive& a, const std::string& keys, const std::string& values, std::map<Key, Value>& map, std::int64_t least, std::int64_t most) {
  std::vector<Key> first;
  std::vector<Value> second;
  for (const auto& [key, value] : map) {
    first.push_back(key);
    second.push_back(value);
  }
  a.indices(keys, first, least, most);
  a.array(values, second, first.size());
  map.clear();
  for (std::size_t i = 0; i < first.size(); ++i) map[first[i]] = second[i];
}

template <class E>
void archive_enum(Archive& a, const std::string& name, E& value, E last) {
  auto number = static_cast<int>(value);
  a.number(name, number, 0, static_cast<int>(last));
  value = static_cast<E>(number);
}

void check_flags(const Archive& a, const std::string& name, const std::vector<char>& flags) {
  a.require(std::all_of(flags.begin(), flags.end(), [](char flag) { return flag == 0 || flag == 1; }), name, "must hold zeros and ones");
}

void archive_flags(Archive& a, const std::string& name, std::vector<char>& flags, std::size_t size) {
  a.optional(name, flags, size);
  check_flags(a, name, flags);
}

Ids ids_of(const std::vector<char>& member) {
  if (member.empty()) return std::nullopt;
  std::vector<Neuron> ids;
  for (std::size_t i = 0; i < member.size(); ++i)
    if (member[i] != 0) ids.push_back(static_cast<Neuron>(i));
  return ids;
}

}  // namespace

// ---- shares of threads --------------------------------------------------------------------------------------------------------------

// Columns of the threads' neurons, as one: [row][neuron]. `share(part)` is where the thread's first value is, and how many lie from row to row.
template <class R>
template <class T, class F>
void Simulation<R>::archive_shares(Archive& a, const std::string& name, const Population<R>& population, std::size_t rows, F&& share) {
  const auto each = [&](auto* all, auto&& f) {
    for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
      if (population.owned(part) == 0) continue;
      const auto [values, stride] = share(part);
      for (std::size_t row = 0; row < rows; ++row) f(all + row * population.size + population.first(part), values + row * stride, population.owned(part));
    }
  };
  if (a.loading()) {
    const auto all = a.template held<T>(name, rows * population.size);
    return each(all.begin(), [](const T* from, T* to, Neuron count) { std::copy_n(from, count, to); });
  }
  std::vector<T> all(rows * population.size);
  each(all.data(), [](T* to, const T* from, Neuron count) { std::copy_n(from, count, to); });
  a.give(name, std::move(all));
}

// The threads' own lists of neurons, as one, ascending.
template <class R>
template <class F>
void Simulation<R>::archive_neurons(Archive& a, const std::string& name, const Population<R>& population, F&& list) {
  std::vector<Neuron> all;
  for (std::size_t part = 0; part < static_cast<std::size_t>(parts_) && !a.loading(); ++part)
    for (const Neuron i : list(part)) all.push_back(population.first(part) + i);
  a.indices(name, all, 0, std::int64_t{population.size} - 1);
  if (!a.loading()) return;
  a.require(std::adjacent_find(all.begin(), all.end(), std::greater_equal<>()) == all.end(), name, "must ascend");
  for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) list(part).clear();
  for (const Neuron i : all) {
    const auto part = static_cast<std::size_t>(population.partition.owner(i));
    list(part).push_back(i - population.first(part));
  }
}

// ---- populations ----------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::archive_population(Archive& a, std::size_t p) {
  Neuron size = a.loading() ? 0 : populations_[p].size;
  std::string model;
  std::vector<ParameterColumn> parameters;
  if (!a.loading()) {
    const auto& population = populations_[p];
    model = population.source == SourceKind::poisson  ? "PoissonSource"
            : population.source == SourceKind::spikes ? "SpikeSource"
                                                      : std::string(population.model->schema.text.name);
    parameters = population.source == SourceKind::poisson ? std::vector<ParameterColumn>{population.rate} : population.parameters;
  }
  a.number("size", size, 1, std::int64_t{1} << 31);
  a.text("model", model);
  const Schema& schema = catalogue_.schema(model);
  archive_declaration(a, schema);
  // Nothing is made in the size that a file claims before something of that size has been seen.
  if (a.loading() && !schema.states.empty()) {
    const Archive::Inside inside(a, "state");
    const std::string first(schema.states[0].name);
    a.require(a.count_of(first) == size, first, "must have one value for each of " + std::to_string(size) + " neurons");
  }
  archive_parameters(a, "parameters", schema, parameters, size);
  std::vector<ReceptorSpec> specs;
  const std::size_t count = a.count("receptors", a.loading() ? 0 : populations_[p].receptors.size());
  for (std::size_t r = 0; r < count; ++r) {
    const Archive::Inside inside(a, numbered("receptor", r));
    ReceptorSpec spec;
    std::vector<ParameterColumn> columns;
    if (!a.loading()) {
      const auto& receptor = populations_[p].receptors[r];
      spec.name = receptor.name;
      spec.part = receptor.part->schema.text.name;
      columns = receptor.parameters;
    }
    a.text("name", spec.name);
    a.text("part", spec.part);
    const Schema& of_receptor = catalogue_.receptor(spec.part)->schema;
    archive_declaration(a, of_receptor);
    archive_parameters(a, "parameters", of_receptor, columns, size);
    spec.parameters = by_name(of_receptor, columns);
    specs.push_back(std::move(spec));
  }
  if (a.loading()) add_population(size, PartSpec{model, by_name(schema, parameters)}, specs);

  auto& population = populations_[p];
  if (population.source == SourceKind::none) {
    archive_effective(a, schema, population.effective, size);
    {
      const Archive::Inside inside(a, "state");
      for (std::size_t s = 0; s < population.state.size(); ++s) archive_column(a, std::string(schema.states[s].name), population.state[s], size);
    }
    for (std::size_t r = 0; r < count; ++r) {
      const Archive::Inside inside(a, numbered("receptor", r));
      auto& receptor = population.receptors[r];
      const Schema& of_receptor = receptor.part->schema;
      archive_effective(a, of_receptor, receptor.effective, size);
      for (std::size_t s = 0; s < receptor.state.size(); ++s) archive_column(a, "state/" + std::string(of_receptor.states[s].name), receptor.state[s], size);
      bool gain = !receptor.gain.empty();
      a.number("has_gain", gain);
      if (gain) receptor.gain.resize(population.padded_size(), R(1));
      if (gain) archive_column(a, "gain", receptor.gain, size);
    }
  }
  archive_flags(a, "silent", population.silent, size);
  archive_flags(a, "dead", population.dead, size);
  archive_flags(a, "blocked", population.blocked, size);
  a.optional("born", population.born, size);
  if (population.source == SourceKind::poisson) archive_schedule(a, population.schedule, size);
  if (population.source == SourceKind::spikes) archive_emissions(a, p);
  std::uint64_t spikes = a.loading() ? 0 : spike_count(p);
  a.number("spikes", spikes);
  if (a.loading()) parts_state_[0].spike_count[p] = spikes;
}

// Those that have yet to come.
template <class R>
void Simulation<R>::archive_emissions(Archive& a, std::size_t p) {
  auto& population = populations_[p];
  std::vector<typename Population<R>::Emission> coming;
  for (std::size_t part = 0; part < population.emissions.size(); ++part)
    coming.insert(coming.end(), population.emissions[part].begin() + static_cast<std::ptrdiff_t>(population.next[part]), population.emissions[part].end());
  std::sort(coming.begin(), coming.end(), [](const auto& x, const auto& y) { return std::tie(x.step, x.neuron) < std::tie(y.step, y.neuron); });
  std::vector<Step> steps;
  std::vector<Neuron> neurons;
  for (const auto& each : coming) {
    steps.push_back(each.step);
    neurons.push_back(each.neuron);
  }
  const Archive::Inside inside(a, "coming");
  a.array("steps", steps);
  a.array("neurons", neurons, steps.size());
  if (a.loading()) set_spikes(p, steps, neurons);
}

// What the spikes of a population have left for the plastic synapses onto it.
template <class R>
void Simulation<R>::archive_learning(Archive& a, std::size_t p) {
  auto& population = populations_[p];
  if (population.learning.empty()) return;
  const Archive::Inside inside(a, "learning");
  auto& learning = population.learning;
  const auto whole = [&](std::size_t part) -> Postsynaptic<R>& { return learning[part]; };
  const auto now = relative(0, now_);

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
    archive_shares<T>(a, name, population, capacity,
                      [&](std::size_t part) { return std::pair(column(whole(part).history).data(), whole(part).history.neurons()); });
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
  archive_neurons(a, "newest", population, [&](std::size_t part) -> auto& { return learning[part].newest; });

  const auto table = [&](const std::string& name, std::size_t rows, auto&& column) {
    using T = std::remove_cvref_t<decltype(column(learning[0])[0])>;
    archive_shares<T>(a, name, population, rows, [&](std::size_t part) {
      auto& values = column(whole(part));
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
  for (std::size_t t = 0; t < learning[0].running.size(); ++t) archive_running(a, p, t);
}

// Sums, and the events of the present step, which have yet to enter them.
template <class R>
void Simulation<R>::archive_running(Archive& a, std::size_t p, std::size_t t) {
  auto& population = populations_[p];
  auto& learning = population.learning;
  const Archive::Inside inside(a, numbered("sums", t));
  const std::size_t rows = learning[0].running[t].rows();
  archive_shares<R>(a, "sum", population, rows, [&](std::size_t part) {
    auto& sum = learning[part].running[t].all_sums();
    return std::pair(sum.data(), sum.size() / rows);
  });
  std::vector<R> factors;
  std::vector<std::vector<Neuron>> fired(learning.size());
  for (std::size_t part = 0; part < learning.size() && !a.loading(); ++part) {
    const std::vector<R> of_part = learning[part].running[t].factors(now_);
    factors.insert(factors.end(), of_part.begin(), of_part.end());
    fired[part] = learning[part].running[t].announced(now_);
  }
  archive_neurons(a, "announced", population, [&](std::size_t part) -> auto& { return fired[part]; });
  std::size_t all = 0, first = 0;
  for (const auto& of_part : fired) all += of_part.size();
  a.array("factors", factors, all);
  for (std::size_t part = 0; part < learning.size() && a.loading(); first += fired[part++].size())
    learning[part].running[t].announce(fired[part].data(), factors.data() + first, fired[part].size(), now_);
}

// ---- modulators -----------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::archive_modulator(Archive& a, std::size_t m) {
  double tau = a.loading() ? 1 : modulators_[m].tau, baseline = a.loading() ? 0 : modulators_[m].baseline;
  a.number("tau", tau);
  a.number("baseline", baseline);
  if (a.loading()) add_modulator(tau, baseline);
  auto& modulator = modulators_[m];
  archive_map(a, "release_steps", "release_amounts", modulator.releases, -last_step, last_step);
}

// What releases them, once there are populations, and the past that rules look back on, once there are rules.
template <class R>
void Simulation<R>::archive_levels(Archive& a, std::size_t m) {
  auto& modulator = modulators_[m];
  const std::size_t count = a.count("releasers", modulator.releasers.size());
  if (a.loading()) modulator.releasers.resize(count);
  for (std::size_t r = 0; r < count; ++r) {
    const Archive::Inside inside(a, numbered("releaser", r));
    auto& releaser = modulator.releasers[r];
    a.index("population", releaser.population, populations_.size());
    archive_flags(a, "member", releaser.member, populations_[releaser.population].size);
    a.number("amount", releaser.amount);
    a.number("delay", releaser.delay, 1, last_step);
  }
  auto& state = parts_state_[0].modulators[m];
  a.number("next", state.next, 0, now_);
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
  for (auto& other : parts_state_) other.modulators[m] = state;
}

// ---- projections ------------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::archive_still(Archive& a, Projection<R>& projection) const {
  if (!a.has("still")) return;
  std::vector<Step> ends;
  for (const auto& each : projection.still) ends.insert(ends.end(), {each.begin, each.end});
  a.indices("still", ends, 0, last_step);
  a.require(ends.size() % 2 == 0 && std::is_sorted(ends.begin(), ends.end()), "still", "must be periods, one after the other");
  projection.still.clear();
  for (std::size_t i = 0; i < ends.size(); i += 2) projection.still.push_back({ends[i], ends[i + 1]});
}

template <class R>
void Simulation<R>::archive_projection(Archive& a, std::size_t p) {
  Projection<R> fresh;
  PlasticSet set;
  auto& projection = a.loading() ? fresh : projections_[p];
  a.index("pre", projection.pre, populations_.size());
  a.index("post", projection.post, populations_.size());
  a.index("receptor", projection.receptor, populations_[projection.post].receptors.size());
  a.number("dendritic_fraction", projection.dendritic_fraction);
  a.require(projection.dendritic_fraction >= 0 && projection.dendritic_fraction <= 1, "dendritic_fraction", "must be between 0 and 1");
  a.number("min_delay", projection.min_delay, 1, longest_delay);
  a.number("max_delay", projection.max_delay, projection.min_delay, longest_delay);
  a.number("plastic", projection.plastic);
  projection.held = a.loading() ? !projection.plastic : projection.held;
  if (a.has("held")) a.number("held", projection.held);
  archive_still(a, projection);
  a.number("sign", projection.sign);
  a.require(projection.sign == 1 || projection.sign == -1, "sign", "must be 1 or -1");
  a.number("gain", projection.gain);
  a.number("alone", projection.alone);

  Step made = a.loading() || plastic_[p].slots.empty() ? 0 : plastic_[p].slots[0].made;
  a.number("made", made, 0, now_);
  std::vector<PartSpec> specs;
  const std::size_t count = a.count("rules", projection.rules.size());
  for (std::size_t k = 0; k < count; ++k) {
    const Archive::Inside inside(a, numbered("rule", k));
    std::string part = a.loading() ? "" : std::string(projection.rules[k].part->schema.text.name);
    std::vector<ParameterColumn> columns;
    std::vector<double> samples;
    if (!a.loading()) {
      for (const double value : projection.rules[k].parameters) columns.push_back({{value}});
      samples = projection.rules[k].samples;
    }
    a.text("part", part);
    const Schema& schema = catalogue_.rule(part)->schema;
    archive_declaration(a, schema);
    archive_parameters(a, "parameters", schema, columns, 1);
    a.array("samples", samples);
    specs.push_back({part, by_name(schema, columns), std::move(samples)});
  }

  RowLayout layout;
  R shared = 0;
  bool staggered = false;
  if (!a.loading()) {
    layout = projection.shards[0].layout;
    shared = projection.shards[0].shared;
    for (const auto& shard : projection.shards) staggered = staggered || shard.staggered;
  }
  a.number("own_weights", layout.weights);
  a.number("births", layout.births);
  a.number("shared_weight", shared);
  a.number("various_delays", staggered);
  if (!a.loading()) return archive_kept(a, p);

  const Step present = std::exchange(now_, made);
  plan_rules(projection, set, specs);
  a.require(!projection.held || projection.learns(), "held", "is for a projection with rules that change weights");
  set.walk = walk_for(projection, set);
  if (set.walk == Walk::running) ++set.variables;
  check_look_back(projection, set, projection.max_delay);
  for (const auto& slot : set.slots) a.require(steps_in(slot.needs.V_delay, dt_) <= static_cast<Step>(a.entries()), "rules", "look back at what is not there");
  a.require(layout.weights || !projection.learns(), "own_weights", "must be 1: the weights learn");
  a.require(staggered || projection.min_delay == projection.max_delay || projection.alone, "various_delays", "must be 1");
  const auto& post = populations_[projection.post];
  projection.shards.resize(static_cast<std::size_t>(parts_));
  for (std::size_t part = 0; part < projection.shards.size(); ++part) {
    auto& shard = projection.shards[part];
    shard.layout = RowLayout::make<R>(post.owned(part), layout.weights, projection.stateful(), set.of_row, set.variables);
    shard.layout.births = layout.births;
    shard.shared = shared;
    shard.staggered = staggered;
    shard.first = {0};
    shard.make_ring(projection.min_delay);
  }
  outgoing_[projection.pre].push_back(p);
  incoming_[projection.post].push_back(p);
  projections_.push_back(std::move(fresh));
  plastic_.push_back(std::move(set));
  if (!specs.empty()) make_plastic(p);
  now_ = present;
  archive_kept(a, p);
}

// What rules keep besides rows, and spikes on their way.
template <class R>
void Simulation<R>::archive_kept(Archive& a, std::size_t p) {
  auto& projection = projections_[p];
  auto& set = plastic_[p];
  const auto& post = populations_[projection.post];
  for (std::size_t k = 0; k < set.slots.size(); ++k)
    for (int n = 0; n < set.slots[k].traits.neurons; ++n) {
      const Archive::Inside inside(a, numbered("rule", k) + "/" + numbered("neurons", static_cast<std::size_t>(n)));
      const auto at = static_cast<std::size_t>(n);
      archive_shares<double>(a, "value", post, 1, [&](std::size_t part) { return std::pair(set.parts[part].neurons[k][at].data(), std::size_t{0}); });
      archive_shares<R>(a, "narrow", post, 1, [&](std::size_t part) { return std::pair(set.parts[part].narrow[k][at].data(), std::size_t{0}); });
    }
  const auto known = static_cast<std::size_t>(post.partition.owner(0));  // a thread that knows them
  const std::size_t integrals = set.parts.empty() ? 0 : set.parts[known].integrals.size();
  for (std::size_t i = 0; i < integrals; ++i) {
    const Archive::Inside inside(a, numbered("integral", i));
    Integral& integral = set.parts[known].integrals[i];
    const std::size_t room = integral.sum.size();
    const Step reach = projection.dendritic(projection.max_delay), renewed = (now_ + set.renewal - 1) / set.renewal * set.renewal;
    a.number("origin", integral.origin, std::max<Step>(0, renewed - set.renewal - reach), now_);
    a.number("known", integral.known, integral.origin, now_);
    std::vector<double> sum(integral.sum.begin(), integral.sum.begin() + static_cast<std::ptrdiff_t>(a.loading() ? 0 : integral.known - integral.origin + 1));
    a.array("sum", sum, static_cast<std::size_t>(integral.known - integral.origin + 1));
    a.require(sum.size() + 1 < room, "sum", "is longer than it can be");
    if (!a.loading()) continue;
    std::copy(sum.begin(), sum.end(), integral.sum.begin());
    for (auto& part : set.parts) part.integrals[i] = integral;
  }
  archive_transmitted(a, p);
  archive_spikes(a, p);
}

// What an edit has fixed at synapses and has yet to reach the soma, by step, then target.
template <class R>
void Simulation<R>::archive_transmitted(Archive& a, std::size_t p) {
  auto& projection = projections_[p];
  const auto& post = populations_[projection.post];
  struct Each {
    Step step;
    Neuron target;
    R weight;
  };
  std::vector<Each> all;
  for (std::size_t part = 0; part < projection.shards.size() && !a.loading(); ++part)
    for (const auto& [step, arrivals] : projection.shards[part].transmitted)
      for (const auto& arrival : arrivals) all.push_back({step, post.first(part) + arrival.target, arrival.weight});
  std::stable_sort(all.begin(), all.end(), [](const Each& x, const Each& y) { return std::tie(x.step, x.target) < std::tie(y.step, y.target); });
  std::vector<Step> steps;
  std::vector<Neuron> targets;
  std::vector<R> weights;
  for (const Each& each : all) {
    steps.push_back(each.step);
    targets.push_back(each.target);
    weights.push_back(each.weight);
  }
  const Archive::Inside inside(a, "transmitted");
  a.indices("steps", steps, now_, now_ + longest_delay);
  a.indices("targets", targets, 0, std::int64_t{post.size} - 1);
  a.array("weights", weights, steps.size());
  if (!a.loading()) return;
  a.require(targets.size() == steps.size(), "targets", "must be as many as steps");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto part = static_cast<std::size_t>(post.partition.owner(targets[i]));
    projection.shards[part].transmitted[steps[i]].push_back({targets[i] - post.first(part), weights[i]});
  }
}

// Spikes on their way: when they set out, whence, and the delay of the next row that they reach.
template <class R>
void Simulation<R>::archive_spikes(Archive& a, std::size_t p) {
  auto& projection = projections_[p];
  std::map<std::pair<Step, Neuron>, std::uint32_t> under_way;
  for (std::size_t part = 0; part < projection.shards.size() && !a.loading(); ++part) {
    const auto& shard = projection.shards[part];
    const auto note = [&](RowPosition at, Step arrival) {
      const std::uint32_t delay = shard.delay_of(at, projection.min_delay);
      const auto [found, fresh] = under_way.try_emplace({arrival - delay, shard.source_of(at)}, delay);
      if (!fresh) found->second = std::min(found->second, delay);
    };
    for (const auto& cursor : shard.walking) note(cursor.row, now_ + (cursor.step - static_cast<std::uint32_t>(now_)));
    shard.due.for_each(now_, [&](Step start, const auto& rows) {
      for (const RowPosition at : rows) note(at, start + (shard.staggered ? shard.head(at).gap() : 0));
    });
  }
  std::vector<Step> stamps;
  std::vector<Neuron> sources;
  std::vector<std::uint32_t> delays;
  for (const auto& [spike, delay] : under_way) {
    stamps.push_back(spike.first);
    sources.push_back(spike.second);
    delays.push_back(delay);
  }
  const Archive::Inside inside(a, "under_way");
  a.indices("stamps", stamps, now_ - projection.max_delay, now_);
  a.indices("sources", sources, 0, std::int64_t{populations_[projection.pre].size} - 1);
  a.indices("delays", delays, projection.min_delay, projection.max_delay);
  if (!a.loading()) return;
  a.require(stamps.size() == sources.size() && stamps.size() == delays.size(), "stamps", "must be as many as sources and delays");
  auto& coming = arriving_.emplace_back();
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    a.require(stamps[i] + delays[i] >= now_, "stamps", "must be of spikes that have yet to arrive");
    a.require(i == 0 || std::pair(stamps[i - 1], sources[i - 1]) < std::pair(stamps[i], sources[i]), "stamps", "must ascend");
    coming.push_back({stamps[i], sources[i], delays[i]});
  }
}

// ---- rows ---------------------------------------------------------------------------------------------------------------------------------

// The rows of one source on all threads. Those that nothing but their targets tells apart are one.
template <class R>
class Simulation<R>::RowGatherer {
 public:
  struct Piece {
    std::size_t part;
    RowPosition at;
  };
  struct Row {
    std::uint32_t delay;
    std::size_t begin, end;  // pieces
  };
  // Steps at which rows are visited once more, by row.
  using Visits = std::vector<std::pair<RowPosition, Step>>;

  RowGatherer(const Projection<R>& projection, Step now)
      : late(projection.shards.size()),
        ahead(projection.shards.size()),
        projection_(projection),
        now_(now),
        at_(projection.shards.size()),
        found_(projection.shards.size()) {
    for (std::size_t part = 0; part < late.size(); ++part) {
      const auto& shard = projection.shards[part];
      shard.lagged.for_each(now, [&](Step k, const auto& acting) {
        for (const RowPosition at : acting) late[part].emplace_back(at, k);
      });
      for (const auto& [step, at] : shard.early) ahead[part].emplace_back(at, step);
      std::sort(late[part].begin(), late[part].end());
      std::sort(ahead[part].begin(), ahead[part].end());
    }
  }

  static std::vector<Step> steps_of(const std::vector<Visits>& visits, const Piece& piece) {
    const Visits& mine = visits[piece.part];
    std::vector<Step> steps;
    for (auto each = std::lower_bound(mine.begin(), mine.end(), std::pair(piece.at, std::numeric_limits<Step>::min()));
         each != mine.end() && each->first == piece.at; ++each)
      steps.push_back(each->second);
    return steps;
  }

  void gather(Neuron source) {
    rows.clear();
    pieces.clear();
    for (std::size_t part = 0; part < found_.size(); ++part) {
      const auto& shard = projection_.shards[part];
      found_[part].clear();
      at_[part] = 0;
      std::uint32_t delay = projection_.min_delay;
      for (RowPosition at = shard.first[source]; at < shard.rows_end(source); at = shard.next(at)) {
        delay += shard.head(at).gap();
        if (shard.head(at).count() > 0) found_[part].push_back({delay, at});
      }
    }
    if (found_.size() == 1) {
      for (const auto& [delay, at] : found_[0]) {
        rows.push_back({delay, pieces.size(), pieces.size() + 1});
        pieces.push_back({0, at});
      }
      return;
    }
    while (true) {
      std::uint32_t delay = std::numeric_limits<std::uint32_t>::max();
      for (std::size_t part = 0; part < found_.size(); ++part)
        if (at_[part] < found_[part].size()) delay = std::min(delay, found_[part][at_[part]].delay);
      if (delay == std::numeric_limits<std::uint32_t>::max()) return;
      while (take(delay)) {
      }
    }
  }

  Step asleep_until(const Piece& piece) const {
    const auto& asleep = projection_.shards[piece.part].asleep;
    const auto found = std::lower_bound(asleep.begin(), asleep.end(), piece.at, [](const auto& each, RowPosition at) { return each.row < at; });
    return found != asleep.end() && found->row == piece.at && found->until > now_ ? found->until : 0;
  }

  std::vector<Visits> late, ahead;  // by thread
  std::vector<Row> rows;
  std::vector<Piece> pieces;

 private:
  struct Found {
    std::uint32_t delay;
    RowPosition at;
  };

  bool same(const Piece& one, const Piece& other) const {
    const auto &a = projection_.shards[one.part], &b = projection_.shards[other.part];
    if (asleep_until(one) != asleep_until(other) || steps_of(late, one) != steps_of(late, other) || steps_of(ahead, one) != steps_of(ahead, other))
      return false;
    return std::memcmp(a.store.data() + one.at + a.layout.state, b.store.data() + other.at + b.layout.state, (a.layout.head - a.layout.state) * sizeof(R)) == 0;
  }
  bool remains(std::size_t part, std::size_t i, std::uint32_t delay) const { return i < found_[part].size() && found_[part][i].delay == delay; }

  // One row of this delay: the first of some thread, and the same of others.
  bool take(std::uint32_t delay) {
    std::size_t chosen = found_.size();
    for (std::size_t part = found_.size(); part-- > 0;) {
      if (!remains(part, at_[part], delay)) continue;
      const Piece head{part, found_[part][at_[part]].at};
      bool later = false;  // another thread has something before its share of this row
      for (std::size_t other = 0; other < found_.size(); ++other)
        for (std::size_t i = at_[other] + 1; other != part && remains(other, i, delay) && !later; ++i)
          later = same(head, {other, found_[other][i].at}) && !same(head, {other, found_[other][at_[other]].at});
      if (!later || chosen == found_.size()) chosen = part;
    }
    if (chosen == found_.size()) return false;
    const Piece head{chosen, found_[chosen][at_[chosen]].at};
    const std::size_t begin = pieces.size();
    for (std::size_t part = 0; part < found_.size(); ++part) {
      if (!remains(part, at_[part], delay)) continue;
      const Piece piece{part, found_[part][at_[part]].at};
      if (part != chosen && !same(head, piece)) continue;
      pieces.push_back(piece);
      ++at_[part];
    }
    rows.push_back({delay, begin, pieces.size()});
    return true;
  }

  const Projection<R>& projection_;
  Step now_;
  std::vector<std::size_t> at_;
  std::vector<std::vector<Found>> found_;
};

// Where blocks of sources begin, and the end, each of so many synapses that they are quickly held in memory.
template <class R>
std::vector<Neuron> Simulation<R>::row_blocks(std::size_t p) const {
  constexpr std::uint64_t words = std::uint64_t{1} << 22;
  const auto& projection = projections_.at(p);
  const Neuron sources = populations_[projection.pre].size;
  std::vector<Neuron> begin{0};
  std::uint64_t sum = 0;
  for (Neuron source = 0; source < sources; ++source) {
    for (const auto& shard : projection.shards) sum += shard.rows_end(source) - shard.first[source];
    if (sum < words || source + 1 == sources) continue;
    begin.push_back(source + 1);
    sum = 0;
  }
  begin.push_back(sources);
  return begin;
}

template <class R>
SavedTree Simulation<R>::save_rows(std::size_t p, Neuron first, Neuron last) const {
  const auto& projection = projections_.at(p);
  const auto& post = populations_[projection.post];
  const RowLayout& layout = projection.shards[0].layout;
  const bool wide = post.size > 65536;
  const std::size_t of_row = layout.head - layout.traces;
  std::vector<std::uint32_t> rows, delays, segments, counts, births, asleep, lagged, early;
  std::vector<std::uint16_t> high, targets;
  std::vector<std::int32_t> states;
  std::vector<R> words, weights, variables;
  std::vector<Step> until, lagged_steps, early_steps;

  RowGatherer gatherer(projection, now_);
  const auto note_visits = [&](const auto& visits, const auto& piece, std::vector<std::uint32_t>& at, std::vector<Step>& steps) {
    for (const Step step : gatherer.steps_of(visits, piece)) {
      at.push_back(static_cast<std::uint32_t>(delays.size() - 1));
      steps.push_back(step);
    }
  };
  for (Neuron source = first; source < last; ++source) {
    gatherer.gather(source);
    rows.push_back(static_cast<std::uint32_t>(gatherer.rows.size()));
    for (const auto& row : gatherer.rows) {
      delays.push_back(row.delay);
      const std::size_t before = counts.size();
      for (std::size_t i = row.begin; i < row.end; ++i) {
        const auto& [part, at] = gatherer.pieces[i];
        const auto& shard = projection.shards[part];
        const std::uint32_t count = shard.head(at).count();
        const Neuron offset = post.first(part);
        const auto add = [&](const auto* target) {
          for (std::uint32_t place = 0; place < count; ++place) {
            const Neuron neuron = offset + target[place];
            const auto block = static_cast<std::uint16_t>(neuron >> 16);
            if (counts.size() == before || (wide && high.back() != block)) {
              counts.push_back(0);
              if (wide) high.push_back(block);
            }
            ++counts.back();
            targets.push_back(static_cast<std::uint16_t>(neuron));
          }
        };
        shard.layout.narrow() ? add(static_cast<const std::uint16_t*>(shard.targets(at))) : add(static_cast<const std::uint32_t*>(shard.targets(at)));
        if (layout.weights) weights.insert(weights.end(), shard.weights(at), shard.weights(at) + count);
        for (std::uint32_t place = 0; place < count && layout.births; ++place)
          births.push_back(static_cast<std::uint32_t>(shard.birth(at, place) / birth_unit));
      }
      if (wide) segments.push_back(static_cast<std::uint32_t>(counts.size() - before));
      for (std::size_t v = 0; v < layout.variables; ++v)
        for (std::size_t i = row.begin; i < row.end; ++i) {
          const auto& [part, at] = gatherer.pieces[i];
          const auto& shard = projection.shards[part];
          const std::uint32_t count = shard.head(at).count();
          const R* const from = shard.weights(at) + (layout.weights ? count : 0) + v * count;
          variables.insert(variables.end(), from, from + count);
        }
      const auto& head = gatherer.pieces[row.begin];
      const auto& shard = projection.shards[head.part];
      if (projection.stateful()) {
        const RowState& state = shard.state(head.at);
        states.insert(states.end(), {state.arrival, state.consumed, state.base});
        words.insert(words.end(), shard.traces(head.at), shard.traces(head.at) + of_row);
      }
      if (const Step wakes = gatherer.asleep_until(head); wakes > 0) {
        asleep.push_back(static_cast<std::uint32_t>(delays.size() - 1));
        until.push_back(wakes);
      }
      note_visits(gatherer.late, head, lagged, lagged_steps);
      note_visits(gatherer.ahead, head, early, early_steps);
    }
  }
  Archive a;
  a.give("rows", std::move(rows));
  a.give("delays", std::move(delays));
  if (wide) a.give("segments", std::move(segments));
  if (wide) a.give("high", std::move(high));
  a.give("counts", std::move(counts));
  a.give("targets", std::move(targets));
  if (layout.weights) a.give("weights", std::move(weights));
  if (layout.births) a.give("births", std::move(births));
  if (layout.variables > 0) a.give("variables", std::move(variables));
  if (projection.stateful()) a.give("states", std::move(states));
  if (of_row > 0) a.give("words", std::move(words));
  a.give("asleep", std::move(asleep));
  a.give("until", std::move(until));
  a.give("lagged", std::move(lagged));
  a.give("lagged_steps", std::move(lagged_steps));
  a.give("early", std::move(early));
  a.give("early_steps", std::move(early_steps));
  return a.take();
}

// Deals rows out to the threads that own their targets.
template <class R>
class Simulation<R>::RowDealer {
 public:
  RowDealer(Simulation& net, std::size_t p, std::uint64_t sources_seen, std::uint64_t rows, std::uint64_t synapses)
      : net_(net), p_(p), various_(net.projections_[p].shards[0].staggered), lagged_(net.projections_[p].shards.size()) {
    auto& projection = net.projections_[p];
    const auto sources = net.populations_[projection.pre].size;
    if (sources_seen != sources) throw Error("rows are of " + std::to_string(sources_seen) + " sources; there are " + std::to_string(sources));
    const std::uint64_t pieces = rows + RowHead::most_divisions(synapses) + (projection.max_delay / RowHead::most_gap) * std::uint64_t{sources};
    if (rows > synapses) throw Error("rows are more than there are synapses");
    for (auto& shard : projection.shards) {
      shard.store = Store<R>(pieces * (shard.layout.head + 1) + shard.layout.template size<R>(synapses));
      writers_.emplace_back(shard, sources, projection.min_delay);
    }
  }

  void add(Archive& a) {
    auto& projection = net_.projections_[p_];
    const auto& post = net_.populations_[projection.post];
    const Neuron sources = net_.populations_[projection.pre].size;
    const RowLayout& layout = projection.shards[0].layout;
    const std::size_t of_row = layout.head - layout.traces;
    const bool wide = post.size > 65536;
    const auto rows = a.template held<std::uint32_t>("rows"), delays = a.template held<std::uint32_t>("delays");
    const auto counts = a.template held<std::uint32_t>("counts");
    const auto targets = a.template held<std::uint16_t>("targets");
    const std::size_t source_count = rows.size(), row_count = delays.size(), segment_count = counts.size(), synapses = targets.size();
    const auto held_if = [&]<class T>(bool wanted, const std::string& name, std::size_t count) {
      return wanted ? a.template held<T>(name, count) : Archive::Held<T>(SavedArray{});
    };
    const auto segments = held_if.template operator()<std::uint32_t>(wide, "segments", row_count);
    const auto high = held_if.template operator()<std::uint16_t>(wide, "high", segment_count);
    a.require(wide || segment_count == row_count, "counts", "must be one for each row");
    const auto weights = held_if.template operator()<R>(layout.weights, "weights", synapses);
    const auto birth_words = held_if.template operator()<std::uint32_t>(layout.births, "births", synapses);
    const auto variable_words = held_if.template operator()<R>(layout.variables > 0, "variables", synapses * layout.variables);
    const auto state_words = held_if.template operator()<std::int32_t>(projection.stateful(), "states", row_count * 3);
    const auto row_words = held_if.template operator()<R>(of_row > 0, "words", row_count * of_row);
    const std::uint32_t* const births = birth_words.begin();
    const R *const variables = variable_words.begin(), *const words = row_words.begin();
    const std::int32_t* const states = state_words.begin();
    const auto by_row = [&](const std::string& name, const std::string& steps) {
      const auto at = a.template held<std::uint32_t>(name);
      const std::size_t count = at.size();
      const auto when = a.template held<Step>(steps, count);
      std::vector<std::pair<std::uint32_t, Step>> list;
      for (std::size_t i = 0; i < count; ++i) {
        a.require(at[i] < row_count && (i == 0 || at[i - 1] <= at[i]), name, "must be rows, ascending");
        a.require(when[i] >= net_.now_ && when[i] <= net_.now_ + 4 * longest_delay, steps, "must be in the near future");
        list.emplace_back(at[i], when[i]);
      }
      return list;
    };
    const auto asleep = by_row("asleep", "until"), lagged = by_row("lagged", "lagged_steps"), early = by_row("early", "early_steps");
    a.finish();
    a.require(projection.shards[0].lagged.size() > 0 || (lagged.empty() && early.empty()), "lagged", "is not for these rules");
    a.require(source_ + source_count <= sources, "rows", "are of more sources than there are");

    std::size_t row = 0, segment = 0, synapse = 0, slept = 0, visited = 0, hastened = 0;
    std::vector<Neuron> target;
    for (std::size_t s = 0; s < source_count; ++s, ++source_) {
      for (auto& writer : writers_) writer.begin_source();
      a.require(rows[s] <= row_count - row, "rows", "are more than their delays");
      std::uint32_t before = projection.min_delay;
      for (const std::size_t end = row + rows[s]; row < end; ++row) {
        const std::uint32_t delay = delays[row];
        a.require(delay >= before && delay <= projection.max_delay, "delays", "must ascend between the bounds of the projection");
        a.require(various_ || delay == projection.min_delay, "delays", "must be one");
        before = delay;
        target.clear();
        const std::size_t of_this = wide ? segments[row] : 1;
        a.require(of_this <= segment_count - segment, "segments", "are more than their counts");
        for (const std::size_t stop = segment + of_this; segment < stop; ++segment) {
          a.require(counts[segment] <= synapses - synapse - target.size(), "counts", "are more than the targets");
          for (std::uint32_t i = 0; i < counts[segment]; ++i)
            target.push_back(Neuron{targets[synapse + target.size()]} | (wide ? Neuron{high[segment]} << 16 : 0));
        }
        a.require(!target.empty() && target.back() < post.size && std::is_sorted(target.begin(), target.end()), "targets", "must be neurons, ascending");
        if (states != nullptr) check_state(a, states + 3 * row, delay);
        std::size_t from = 0;
        for (std::size_t part = 0; part < writers_.size(); ++part) {
          const std::size_t to = static_cast<std::size_t>(
              std::lower_bound(target.begin() + static_cast<std::ptrdiff_t>(from), target.end(), post.partition.begin[part + 1]) - target.begin());
          if (to == from) continue;
          auto& shard = projection.shards[part];
          const auto rest = [&](RowPosition at, std::size_t begin, std::uint32_t count) {
            for (std::size_t v = 0; v < layout.variables; ++v)
              std::copy_n(variables + synapse * layout.variables + v * target.size() + begin, count,
                          shard.weights(at) + (layout.weights ? count : 0) + v * count);
            // A word each, of which births take the first 32 bits.
            for (std::uint32_t i = 0; births != nullptr && i < count; ++i)
              std::memcpy(shard.store.data() + at + shard.layout.template births_at<R>(count) + i, births + synapse + begin + i, sizeof(std::uint32_t));
            if (states != nullptr) {
              RowState& state = shard.state(at);
              state.arrival = states[3 * row];
              state.consumed = states[3 * row + 1];
              state.base = states[3 * row + 2];
            }
            if (words != nullptr) std::copy_n(words + row * of_row, of_row, shard.traces(at));
            place_visits(part, at, delay, row, asleep, slept, lagged, visited, early, hastened);
          };
          writers_[part].add(
              delay, from, to, [&](std::size_t i) { return target[i] - post.first(part); }, [&](std::size_t i) { return weights[synapse + i]; }, rest);
          from = to;
        }
        while (slept < asleep.size() && asleep[slept].first == row) ++slept;
        while (visited < lagged.size() && lagged[visited].first == row) ++visited;
        while (hastened < early.size() && early[hastened].first == row) ++hastened;
        synapse += target.size();
      }
    }
    a.require(row == row_count && segment == segment_count && synapse == synapses, "rows", "are fewer than their delays, counts and targets");
  }

  void finish() {
    auto& projection = net_.projections_[p_];
    if (source_ != net_.populations_[projection.pre].size) throw Error("rows are of fewer sources than there are");
    for (auto& writer : writers_) writer.finish();
    for (std::size_t part = 0; part < projection.shards.size(); ++part) {
      auto& shard = projection.shards[part];
      // In the order in which spikes reached them.
      std::sort(lagged_[part].begin(), lagged_[part].end());
      for (const auto& [step, stamp, source, at] : lagged_[part]) shard.lagged[step].push_back(at);
      std::sort(shard.asleep.begin(), shard.asleep.end(), [](const auto& x, const auto& y) { return x.row < y.row; });
      send(shard);
      list_arrivals(part);
      check_coming(shard);
    }
  }

 private:
  using Visits = std::vector<std::pair<std::uint32_t, Step>>;

  void check_state(const Archive& a, const std::int32_t* state, std::uint32_t delay) const {
    const auto& projection = net_.projections_[p_];
    const auto& set = net_.plastic_[p_];
    const std::int32_t now = net_.relative(0, net_.now_), dendritic = projection.dendritic(delay);
    const Step origin = net_.parts_state_[0].origin;
    const auto in = [&](std::int32_t step, std::int32_t least, std::int32_t most) { return step >= least && step <= most; };
    // At the synapse, whose calendar is that of its targets: what comes yet is later.
    a.require(state[0] == never || (in(state[0], never, now - dendritic - 1) && origin + state[0] >= -longest_delay), "states",
              "must be of arrivals in the past");
    std::int32_t least = never;
    for (const auto& part : set.parts)
      for (const auto& integral : part.integrals) least = std::max(least, net_.relative(0, integral.origin) - dendritic);
    a.require(in(state[1], least == never ? never : least - 1, now) && in(state[2], least, now - dendritic), "states",
              "must be of the past that the network remembers");
    // Tables know their rows by arrivals at steps that there have been.
    if (set.walk == Walk::table || set.walk == Walk::running)
      a.require(state[0] == never || origin + state[0] >= 0, "states", "must be of arrivals in the past");
  }

  // Spikes reach their rows one after the other: those that have yet to act do so after those that have.
  void check_coming(const Shard<R>& shard) const {
    const auto& projection = net_.projections_[p_];
    if (!projection.stateful()) return;
    const auto check = [&](RowPosition at, Step soma) {
      const RowState& state = shard.state(at);
      const std::int32_t when = net_.relative(0, soma) - 2 * projection.dendritic(state.delay);
      if (when < state.arrival || when < state.base) throw Error("states must be of arrivals before those of the spikes on their way");
    };
    shard.for_each_coming(net_.now_, net_.now_ + projection.max_delay + 1, check);
    shard.lagged.for_each(net_.now_, [&](Step k, const auto& rows) {
      for (const RowPosition at : rows) check(at, k);
    });
    for (const auto& [step, at] : shard.early) check(at, step);
  }

  void place_visits(std::size_t part, RowPosition at, std::uint32_t delay, std::size_t row, const Visits& asleep, std::size_t slept, const Visits& lagged,
                    std::size_t visited, const Visits& early, std::size_t hastened) {
    auto& shard = net_.projections_[p_].shards[part];
    if (slept < asleep.size() && asleep[slept].first == row) shard.asleep.push_back({at, asleep[slept].second});
    const Step lag = net_.plastic_[p_].lag;
    for (; visited < lagged.size() && lagged[visited].first == row; ++visited) {
      const Step step = lagged[visited].second;
      if (step - net_.now_ > lag) throw Error("lagged_steps must be within the delay of the rule");
      lagged_[part].emplace_back(step, step - lag - delay, source_, at);
    }
    for (; hastened < early.size() && early[hastened].first == row; ++hastened) shard.early.emplace_back(early[hastened].second, at);
  }

  // Spikes set out again, from where they are.
  void send(Shard<R>& shard) {
    const auto& projection = net_.projections_[p_];
    for (const auto& [stamp, source, delay] : net_.arriving_[p_]) {
      RowPosition at = shard.first[source];
      std::uint32_t reached = projection.min_delay;
      bool found = false;
      for (; at < shard.rows_end(source) && !found; at = found ? at : shard.next(at)) {
        reached += shard.head(at).gap();
        found = reached >= delay;
      }
      if (!found) continue;
      if (at == shard.first[source] && stamp + projection.min_delay >= net_.now_)
        shard.due[stamp + projection.min_delay].push_back(at);
      else if (shard.staggered)
        shard.walking.push_back({at, static_cast<std::uint32_t>(stamp + reached)});
      else
        throw Error("a spike on its way has no row to arrive at");
    }
  }

  void list_arrivals(std::size_t part) {
    auto& shard = net_.projections_[p_].shards[part];
    if (shard.arrived.empty()) return;
    const auto& set = net_.plastic_[p_];
    const auto& learning = net_.populations_[net_.projections_[p_].post].learning[part];
    shard.for_each_row([&](RowPosition at) {
      const std::int32_t arrival = shard.state(at).arrival;
      if (arrival == never || shard.head(at).count() == 0) return;
      const Step step = net_.parts_state_[part].origin + arrival;
      if (set.walk == Walk::table)
        shard.arrived[learning.tables[set.table].slot(learning.tables[set.table].epoch_of(step))].push_back(at);
      else
        shard.arrived[learning.running[set.table].slot(learning.running[set.table].epoch_of(step))].push_back(at);
    });
  }

  Simulation& net_;
  std::size_t p_;
  bool various_;  // delays
  Neuron source_ = 0;
  std::vector<ShardWriter<R>> writers_;
  std::vector<std::vector<std::tuple<Step, Step, Neuron, RowPosition>>> lagged_;  // step, stamp, source, row
};

// ---- drives, controllers, what acts on parameters ---------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::archive_drive(Archive& a, std::size_t d) {
  std::size_t population = 0;
  std::string part;
  std::vector<ParameterColumn> parameters;
  std::vector<char> member;
  int receptor = -1;
  Values weight{1};
  if (!a.loading()) {
    const auto& drive = drives_[d];
    population = drive.population;
    part = schema_of(drive).text.name;
    parameters = drive.parameters;
    member = drive.member;
    receptor = drive.receptor;
    const std::size_t count = std::min<std::size_t>(drive.weight.size(), populations_[population].size);
    weight.assign(drive.weight.begin(), drive.weight.begin() + static_cast<std::ptrdiff_t>(count));
  }
  a.index("population", population, populations_.size());
  a.text("part", part);
  const Schema& schema = find_schema(part);
  archive_parameters(a, "parameters", schema, parameters, populations_[population].size);
  archive_flags(a, "member", member, populations_[population].size);
  a.number("receptor", receptor, -1);
  a.array("weight", weight);
  if (a.loading()) add_drive(population, ids_of(member), PartSpec{part, by_name(schema, parameters)}, receptor, weight);
  auto& drive = drives_[d];
  a.number("active", drive.active);
  archive_schedule(a, drive.schedule, populations_[population].size);
  if (a.loading()) {
    const bool follows = drive.kind == DriveKind::poisson || drive.kind == DriveKind::constant;
    a.require(follows || drive.schedule.steps.empty(), "schedule", "is not for " + part);
    check_values(schema.text.name, schema.parameters[0], drive.schedule.values);
  }
  if (drive.kind == DriveKind::noise) archive_column(a, "state", drive.state, populations_[population].size);
}

template <class R>
void Simulation<R>::archive_owner(Archive& a, Owner& owner, std::size_t& target) {
  archive_enum(a, "owner", owner, Owner::controller);
  const std::array sizes{populations_.size(), projections_.size(), drives_.size(), controllers_.size()};
  a.index("target", target, sizes[static_cast<std::size_t>(owner)]);
}

// In files of versions that did not write it, what is off stands still from now on.
template <class R>
void Simulation<R>::archive_pause(Archive& a, Pause& pause, bool active) const {
  if (a.loading()) pause.since = active ? Pause::running : now_;
  if (a.has("still_since")) a.number("still_since", pause.since, Pause::running, now_);
}

template <class R>
void Simulation<R>::archive_controller(Archive& a, std::size_t c) {
  Controller fresh;
  Controller& controller = a.loading() ? fresh : controllers_[c];
  std::string part = a.loading() ? "" : std::string(controller.part->schema.text.name);
  a.text("name", controller.name);
  a.text("part", part);
  controller.part = catalogue_.controller(part);
  const auto& operations = *controller.part;
  archive_owner(a, controller.owner, controller.target);
  if (a.loading()) {
    controller.population = controller.owner == Owner::population   ? controller.target
                            : controller.owner == Owner::projection ? projections_[controller.target].post
                                                                    : no_population;
    const bool per_neuron = controller.owner == Owner::population || operations.senses == Senses::spikes;
    a.require(!per_neuron || controller.population != no_population, "target", "has no neurons to go by");
    controller.size = per_neuron ? populations_[controller.population].size : 1;
  }
  archive_flags(a, "member", controller.member, controller.size);
  archive_parameters(a, "parameters", operations.schema, controller.parameters, controller.size);
  archive_effective(a, operations.schema, controller.effective, controller.size);
  std::vector<double> row;
  for (const auto& column : controller.parameters) row.push_back(column[0]);
  if (a.loading()) {
    check_controller(controller, controller.parameters);
    if (!controller.effective.empty()) check_controller(controller, controller.effective);
    const double interval = row[static_cast<std::size_t>(&find_field(operations.schema, "interval") - operations.schema.parameters.data())];
    controller.interval = std::max<Step>(1, static_cast<Step>(interval / dt_ + 0.5));
    if (operations.senses == Senses::spikes) controller.sensor = operations.sensor(row.data());
  }
  a.number("active", controller.active);
  archive_pause(a, controller.pause, controller.active);
  controller.acted = a.loading() || controller.acted;
  if (a.has("acted")) a.number("acted", controller.acted);
  a.number("made", controller.made, 0, now_);
  a.number("last", controller.last, controller.made, std::max(controller.made, controller.pause.clock(now_)));
  if (operations.senses == Senses::weights) {
    a.require(controller.owner == Owner::projection, "owner", "must be a projection");
    const auto& projection = projections_[controller.target];
    a.require(projection.alone && projection.shards[0].layout.weights, "target", "must have weights of its own");
    a.array("at_start", controller.at_start, populations_[operations.of_source(row.data()) ? projection.pre : projection.post].size);
  } else {
    // Nothing is made in the size that a file claims before something of that size has been seen.
    if (a.loading()) controller.state.resize(operations.schema.states.size());
    for (std::size_t s = 0; s < controller.state.size(); ++s)
      a.array("state/" + std::string(operations.schema.states[s].name), controller.state[s], controller.size);
    if (operations.senses == Senses::spikes) {
      for (std::size_t thread = 0; thread < controller.sensed.size(); ++thread) count_sensed(controller, thread);
      controller.sensed.resize(static_cast<std::size_t>(parts_));
      a.array("pending", controller.pending, controller.size);
    }
    a.array("effect", controller.effect, controller.size, Archive::Numbers::any);
    if (operations.act(row.data()) == Act::set) {
      a.require(controller.owner == Owner::projection, "owner", "must be a projection");
      if (a.loading()) controller.rule_state = factor_of_depression(controller);
    }
    a.number("adjusted", controller.adjusted);
    a.number("contribution", controller.contribution);
  }
  if (a.loading()) controllers_.push_back(std::move(fresh));
}

template <class R>
void Simulation<R>::archive_adjusted(Archive& a, std::size_t i) {
  Owner owner = a.loading() ? Owner::population : adjusted_[i].owner;
  std::size_t target = a.loading() ? 0 : adjusted_[i].target;
  std::string name = a.loading() ? "" : adjusted_[i].name;
  archive_owner(a, owner, target);
  a.text("name", name);
  if (a.loading()) {
    for (const auto& other : adjusted_) a.require(other.owner != owner || other.target != target || other.name != name, "name", "is there twice");
    adjusted_.push_back(owner == Owner::projection ? find_in_projection(target, name) : locate(owner, target, name));
  }
  auto& adjusted = adjusted_[i];
  a.array("base", adjusted.base, owner == Owner::projection && !adjusted.gain ? 1 : 0);
  if (a.loading() && !adjusted.base.empty()) check_values(adjusted.part, *adjusted.field, adjusted.base);
  const std::size_t size = owner == Owner::population   ? populations_[target].size
                           : owner == Owner::drive      ? populations_[drives_[target].population].size
                           : owner == Owner::controller ? controllers_[target].size
                                                        : 1;
  const std::size_t count = a.count("contributions", adjusted.contributions.size());
  if (a.loading()) adjusted.contributions.resize(count);
  for (std::size_t k = 0; k < count; ++k) {
    const Archive::Inside inside(a, numbered("contribution", k));
    auto& each = adjusted.contributions[k];
    a.number("id", each.id, 0, static_cast<std::int64_t>(contributions_) - 1);
    a.text("source", each.source);
    a.number("multiply", each.multiply);
    a.number("active", each.active);
    a.array("values", each.values, Archive::Numbers::any);
    a.require(each.values.size() == 1 || each.values.size() == size, "values", "must be one, or one for each of " + std::to_string(size));
  }
}

template <class R>
void Simulation<R>::require_contribution(const Archive& a, const std::string& name, std::size_t adjusted, std::size_t id) const {
  a.require(adjusted < adjusted_.size() && std::any_of(
                                               adjusted_[adjusted].contributions.begin(), adjusted_[adjusted].contributions.end(),
                                               [id](const Contribution& each) { return each.id == id; }),
            name, "contributes to nothing");
}

template <class R>
void Simulation<R>::archive_modifier(Archive& a, std::size_t m) {
  auto& modifier = modifiers_[m];
  a.number("start", modifier.start);
  a.number("stop", modifier.stop);
  a.number("active", modifier.active);
  a.number("on", modifier.on);
  std::vector<std::uint64_t> adjusted, contributions;
  for (const auto& piece : modifier.parts) {
    adjusted.push_back(piece.adjusted);
    contributions.push_back(piece.contribution);
  }
  a.array("adjusted", adjusted);
  a.array("contributions", contributions, adjusted.size());
  if (!a.loading()) return;
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    require_contribution(a, "contributions", adjusted[i], contributions[i]);
    modifier.parts.push_back({adjusted[i], contributions[i]});
  }
}

template <class R>
void Simulation<R>::archive_guard(Archive& a, std::size_t g) {
  auto& guard = guards_[g];
  archive_owner(a, guard.owner, guard.target);
  a.require(guard.owner == Owner::population || guard.owner == Owner::projection, "owner", "must be a population or a projection");
  a.number("low", guard.low, Archive::Numbers::any);
  a.number("high", guard.high, Archive::Numbers::any);
  a.require(guard.low < guard.high, "low", "must be below high");
  a.number("window", guard.window, 1, last_step);
  a.number("made", guard.made, 0, now_);
  a.number("stop", guard.stop);
  a.number("active", guard.active);
  const std::size_t size = guard.owner == Owner::population ? populations_[guard.target].size : 0;
  archive_flags(a, "member", guard.member, size);
  a.number("size", guard.size, 0, static_cast<std::int64_t>(size));
  // Of the newest window.
  typename Guard::Count count;
  for (const auto& each : guard.counts) count.window = std::max(count.window, each.window);
  for (const auto& each : guard.counts)
    if (each.window == count.window) count.spikes += each.spikes;
  a.number("counted_window", count.window);
  a.number("counted_spikes", count.spikes);
  std::vector<Step> steps;
  std::vector<double> values;
  for (const auto& event : guard.events) {
    steps.push_back(event.step);
    values.push_back(event.value);
  }
  a.array("event_steps", steps);
  a.array("event_values", values, steps.size(), Archive::Numbers::any);
  if (!a.loading()) return;
  guard.counts.assign(static_cast<std::size_t>(parts_), {});
  guard.counts[0] = count;
  for (std::size_t i = 0; i < steps.size(); ++i) guard.events.push_back({steps[i], values[i]});
}

// ---- laws of structure ------------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::archive_rewiring(Archive& a, std::size_t r) {
  auto& rewiring = rewirings_[r];
  std::string law = a.loading() ? "" : std::string(rewiring.law->schema.text.name);
  a.text("name", rewiring.name);
  a.text("law", law);
  rewiring.id = r;
  rewiring.law = catalogue_.law(law);
  const auto& operations = *rewiring.law;
  std::vector<std::uint64_t> projections(rewiring.projections.begin(), rewiring.projections.end());
  a.indices("projections", projections, 0, static_cast<std::int64_t>(projections_.size()) - 1);
  rewiring.projections.assign(projections.begin(), projections.end());
  a.require(!projections.empty(), "projections", "must be some");
  const std::size_t pre = projections_[projections[0]].pre;
  for (const std::size_t p : projections) {
    a.require(projections_[p].pre == pre, "projections", "must leave one population");
    a.require(projections_[p].alone, "projections", "must keep their rows to themselves");
  }
  std::vector<ParameterColumn> columns;
  for (const double value : rewiring.parameters) columns.push_back({{value}});
  archive_parameters(a, "parameters", operations.schema, columns, 1);
  rewiring.parameters.clear();
  for (const auto& column : columns) rewiring.parameters.push_back(column[0]);
  if (a.loading()) {
    if (const auto conflict = operations.conflict(rewiring.parameters.data()); !conflict.empty()) a.refuse("parameters", std::string(conflict));
    rewiring.interval = std::max<Step>(1, static_cast<Step>(operations.interval(rewiring.parameters.data()) / dt_ + 0.5));
    for (const std::size_t p : projections) {
      if (operations.forms) check_formed(rewiring, projections_[p]);
      a.require(!operations.elements.empty() || projections.size() == 1, "projections", "must be one");
      a.require(std::count(projections.begin(), projections.end(), p) == 1, "projections", "must differ");
    }
  }
  a.number("active", rewiring.active);
  archive_pause(a, rewiring.pause, rewiring.active);
  a.number("made", rewiring.made, 0, now_);
  const Step present = rewiring.pause.clock(now_);
  a.number("last", rewiring.last, rewiring.made, std::max(rewiring.made, present));
  a.number("created", rewiring.created);
  a.number("removed", rewiring.removed);
  archive_schedule(a, rewiring.schedule, 1);
  auto& places = rewiring.places;
  a.number("dimensions", places.dimensions, 0, 3);
  const auto dimensions = static_cast<std::size_t>(places.dimensions);
  a.optional("places/pre", places.pre, populations_[pre].size * dimensions);
  a.optional("places/extent", places.extent, dimensions);
  const std::size_t posts = a.count("places/posts", places.post.size());
  a.require(posts == 0 || posts == projections.size(), "places/posts", "must be one for each projection");
  places.post.resize(posts);
  for (std::size_t q = 0; q < posts; ++q)
    a.optional(numbered("places/post", q), places.post[q], populations_[projections_[projections[q]].post].size * dimensions);
  const NewSynapses formed = operations.forms ? operations.fresh(rewiring.parameters.data()) : NewSynapses{};
  const bool by_distance = formed.partners == Partners::distance || formed.speed < infinity;
  a.require(!by_distance || (dimensions > 0 && !places.pre.empty() && posts == projections.size() &&
                             std::none_of(places.post.begin(), places.post.end(), [](const Values& each) { return each.empty(); })),
            "places", "are missing, for partners by distance");
  a.indices("last_spike", rewiring.last_spike, 0, present);
  a.require(rewiring.last_spike.size() == populations_[pre].size, "last_spike", "must be of " + std::to_string(populations_[pre].size) + " neurons");
  const std::size_t kinds = !operations.elements.empty() ? 1 + projections.size() : 0;
  if (a.loading()) rewiring.elements.resize(kinds);
  for (std::size_t e = 0; e < kinds; ++e) {
    const Archive::Inside inside(a, numbered("elements", e));
    rewiring.elements[e].part = catalogue_.elements(operations.elements);
    archive_elements(a, present, rewiring.elements[e], e == 0 ? pre : projections_[projections[e - 1]].post);
  }
}

template <class R>
void Simulation<R>::archive_elements(Archive& a, Step present, ElementColumns& columns, std::size_t population) {
  const auto& operations = *columns.part;
  std::vector<ParameterColumn> parameters;
  for (const double value : columns.parameters) parameters.push_back({{value}});
  archive_parameters(a, "parameters", operations.schema, parameters, 1);
  columns.population = population;
  if (a.loading()) {
    for (const auto& column : parameters) columns.parameters.push_back(column[0]);
    if (const auto conflict = operations.conflict(columns.parameters.data()); !conflict.empty()) a.refuse("parameters", std::string(conflict));
    take_parameters(columns);
  }
  const std::size_t size = populations_[population].size;
  a.array("calcium", columns.calcium, size);
  a.array("at_start", columns.at_start, size);
  a.array("elements", columns.z, size);
  a.require(std::all_of(columns.z.begin(), columns.z.end(), [](double z) { return z >= 0; }), "elements", "must not be below 0");
  a.indices("seen", columns.seen, 0, present);
  a.require(columns.seen.size() == size, "seen", "must be of " + std::to_string(size) + " neurons");
  a.array("spikes", columns.spikes, size);
}

// ---- recorders ------------------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::archive_recorder(Archive& a, std::size_t r) {
  if (a.loading()) {
    recorders_.emplace_back();
    share_out(*recorders_[r]);
  }
  Recorder& recorder = *recorders_[r];
  archive_enum(a, "kind", recorder.kind, RecorderKind::elements);
  const auto entries = [&]() -> std::size_t {
    switch (recorder.kind) {
      case RecorderKind::spikes:
      case RecorderKind::states:
      case RecorderKind::rate:
        return populations_.size();
      case RecorderKind::synapses:
      case RecorderKind::structure:
        return projections_.size();
      case RecorderKind::modulator:
        return modulators_.size();
      case RecorderKind::controller:
        return controllers_.size();
      case RecorderKind::elements:
        return rewirings_.size();
    }
    return 0;
  };
  a.index("target", recorder.target, entries());
  a.number("interval", recorder.interval, 1, last_step);
  a.number("created", recorder.created, 0, now_);
  const bool of_neurons = recorder.kind == RecorderKind::spikes || recorder.kind == RecorderKind::rate;
  if (of_neurons) archive_flags(a, "member", recorder.member, populations_[recorder.target].size);
  switch (recorder.kind) {
    case RecorderKind::spikes:
      return archive_recorded_spikes(a, r);
    case RecorderKind::rate:
      return archive_counts(a, recorder);
    case RecorderKind::structure:
      return archive_changes(a, recorder);
    default:
      archive_sampled(a, recorder);
      return archive_samples(a, recorder);
  }
}

template <class R>
void Simulation<R>::share_out(Recorder& recorder) const {
  const auto all = static_cast<std::size_t>(parts_);
  recorder.steps.resize(all);
  recorder.ids.resize(all);
  recorder.owned.resize(all);
  recorder.columns.resize(all);
  recorder.synapses.resize(all);
  recorder.values.resize(all);
  recorder.counts.resize(all);
}

template <class R>
void Simulation<R>::archive_recorded_spikes(Archive& a, std::size_t r) {
  Recorder& recorder = *recorders_[r];
  const auto& population = populations_[recorder.target];
  if (!a.loading()) {
    auto [steps, ids] = spikes(r);
    a.give("steps", std::move(steps));
    a.give("ids", std::move(ids));
    return;
  }
  const auto steps = a.template held_indices<Step>("steps", 0, now_);
  const auto ids = a.template held_indices<Neuron>("ids", 0, std::int64_t{population.size} - 1);
  a.require(ids.size() == steps.size() && std::is_sorted(steps.begin(), steps.end()), "steps", "must ascend, one for each id");
  std::vector<std::size_t> count(recorder.steps.size(), 0);
  const auto owner = [&](std::size_t i) { return static_cast<std::size_t>(population.partition.owner(ids[i])); };
  for (std::size_t i = 0; i < steps.size(); ++i) ++count[owner(i)];
  for (std::size_t part = 0; part < count.size(); ++part) {
    recorder.steps[part].reserve(count[part]);
    recorder.ids[part].reserve(count[part]);
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    recorder.steps[owner(i)].push_back(steps[i]);
    recorder.ids[owner(i)].push_back(ids[i]);
  }
}

template <class R>
void Simulation<R>::archive_counts(Archive& a, Recorder& recorder) {
  std::map<Step, std::int64_t> bins;
  for (std::size_t part = 0; part < recorder.steps.size(); ++part)
    for (std::size_t i = 0; i < recorder.steps[part].size(); ++i) bins[recorder.steps[part][i]] += recorder.counts[part][i];
  const Step first = recorder.created / recorder.interval + 1, last = (now_ + recorder.interval - 1) / recorder.interval;
  archive_map(a, "steps", "counts", bins, first * recorder.interval, last * recorder.interval);
  if (!a.loading()) return;
  for (const auto& [step, count] : bins) {
    a.require(step % recorder.interval == 0, "steps", "must be multiples of the interval");
    recorder.steps[0].push_back(step);
    recorder.counts[0].push_back(count);
  }
}

template <class R>
void Simulation<R>::archive_changes(Archive& a, Recorder& recorder) {
  const auto& projection = projections_[recorder.target];
  std::vector<Step> steps;
  std::vector<Neuron> sources, targets;
  std::vector<char> created;
  for (const Change& change : recorder.changes) {
    steps.push_back(change.step);
    sources.push_back(change.source);
    targets.push_back(change.target);
    created.push_back(change.created ? 1 : 0);
  }
  a.array("steps", steps);
  a.indices("sources", sources, 0, std::int64_t{populations_[projection.pre].size} - 1);
  a.indices("targets", targets, 0, std::int64_t{populations_[projection.post].size} - 1);
  a.array("created_or_removed", created, steps.size());
  if (!a.loading()) return;
  a.require(sources.size() == steps.size() && targets.size() == steps.size(), "steps", "must be as many as sources and targets");
  for (std::size_t i = 0; i < steps.size(); ++i) recorder.changes.push_back({steps[i], sources[i], targets[i], created[i] != 0});
}

// What it samples, by column of the result.
template <class R>
void Simulation<R>::archive_sampled(Archive& a, Recorder& recorder) {
  a.text("variable", recorder.variable);
  a.number("state", recorder.state);
  archive_enum(a, "probe/where", recorder.probe.where, Probe::Where::neuron);
  a.number("probe/at", recorder.probe.at);
  a.number("probe/rule", recorder.probe.rule);
  a.number("width", recorder.width, 0, std::int64_t{1} << 40);
  const bool of_synapses = recorder.kind == RecorderKind::synapses && recorder.probe.where != Probe::Where::neuron;
  if (of_synapses) return archive_sampled_synapses(a, recorder);
  std::vector<Neuron> ids(a.loading() || recorder.kind == RecorderKind::modulator || recorder.kind == RecorderKind::elements ? 0 : recorder.width);
  for (std::size_t part = 0; part < recorder.owned.size() && !ids.empty(); ++part)
    for (std::size_t i = 0; i < recorder.owned[part].size(); ++i) ids[recorder.columns[part][i]] = recorder.owned[part][i];
  a.array("ids", ids);
  if (!a.loading()) return;
  const auto all_in = [&](std::size_t size) {
    a.require(ids.size() == recorder.width && std::all_of(ids.begin(), ids.end(), [size](Neuron i) { return i < size; }), "ids",
              "must be neurons, one for each column");
  };
  const auto deal = [&](const Population<R>& population) {
    all_in(population.size);
    for (std::size_t c = 0; c < ids.size(); ++c) {
      const auto part = static_cast<std::size_t>(population.partition.owner(ids[c]));
      recorder.owned[part].push_back(ids[c]);
      recorder.columns[part].push_back(c);
    }
  };
  switch (recorder.kind) {
    case RecorderKind::states:
      a.require(variable(recorder.target, recorder.variable).state != nullptr, "variable", "must be a state");
      return deal(populations_[recorder.target]);
    case RecorderKind::synapses: {
      const auto& set = plastic_[recorder.target];
      a.require(recorder.probe.rule < set.slots.size() && !set.parts.empty() && recorder.probe.at < set.parts[0].narrow[recorder.probe.rule].size(), "probe",
                "is not a state of neurons");
      return deal(populations_[projections_[recorder.target].post]);
    }
    case RecorderKind::controller:
      a.require(recorder.state < controllers_[recorder.target].state.size(), "state", "is not one of the controller");
      all_in(controllers_[recorder.target].size);
      recorder.owned[0] = ids;
      break;
    case RecorderKind::elements:
      a.require(recorder.state < rewirings_[recorder.target].elements.size(), "state", "is not one of the law");
      a.require(std::ranges::count(variables_of_elements, recorder.variable) == 1, "variable", "must be one of elements");
      a.require(recorder.width == rewirings_[recorder.target].elements[recorder.state].z.size(), "width", "must be the number of neurons");
      break;
    default:
      a.require(recorder.width == 1, "width", "must be 1");
      break;
  }
  for (std::size_t c = 0; c < recorder.width; ++c) recorder.columns[0].push_back(c);
}

// Synapses by their place in canonical order; -1 for those that are gone.
template <class R>
void Simulation<R>::archive_sampled_synapses(Archive& a, Recorder& recorder) {
  std::vector<std::int64_t> places(a.loading() ? 0 : recorder.width, -1);
  if (!a.loading()) {
    std::map<std::tuple<std::size_t, RowPosition, std::uint32_t>, std::vector<std::uint64_t>> columns;
    for (std::size_t part = 0; part < recorder.synapses.size(); ++part)
      for (const auto& each : recorder.synapses[part])
        if (each.row != RowEditor<R>::nowhere) columns[{part, each.row, each.place}].push_back(each.column);
    std::int64_t canonical = 0;
    visit(recorder.target, [&](const Synapse& s) {
      if (const auto found = columns.find({s.part, s.row, s.place}); found != columns.end())
        for (const auto column : found->second) places[column] = canonical;
      ++canonical;
    });
  }
  a.indices("synapses", places, -1, std::numeric_limits<std::int64_t>::max());
  if (!a.loading()) return;
  a.require(places.size() == recorder.width, "synapses", "must be one for each column");
  const auto& set = plastic_[recorder.target];
  const bool of_row = recorder.probe.where == Probe::Where::row;
  a.require(recorder.probe.where == Probe::Where::weight || recorder.probe.at < (of_row ? set.of_row : set.variables), "probe", "is not a state of synapses");
  find_sampled(recorder, places);
}

template <class R>
void Simulation<R>::find_sampled(Recorder& recorder, const std::vector<std::int64_t>& places) {
  std::vector<std::size_t> order(places.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return places[x] < places[y]; });
  std::size_t next = 0;
  // Those that are gone are with a thread that samples.
  const auto& partition = populations_[projections_[recorder.target].post].partition;
  const auto some = static_cast<std::size_t>(partition.owner(0));
  for (; next < order.size() && places[order[next]] < 0; ++next) recorder.synapses[some].push_back({RowEditor<R>::nowhere, 0, order[next]});
  std::int64_t canonical = 0;
  visit(recorder.target, [&](const Synapse& s) {
    for (; next < order.size() && places[order[next]] == canonical; ++next) recorder.synapses[s.part].push_back({s.row, s.place, order[next]});
    ++canonical;
  });
  if (next != order.size()) throw Error("a recorder samples a synapse that there is not");
  for (std::size_t part = 0; part < recorder.synapses.size(); ++part) {
    auto& mine = recorder.synapses[part];
    std::stable_sort(mine.begin(), mine.end(), [](const auto& x, const auto& y) { return x.row < y.row; });
    for (const auto& synapse : mine) recorder.columns[part].push_back(synapse.column);
  }
}

// What it has recorded: [sample][column].
template <class R>
void Simulation<R>::archive_samples(Archive& a, Recorder& recorder) {
  auto& steps = recorder.steps[0];
  a.indices("steps", steps, 0, now_);
  if (a.loading()) return deal_samples(recorder, a.template held<R>("values", steps.size() * recorder.width, Archive::Numbers::any));
  std::vector<R> values(steps.size() * recorder.width);
  for (std::size_t part = 0; part < recorder.columns.size(); ++part) {
    const auto& columns = recorder.columns[part];
    for (std::size_t t = 0; t < steps.size(); ++t)
      for (std::size_t c = 0; c < columns.size(); ++c) values[t * recorder.width + columns[c]] = recorder.values[part][t * columns.size() + c];
  }
  a.give("values", std::move(values));
}

template <class R>
void Simulation<R>::deal_samples(Recorder& recorder, const Archive::Held<R>& values) const {
  for (std::size_t part = 0; part < recorder.columns.size(); ++part) {
    recorder.values[part].reserve(recorder.steps[0].size() * recorder.columns[part].size());
    for (std::size_t t = 0; t < recorder.steps[0].size(); ++t)
      for (const std::size_t column : recorder.columns[part]) recorder.values[part].push_back(values[t * recorder.width + column]);
  }
}

// ---- the whole --------------------------------------------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::archive_agenda(Archive& a) {
  std::vector<std::int32_t> kinds;
  std::vector<std::uint64_t> indices;
  std::vector<Step> done;
  for (const Due& due : agenda_) {
    kinds.push_back(static_cast<std::int32_t>(due.kind));
    indices.push_back(due.index);
    done.push_back(due.done);
  }
  const Archive::Inside inside(a, "agenda");
  a.indices("kinds", kinds, 0, static_cast<std::int64_t>(Due::Kind::structure));
  a.array("indices", indices, kinds.size());
  a.array("done", done, kinds.size());
  if (!a.loading()) return;
  const std::array sizes{recorders_.size(), controllers_.size(), modifiers_.size(), guards_.size(), rewirings_.size()};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    a.require(indices[i] < sizes[static_cast<std::size_t>(kinds[i])], "indices", "must be of what there is");
    a.require(done[i] >= -1 && done[i] <= now_, "done", "must be in the past");
    const auto kind = static_cast<typename Due::Kind>(kinds[i]);
    if (kind == Due::Kind::sample) {
      const auto of = recorders_[indices[i]]->kind;
      a.require(of == RecorderKind::controller || of == RecorderKind::elements, "kinds", "must be of recorders of slow variables");
    }
    agenda_.push_back({kind, static_cast<std::size_t>(indices[i]), done[i]});
  }
}

// The spikes of the last step, which are stamped with the present one.
template <class R>
void Simulation<R>::archive_newest(Archive& a) {
  bool some = last_interval_ > 0;
  a.number("has_run", some);
  if (!some) return;
  if (a.loading()) {
    last_interval_ = 1;
    for (auto& state : parts_state_) state.emitted[parity_ ^ 1].assign(populations_.size(), Emitted(1));
  }
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    const auto& population = populations_[p];
    std::vector<std::vector<Neuron>> lists(parts_state_.size());
    for (std::size_t part = 0; part < lists.size() && !a.loading(); ++part) lists[part] = newest_spikes(part, p);
    archive_neurons(a, numbered("newest", p), population, [&](std::size_t part) -> auto& { return lists[part]; });
    for (std::size_t part = 0; part < lists.size() && a.loading(); ++part)
      for (const Neuron i : lists[part]) parts_state_[part].emitted[parity_ ^ 1][p][0].push_back(population.first(part) + i);
  }
}

// Calls f(i, count) for each thing of a list, under its name.
template <class F>
static void for_each_named(Archive& a, const std::string& singular, const std::string& plural, std::size_t there, F&& f) {
  const std::size_t count = a.count(plural, there);
  for (std::size_t i = 0; i < count; ++i) {
    const Archive::Inside inside(a, numbered(singular, i));
    f(i, count);
  }
}

// What synapses need, to be there.
template <class R>
void Simulation<R>::archive_before_rows(Archive& a) {
  a.number("now", now_, 0, last_step);
  Step origin = parts_state_[0].origin;
  a.number("origin", origin, 0, now_);
  a.require(now_ - origin < Step{1} << 30, "origin", "is too far back");
  for (auto& state : parts_state_) state.origin = origin;
  a.number("contributions", contributions_, 0, std::int64_t{1} << 40);
  for_each_named(a, "modulator", "modulators", modulators_.size(), [&](std::size_t i, std::size_t) { archive_modulator(a, i); });
  for_each_named(a, "population", "populations", populations_.size(), [&](std::size_t i, std::size_t) { archive_population(a, i); });
  for_each_named(a, "projection", "projections", projections_.size(), [&](std::size_t i, std::size_t) { archive_projection(a, i); });
  for (std::size_t i = 0; i < modulators_.size(); ++i) {
    const Archive::Inside inside(a, numbered("modulator", i));
    archive_levels(a, i);
  }
  for (std::size_t i = 0; i < populations_.size(); ++i) {
    const Archive::Inside inside(a, numbered("population", i));
    archive_learning(a, i);
  }
}

// What acts on synapses, counts them or samples them.
template <class R>
void Simulation<R>::archive_after_rows(Archive& a) {
  for_each_named(a, "drive", "drives", drives_.size(), [&](std::size_t i, std::size_t) { archive_drive(a, i); });
  for_each_named(a, "controller", "controllers", controllers_.size(), [&](std::size_t i, std::size_t) { archive_controller(a, i); });
  for_each_named(a, "adjusted", "adjustments", adjusted_.size(), [&](std::size_t i, std::size_t) { archive_adjusted(a, i); });
  for_each_named(a, "modifier", "modifiers", modifiers_.size(), [&](std::size_t i, std::size_t count) {
    modifiers_.resize(count);
    archive_modifier(a, i);
  });
  for_each_named(a, "guard", "guards", guards_.size(), [&](std::size_t i, std::size_t count) {
    guards_.resize(count);
    archive_guard(a, i);
  });
  for_each_named(a, "rewiring", "rewirings", rewirings_.size(), [&](std::size_t i, std::size_t count) {
    rewirings_.resize(count);
    archive_rewiring(a, i);
  });
  for_each_named(a, "recorder", "recorders", recorders_.size(), [&](std::size_t i, std::size_t) { archive_recorder(a, i); });
  archive_agenda(a);
  archive_newest(a);
}

// What follows from what has been read.
template <class R>
void Simulation<R>::derive_all(const Archive& a) {
  for (const auto& controller : controllers_)
    if (controller.part->senses != Senses::weights && !controller.rule_state) {
      require_contribution(a, "controllers", controller.adjusted, controller.contribution);
      const auto& adjusted = adjusted_[controller.adjusted];
      a.require(adjusted.owner == controller.owner && adjusted.target == controller.target, "controllers", "act on something else than they are for");
    }
  for (auto& population : populations_) {
    if (population.source == SourceKind::poisson) derive_source(population);
    if (population.source == SourceKind::none) derive(population);
  }
  for (auto& drive : drives_) derive_drive(drive);
  choose_interval();
}

template <class R>
SavedTree Simulation<R>::save() {
  if (failed_) throw Error("this network stopped with an error and cannot be saved; build it again");
  const FlushDenormals flush;
  for (std::size_t pre = 0; pre < populations_.size(); ++pre) unbundle(pre);
  // Threads bring their rows up to date at moments of their own; here they do it together, so that what is written does not depend on them.
  for (std::size_t p = 0; p < populations_.size(); ++p)
    for (std::size_t part = 0; part < populations_[p].learning.size() && populations_[p].replayed; ++part) sweep(part, p, now_ - 1);
  Archive a;
  archive_before_rows(a);
  archive_after_rows(a);
  for (std::size_t p = 0; p < populations_.size(); ++p)
    for (std::size_t part = 0; part < populations_[p].learning.size(); ++part) refresh_views(part, p);
  return a.take();
}

template <class R>
void Simulation<R>::load(SavedTree tree) {
  if (!populations_.empty() || now_ != 0) throw Error("only an empty network can be loaded into");
  loading_.emplace(std::move(tree));
  archive_before_rows(*loading_);
}

template <class R>
void Simulation<R>::begin_rows(std::size_t p, std::uint64_t sources, std::uint64_t rows, std::uint64_t synapses) {
  dealer_ = std::make_shared<RowDealer>(*this, p, sources, rows, synapses);
}

template <class R>
void Simulation<R>::load_rows(SavedTree tree) {
  Archive a(std::move(tree));
  dealer_->add(a);
}

template <class R>
void Simulation<R>::end_rows() {
  dealer_->finish();
  dealer_.reset();
}

// Only now is there what recorders and laws look at.
template <class R>
void Simulation<R>::end_loading() {
  for (const auto& projection : projections_)
    for (const auto& shard : projection.shards)
      if (shard.first.size() != std::size_t{populations_[projection.pre].size} + 1) throw Error("rows of a projection are missing");
  archive_after_rows(*loading_);
  derive_all(*loading_);
  loading_->finish();
  loading_.reset();
  arriving_.clear();
  refresh_all_views();
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
