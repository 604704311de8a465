// Laws of structure: putting them in force, reading and setting them.
#include "engine/structure/laws.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/memory.hpp"
#include "engine/build/connect.hpp"
#include "engine/build/populations.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/core/rewiring.hpp"
#include "engine/network.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/step/bundle.hpp"
#include "engine/structure/degrees.hpp"
#include "engine/structure/elements.hpp"

namespace plastica {

template <class R>
std::size_t add_rewiring(Network<R>& net, const std::string& name, const std::vector<std::size_t>& projections, const std::vector<PartSpec>& specs,
                         const Places& places) {
  Rewiring rewiring{.name = name, .law = net.catalogue.law(specs.at(0).part), .id = net.rewirings.size(), .projections = projections};
  const auto& law = *rewiring.law;
  for (const auto& column : resolve(law.schema, specs[0].parameters, 1)) rewiring.parameters.push_back(column[0]);
  check_law(law, rewiring.parameters);
  rewiring.interval = std::max<Step>(1, steps_in(law.interval(rewiring.parameters.data()), net.dt));
  rewiring.made = rewiring.last = net.now;
  rewiring.places = places;
  for (const std::size_t p : projections) check_rewired(net, rewiring, p);
  rewiring.last_spike.assign(net.populations[net.projections[projections[0]].pre].size, net.now);
  if (!law.elements.empty()) {
    begin_elements(net, rewiring, specs.at(1), net.projections[projections[0]].pre, std::nullopt);
    for (std::size_t q = 0; q < projections.size(); ++q) begin_elements(net, rewiring, specs.at(2 + q), net.projections[projections[q]].post, q);
  }
  for (const std::size_t p : projections) on_its_own(net, p).alone = true;
  net.rewirings.push_back(std::move(rewiring));
  put_on_agenda(net, to_rewire, net.rewirings.size() - 1);
  return net.rewirings.size() - 1;
}

template <class R>
static void check_rewired(const Network<R>& net, const Rewiring& rewiring, std::size_t p) {
  const auto& projection = net.projections.at(p);
  const auto& law = *rewiring.law;
  const std::string part(law.schema.text.name);
  if (projection.pre != net.projections[rewiring.projections[0]].pre) throw Error(part + ": several projections must leave the same population");
  for (const auto& other : net.rewirings)
    if (!law.elements.empty() && !other.law->elements.empty() && std::count(other.projections.begin(), other.projections.end(), p) > 0)
      throw Error(part + ": the elements of this projection are those of '" + other.name + "' already");
  if (!law.forms) return;
  check_formed(net, rewiring, projection);
  const double weight = law.fresh(rewiring.parameters.data()).weight;
  if (projection.learns() && projection.synapses() > 0 && weight != 0 && sign_of<R>({&weight, 1}) != projection.sign)
    throw Error(part + ".weight: the weights of a plastic projection must all have one sign; make two projections");
}

// Whether synapses that a law forms can be those of a projection.
template <class R>
void check_formed(const Network<R>& net, const Rewiring& rewiring, const Projection<R>& projection) {
  const auto& law = *rewiring.law;
  const NewSynapses fresh = law.fresh(rewiring.parameters.data());
  try {
    const double weight = fresh.weight;
    check_weights(net, projection, {&weight, 1});
    static_cast<void>(delay_steps(fresh.delay, net.dt));
  } catch (const Error& error) {
    throw Error(std::string(law.schema.text.name) + "." + error.what());
  }
}

template <class R>
Values elements_get(Network<R>& net, std::size_t id, std::size_t column, const std::string& name) {
  const auto& rewiring = net.rewirings.at(id);
  const auto& columns = rewiring.elements.at(column);
  const std::size_t size = columns.z.size();
  if (name == "z") return columns.z;
  Values values(size);
  if (name == "Ca") {
    for (std::size_t i = 0; i < size; ++i) values[i] = columns.calcium_at(i, rewiring.pause.clock(net.now), net.dt);
    return values;
  }
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q) {
    if (column > 0 && column - 1 != q) continue;
    const Degrees degrees = degrees_of(net, rewiring.projections[q]);
    for (std::size_t i = 0; i < size; ++i) values[i] += (column > 0 ? degrees.in : degrees.out)[i];
  }
  if (name == "vacant")
    for (std::size_t i = 0; i < size; ++i) values[i] = std::max(0.0, std::floor(columns.z[i]) - values[i]);
  return values;
}

