// In a file, what happens between steps: drives, controllers, adjustments, modifiers, guards, laws of structure, the agenda.
#include "engine/checkpoint/slow.hpp"

#include <algorithm>

#include "engine/build/schedules.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/core/drives.hpp"
#include "engine/network.hpp"
#include "engine/slow/adjust.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/slow/controllers.hpp"
#include "engine/structure/elements.hpp"
#include "engine/structure/laws.hpp"
#include "engine/targets/owners.hpp"

namespace plastica {

template <class R>
void archive_drive(Network<R>& net, Archive& a, std::size_t d) {
  std::size_t population = 0;
  std::string part;
  std::vector<ParameterColumn> parameters;
  std::vector<char> member;
  int receptor = -1;
  Values weight{1};
  if (!a.loading()) {
    const auto& drive = *net.drives[d];
    population = drive.population;
    part = drive.part->schema.text.name;
    parameters = drive.parameters;
    member = drive.member;
    receptor = drive.receptor;
    const std::size_t count = std::min<std::size_t>(drive.weight.size(), net.populations[population].size);
    weight.assign(drive.weight.begin(), drive.weight.begin() + static_cast<std::ptrdiff_t>(count));
  }
  a.index("population", population, net.populations.size());
  a.text("part", part);
  const Schema& schema = net.catalogue.stimulus(part)->schema;
  archive_parameters(a, "parameters", schema, parameters, net.populations[population].size);
  archive_flags(a, "member", member, net.populations[population].size);
  a.number("receptor", receptor, -1);
  a.array("weight", weight);
  if (a.loading()) add_drive(net, population, ids_of(member), PartSpec{part, by_name(schema, parameters)}, receptor, weight);
  auto& drive = *net.drives[d];
  a.number("active", drive.active);
  archive_schedule(a, drive.schedule, net.populations[population].size);
  if (a.loading()) {
    a.require(follows_schedule(schema) || drive.schedule.steps.empty(), "schedule", "is not for " + part);
    check_values(schema.text.name, schema.parameters[0], drive.schedule.values);
  }
  drive.save(a, net.populations[population].size);
}

template <class R>
static void archive_owner(Network<R>& net, Archive& a, Owner& owner, std::size_t& target) {
  auto number = static_cast<std::size_t>(owner);
  a.number("owner", number, 0, static_cast<std::int64_t>(std::tuple_size_v<Owners>) - 1);
  owner = static_cast<Owner>(number);
  a.index("target", target, kind_of<R>(owner).count(net));
}

// In files of versions that did not write it, what is off stands still from now on.
template <class R>
static void archive_pause(const Network<R>& net, Archive& a, Pause& pause, bool active) {
  if (a.loading()) pause.since = active ? Pause::running : net.now;
  if (a.has("still_since")) a.number("still_since", pause.since, Pause::running, net.now);
}

template <class R>
void archive_controller(Network<R>& net, Archive& a, std::size_t c) {
  Controller fresh;
  Controller& controller = a.loading() ? fresh : net.controllers[c];
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
  std::vector<double> row;
  for (const auto& column : controller.parameters) row.push_back(column[0]);
  if (a.loading()) {
    check_controller(net, controller, controller.parameters);
    if (!controller.effective.empty()) check_controller(net, controller, controller.effective);
    const double interval = row[static_cast<std::size_t>(&find_field(operations.schema, "interval") - operations.schema.parameters.data())];
    controller.interval = std::max<Step>(1, static_cast<Step>(interval / net.dt + 0.5));
    if (operations.senses == Senses::spikes) controller.sensor = operations.sensor(row.data());
  }
  a.number("active", controller.active);
  archive_pause(net, a, controller.pause, controller.active);
  controller.acted = a.loading() || controller.acted;
  if (a.has("acted")) a.number("acted", controller.acted);
  a.number("made", controller.made, 0, net.now);
  a.number("last", controller.last, controller.made, std::max(controller.made, controller.pause.clock(net.now)));
  if (operations.senses == Senses::weights) {
    a.require(kind_of<R>(controller.owner).synapses(), "owner", "must be a projection");
    const auto& projection = net.projections[controller.target];
    a.require(projection.alone && projection.shards[0].layout.weights, "target", "must have weights of its own");
    a.array("at_start", controller.at_start, net.populations[operations.of_source(row.data()) ? projection.pre : projection.post].size);
  } else {
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
    if (operations.act(row.data()) == Act::set) {
      a.require(kind_of<R>(controller.owner).synapses(), "owner", "must be a projection");
      if (a.loading()) controller.rule_state = factor_of_depression(net, controller);
    }
    a.number("adjusted", controller.adjusted);
    a.number("contribution", controller.contribution);
  }
  if (a.loading()) net.controllers.push_back(std::move(fresh));
}

// What is written of it is enough to find it again.
template <class R>
static Target<R>& archive_target(Network<R>& net, Archive& a, std::size_t i) {
  Owner owner{};
  std::size_t index = 0;
  std::string name;
  if (!a.loading()) {
    const auto& target = *net.adjusted[i].target;
    owner = target.owner;
    index = target.index;
    name = target.name;
  }
  archive_owner(net, a, owner, index);
  a.text("name", name);
  if (a.loading()) {
    a.require(adjusted_of(net, owner, index, name) == nullptr, "name", "is there twice");
    net.adjusted.push_back({Owned<Target<R>>(kind_of<R>(owner).relocate(net, index, name))});
    auto& target = *net.adjusted[i].target;
    target.owner = owner;
    target.index = index;
    target.name = name;
  }
  return *net.adjusted[i].target;
}

template <class R>
void archive_adjusted(Network<R>& net, Archive& a, std::size_t i) {
  auto& target = archive_target(net, a, i);
  target.save(a);
  const std::size_t size = kind_of<R>(target.owner).size(net, target.index);
  auto& contributions = net.adjusted[i].contributions;
  const std::size_t count = a.count("contributions", contributions.size());
  if (a.loading()) contributions.resize(count);
  for (std::size_t k = 0; k < count; ++k) {
    const Archive::Inside inside(a, numbered("contribution", k));
    auto& each = contributions[k];
    a.number("id", each.id, 0, static_cast<std::int64_t>(net.contributions) - 1);
    a.text("source", each.source);
    a.number("multiply", each.multiply);
    a.number("active", each.active);
    a.array("values", each.values, Archive::Numbers::any);
    a.require(each.values.size() == 1 || each.values.size() == size, "values", "must be one, or one for each of " + std::to_string(size));
  }
}

template <class R>
void require_contribution(const Network<R>& net, const Archive& a, const std::string& name, std::size_t adjusted, std::size_t id) {
  a.require(adjusted < net.adjusted.size() && std::any_of(
                                                  net.adjusted[adjusted].contributions.begin(), net.adjusted[adjusted].contributions.end(),
                                                  [id](const Contribution& each) { return each.id == id; }),
            name, "contributes to nothing");
}

template <class R>
void archive_modifier(Network<R>& net, Archive& a, std::size_t m) {
  auto& modifier = net.modifiers[m];
  a.number("start", modifier.start);
  a.number("stop", modifier.stop);
  a.number("active", modifier.active);
  a.number("on", modifier.on);
  std::vector<std::uint64_t> adjusted, contributions;
  for (const auto& piece : modifier.pieces) {
    adjusted.push_back(piece.adjusted);
    contributions.push_back(piece.contribution);
  }
  a.array("adjusted", adjusted);
  a.array("contributions", contributions, adjusted.size());
  if (!a.loading()) return;
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    require_contribution(net, a, "contributions", adjusted[i], contributions[i]);
    modifier.pieces.push_back({adjusted[i], contributions[i]});
  }
}