template <class R>
void elements_set(Network<R>& net, std::size_t id, std::size_t column, const std::string& name, const Values& values) {
  auto& columns = net.rewirings.at(id).elements.at(column);
  const Step now = net.rewirings[id].pause.clock(net.now);
  const Schema& schema = columns.part->schema;
  const auto field = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& each) { return each.name == name; });
  check_values(schema.text.name, *field, values);
  for (std::size_t i = 0; i < columns.z.size(); ++i) {
    const double value = values[values.size() == 1 ? 0 : i];
    if (name == "z") {
      columns.z[i] = value;
      continue;
    }
    // As if spikes had brought it: the mean of the interval stays exact.
    columns.at_start[i] += value - columns.calcium_at(i, now, net.dt);
    columns.calcium[i] = value;
    columns.seen[i] = now;
  }
}

template <class R>
double rewiring_get(const Network<R>& net, std::size_t id, const std::string& name) {
  const auto& rewiring = net.rewirings.at(id);
  const double value = rewiring.parameters[parameter_index(rewiring.law->schema, name)];
  if (name != "rate" || rewiring.schedule.steps.empty()) return value;
  static constexpr std::array before_the_first{0.0};
  return rewiring.schedule.in_force(net.now, before_the_first)[0];
}

template <class R>
void rewiring_set(Network<R>& net, std::size_t id, const std::string& name, double value) {
  auto& rewiring = net.rewirings.at(id);
  const auto& law = *rewiring.law;
  const Field& field = find_field(law.schema, name);
  const std::string what = std::string(law.schema.text.name) + "." + name;
  if (!field.choices.empty() || field.fixed) throw Error(what + " is fixed when the law is put in force");
  check_value(law.schema.text.name, field, value);
  Rewiring changed = rewiring;
  if (name == "rate") changed.schedule = {};
  changed.parameters[parameter_index(law.schema, name)] = value;
  check_law(law, changed.parameters);
  const auto others = std::exchange(rewiring.projections, {});
  try {
    for (const std::size_t p : others) check_rewired(net, changed, p);
  } catch (...) {
    rewiring.projections = others;
    throw;
  }
  rewiring = std::move(changed);
}

template <class R>
void set_rewiring_schedule(Network<R>& net, std::size_t id, std::vector<Step> steps, Values values) {
  auto& rewiring = net.rewirings.at(id);
  const Schema& schema = rewiring.law->schema;
  check_values(schema.text.name, find_field(schema, "rate"), values);
  rewiring.schedule = {std::move(steps), std::move(values), 1};
}

template <class R>
bool rewiring_active(const Network<R>& net, std::size_t rewiring) {
  return net.rewirings.at(rewiring).active;
}

template <class R>
void set_rewiring_active(Network<R>& net, std::size_t rewiring, bool on) {
  net.rewirings.at(rewiring).active = on;
}

template <class R>
std::pair<std::uint64_t, std::uint64_t> rewired(const Network<R>& net, std::size_t rewiring) {
  return {net.rewirings.at(rewiring).created, net.rewirings.at(rewiring).removed};
}

template <class R>
std::array<double, structure_phases.size()> rewiring_timings(const Network<R>& net, std::size_t rewiring) {
  return net.rewirings.at(rewiring).timings;
}