template <class R>
void archive_guard(Network<R>& net, Archive& a, std::size_t g) {
  auto& guard = net.guards[g];
  archive_owner(net, a, guard.owner, guard.target);
  const auto& kind = kind_of<R>(guard.owner);
  a.require(kind.neurons() || kind.synapses(), "owner", "must be a population or a projection");
  guard.population = kind.neurons() ? guard.target : no_population;
  a.number("low", guard.low, Archive::Numbers::any);
  a.number("high", guard.high, Archive::Numbers::any);
  a.require(guard.low < guard.high, "low", "must be below high");
  a.number("window", guard.window, 1, last_step);
  a.number("made", guard.made, 0, net.now);
  a.number("stop", guard.stop);
  a.number("active", guard.active);
  const std::size_t size = kind.neurons() ? net.populations[guard.target].size : 0;
  archive_flags(a, "member", guard.member, size);
  a.number("size", guard.size, 0, static_cast<std::int64_t>(size));
  // Of the newest window.
  Guard::Count count;
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
  guard.counts.assign(static_cast<std::size_t>(net.share_count), {});
  guard.counts[0] = count;
  for (std::size_t i = 0; i < steps.size(); ++i) guard.events.push_back({steps[i], values[i]});
}

template <class R>
void archive_rewiring(Network<R>& net, Archive& a, std::size_t r) {
  auto& rewiring = net.rewirings[r];
  std::string law = a.loading() ? "" : std::string(rewiring.law->schema.text.name);
  a.text("name", rewiring.name);
  a.text("law", law);
  rewiring.id = r;
  rewiring.law = net.catalogue.law(law);
  const auto& operations = *rewiring.law;
  std::vector<std::uint64_t> projections(rewiring.projections.begin(), rewiring.projections.end());
  a.indices("projections", projections, 0, static_cast<std::int64_t>(net.projections.size()) - 1);
  rewiring.projections.assign(projections.begin(), projections.end());
  a.require(!projections.empty(), "projections", "must be some");
  const std::size_t pre = net.projections[projections[0]].pre;
  for (const std::size_t p : projections) {
    a.require(net.projections[p].pre == pre, "projections", "must leave one population");
    a.require(net.projections[p].alone, "projections", "must keep their rows to themselves");
  }
  std::vector<ParameterColumn> columns;
  for (const double value : rewiring.parameters) columns.push_back({{value}});
  archive_parameters(a, "parameters", operations.schema, columns, 1);
  rewiring.parameters.clear();
  for (const auto& column : columns) rewiring.parameters.push_back(column[0]);
  if (a.loading()) {
    if (const auto conflict = operations.conflict(rewiring.parameters.data()); !conflict.empty()) a.refuse("parameters", std::string(conflict));
    rewiring.interval = std::max<Step>(1, static_cast<Step>(operations.interval(rewiring.parameters.data()) / net.dt + 0.5));
    for (const std::size_t p : projections) {
      if (operations.forms) check_formed(net, rewiring, net.projections[p]);
      a.require(!operations.elements.empty() || projections.size() == 1, "projections", "must be one");
      a.require(std::count(projections.begin(), projections.end(), p) == 1, "projections", "must differ");
    }
  }
  a.number("active", rewiring.active);
  archive_pause(net, a, rewiring.pause, rewiring.active);
  a.number("made", rewiring.made, 0, net.now);
  const Step present = rewiring.pause.clock(net.now);
  a.number("last", rewiring.last, rewiring.made, std::max(rewiring.made, present));
  a.number("created", rewiring.created);
  a.number("removed", rewiring.removed);
  archive_schedule(a, rewiring.schedule, 1);
  auto& places = rewiring.places;
  a.number("dimensions", places.dimensions, 0, 3);
  const auto dimensions = static_cast<std::size_t>(places.dimensions);
  a.optional("places/pre", places.pre, net.populations[pre].size * dimensions);
  a.optional("places/extent", places.extent, dimensions);
  const std::size_t posts = a.count("places/posts", places.post.size());
  a.require(posts == 0 || posts == projections.size(), "places/posts", "must be one for each projection");
  places.post.resize(posts);
  for (std::size_t q = 0; q < posts; ++q)
    a.optional(numbered("places/post", q), places.post[q], net.populations[net.projections[projections[q]].post].size * dimensions);
  const NewSynapses formed = operations.forms ? operations.fresh(rewiring.parameters.data()) : NewSynapses{};
  const bool by_distance = formed.partners == Partners::distance || formed.speed < infinity;
  a.require(!by_distance || (dimensions > 0 && !places.pre.empty() && posts == projections.size() &&
                             std::none_of(places.post.begin(), places.post.end(), [](const Values& each) { return each.empty(); })),
            "places", "are missing, for partners by distance");
  a.indices("last_spike", rewiring.last_spike, 0, present);
  a.require(rewiring.last_spike.size() == net.populations[pre].size, "last_spike", "must be of " + std::to_string(net.populations[pre].size) + " neurons");
  const std::size_t kinds = !operations.elements.empty() ? 1 + projections.size() : 0;
  if (a.loading()) rewiring.elements.resize(kinds);
  for (std::size_t e = 0; e < kinds; ++e) {
    const Archive::Inside inside(a, numbered("elements", e));
    rewiring.elements[e].part = net.catalogue.elements(operations.elements);
    archive_elements(net, a, present, rewiring.elements[e], e == 0 ? pre : net.projections[projections[e - 1]].post);
  }
}

template <class R>
static void archive_elements(Network<R>& net, Archive& a, Step present, ElementColumns& columns, std::size_t population) {
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
  const std::size_t size = net.populations[population].size;
  a.array("calcium", columns.calcium, size);
  a.array("at_start", columns.at_start, size);
  a.array("elements", columns.z, size);
  a.require(std::all_of(columns.z.begin(), columns.z.end(), [](double z) { return z >= 0; }), "elements", "must not be below 0");
  a.indices("seen", columns.seen, 0, present);
  a.require(columns.seen.size() == size, "seen", "must be of " + std::to_string(size) + " neurons");
  a.array("spikes", columns.spikes, size);
}

template <class R>
void archive_agenda(Network<R>& net, Archive& a) {
  std::vector<std::int32_t> kinds;
  std::vector<std::uint64_t> indices;
  std::vector<Step> done;
  for (const auto& occasion : net.agenda) {
    kinds.push_back(static_cast<std::int32_t>(number_of(occasion_kinds, occasion->kind())));
    indices.push_back(occasion->index);
    done.push_back(occasion->done);
  }
  const Archive::Inside inside(a, "agenda");
  a.indices("kinds", kinds, 0, static_cast<std::int64_t>(occasion_kinds.size()) - 1);
  a.array("indices", indices, kinds.size());
  a.array("done", done, kinds.size());
  if (!a.loading()) return;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    put_on_agenda(net, *occasion_kinds[static_cast<std::size_t>(kinds[i])], indices[i], done[i]);
    const auto& occasion = *net.agenda.back();
    a.require(occasion.index < occasion.count(net), "indices", "must be of what there is");
    a.require(occasion.done >= -1 && occasion.done <= net.now, "done", "must be in the past");
    occasion.check(net, a);
  }
}

PLASTICA_INSTANTIATE(archive_drive);
PLASTICA_INSTANTIATE(archive_controller);
PLASTICA_INSTANTIATE(archive_adjusted);
PLASTICA_INSTANTIATE(require_contribution);
PLASTICA_INSTANTIATE(archive_modifier);
PLASTICA_INSTANTIATE(archive_guard);
PLASTICA_INSTANTIATE(archive_rewiring);
PLASTICA_INSTANTIATE(archive_agenda);

}  // namespace plastica