// Which law it is, of which projections, with which parameters.
template <class R>
static void archive_law(Network<R>& net, Archive& a, Rewiring& rewiring) {
  std::string law = a.loading() ? "" : std::string(rewiring.law->schema.text.name);
  a.text("name", rewiring.name);
  a.text("law", law);
  rewiring.law = net.catalogue.law(law);
  const auto& operations = *rewiring.law;
  std::vector<std::uint64_t> projections(rewiring.projections.begin(), rewiring.projections.end());
  a.indices("projections", projections, 0, static_cast<std::int64_t>(net.projections.size()) - 1);
  rewiring.projections.assign(projections.begin(), projections.end());
  a.require(!projections.empty(), "projections", "must be some");
  for (const std::size_t p : projections) {
    a.require(net.projections[p].pre == net.projections[projections[0]].pre, "projections", "must leave one population");
    a.require(net.projections[p].alone, "projections", "must keep their rows to themselves");
  }
  std::vector<ParameterColumn> columns;
  for (const double value : rewiring.parameters) columns.push_back({{value}});
  archive_parameters(a, "parameters", operations.schema, columns, 1);
  rewiring.parameters.clear();
  for (const auto& column : columns) rewiring.parameters.push_back(column[0]);
  if (!a.loading()) return;
  if (const auto conflict = operations.conflict(rewiring.parameters.data()); !conflict.empty()) a.refuse("parameters", std::string(conflict));
  rewiring.interval = std::max<Step>(1, static_cast<Step>(operations.interval(rewiring.parameters.data()) / net.dt + 0.5));
  for (const std::size_t p : projections) {
    if (operations.forms) check_formed(net, rewiring, net.projections[p]);
    a.require(!operations.elements.empty() || projections.size() == 1, "projections", "must be one");
    a.require(std::count(projections.begin(), projections.end(), p) == 1, "projections", "must differ");
  }
}

// Where neurons are, if partners are found by distance.
template <class R>
static void archive_places(const Network<R>& net, Archive& a, Rewiring& rewiring) {
  const auto& operations = *rewiring.law;
  const auto& projections = rewiring.projections;
  auto& places = rewiring.places;
  a.number("dimensions", places.dimensions, 0, 3);
  const auto dimensions = static_cast<std::size_t>(places.dimensions);
  a.optional("places/pre", places.pre, net.populations[net.projections[projections[0]].pre].size * dimensions);
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
}

template <class R>
void archive_rewiring(Network<R>& net, Archive& a, std::size_t r) {
  auto& rewiring = net.rewirings[r];
  rewiring.id = r;
  archive_law(net, a, rewiring);
  a.number("active", rewiring.active);
  rewiring.pause.save(a, net.now, rewiring.active);
  a.number("made", rewiring.made, 0, net.now);
  const Step present = rewiring.pause.clock(net.now);
  a.number("last", rewiring.last, rewiring.made, std::max(rewiring.made, present));
  a.number("created", rewiring.created);
  a.number("removed", rewiring.removed);
  archive_schedule(a, rewiring.schedule, 1);
  archive_places(net, a, rewiring);
  const std::size_t pre = net.projections[rewiring.projections[0]].pre;
  a.indices("last_spike", rewiring.last_spike, 0, present);
  a.require(rewiring.last_spike.size() == net.populations[pre].size, "last_spike", "must be of " + std::to_string(net.populations[pre].size) + " neurons");
  const std::size_t kinds = !rewiring.law->elements.empty() ? 1 + rewiring.projections.size() : 0;
  if (a.loading()) rewiring.elements.resize(kinds);
  for (std::size_t e = 0; e < kinds; ++e) {
    const Archive::Inside inside(a, numbered("elements", e));
    rewiring.elements[e].part = net.catalogue.elements(rewiring.law->elements);
    archive_elements(net, a, present, rewiring.elements[e], e == 0 ? pre : net.projections[rewiring.projections[e - 1]].post);
  }
}

PLASTICA_INSTANTIATE(add_rewiring);
PLASTICA_INSTANTIATE(check_formed);
PLASTICA_INSTANTIATE(elements_get);
PLASTICA_INSTANTIATE(elements_set);
PLASTICA_INSTANTIATE(rewiring_get);
PLASTICA_INSTANTIATE(rewiring_set);
PLASTICA_INSTANTIATE(set_rewiring_schedule);
PLASTICA_INSTANTIATE(rewiring_active);
PLASTICA_INSTANTIATE(set_rewiring_active);
PLASTICA_INSTANTIATE(rewired);
PLASTICA_INSTANTIATE(rewiring_timings);
PLASTICA_INSTANTIATE(archive_rewiring);

}  // namespace plastica
