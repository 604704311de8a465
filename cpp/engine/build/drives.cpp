// What drives populations: making, reading and setting stimuli.
#include "engine/build/drives.hpp"

#include <cmath>

#include "engine/build/populations.hpp"
#include "engine/build/schedules.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/core/drives.hpp"
#include "engine/drives/kind.hpp"
#include "engine/network.hpp"

namespace plastica {

template <class R>
Values drive_get(const Network<R>& net, std::size_t d, const std::string& name) {
  const auto& drive = *net.drives.at(d);
  const Schema& schema = drive.part->schema;
  const auto i = static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data());
  if (i > 0) return drive.parameters[i].values;
  const auto first = drive.schedule.in_force(net.now, drive.parameters[0].values);
  return {first.begin(), first.end()};
}

template <class R>
void drive_set(Network<R>& net, std::size_t d, const std::string& name, const Values& values) {
  auto& drive = net.drives.at(d);
  const Schema& schema = drive->part->schema;
  const Field& field = find_field(schema, name);
  const auto i = static_cast<std::size_t>(&field - schema.parameters.data());
  const std::size_t size = net.populations[drive->population].size;
  if (values.size() != 1 && values.size() != size)
    throw Error(std::string(schema.text.name) + "." + name + " has " + std::to_string(values.size()) + " values for " + std::to_string(size) + " neurons");
  check_values(schema.text.name, field, values);
  auto changed = drive;
  changed->parameters[i].values = values;
  if (i == 0) changed->schedule = {};
  derive_drive(net, *changed);
  drive = std::move(changed);
}

template <class R>
void set_drive_schedule(Network<R>& net, std::size_t d, const std::string& name, std::vector<Step> steps, Values values) {
  auto& drive = net.drives.at(d);
  const std::size_t size = net.populations[drive->population].size;
  auto schedule = checked_schedule(net.catalogue, Kind::stimulus, drive->part->schema, name, std::move(steps), std::move(values), size);
  auto changed = drive;
  changed->schedule = std::move(schedule);
  changed->parameters[0].values = {0.0};  // before the first row
  derive_drive(net, *changed);
  drive = std::move(changed);
}

template <class R>
std::size_t add_drive(Network<R>& net, std::size_t p, const Ids& ids, const PartSpec& stimulus, int receptor, const Values& weight) {
  auto& population = net.populations.at(p);
  if (population.source) throw Error(stimulus.part + " cannot drive a population of sources");
  const auto& part = net.catalogue.stimulus(stimulus.part);
  Owned<Drive<R>> drive(part->maker.template make<R>());
  drive->part = part;
  drive->id = net.drives.size();
  drive->population = p;
  drive->receptor = receptor;
  drive->parameters = resolve(part->schema, stimulus.parameters, population.size);
  if (ids) {
    drive->member.assign(population.size, 0);
    for (const Neuron i : *ids) drive->member.at(i) = 1;
  }
  if (part->into_receptor) {
    check_weights(population, *part, receptor, weight);
    drive->weight = weights_of(population, *drive, weight);
  } else if (!population.model->has_potential) {
    throw Error("a " + std::string(population.model->schema.text.name) + " takes no current");
  }
  derive_drive(net, *drive);
  drive->begin(net);
  if (!part->into_receptor && population.external.empty()) population.external.assign(population.padded_size(), R(0));
  net.drives.push_back(std::move(drive));
  return net.drives.size() - 1;
}

template <class R>
static void check_weights(const Population<R>& population, const StimulusPart& stimulus, int receptor, const Values& weight) {
  const std::string part(stimulus.schema.text.name);
  if (receptor < 0 || static_cast<std::size_t>(receptor) >= population.receptors.size()) throw Error(part + " needs a receptor of its target");
  if (weight.size() != 1 && weight.size() != population.size)
    throw Error(part + ": weight has " + std::to_string(weight.size()) + " values for " + std::to_string(population.size) + " neurons");
  const bool conductance = population.receptors[static_cast<std::size_t>(receptor)].part->conductance;
  for (const double w : weight) {
    if (!std::isfinite(static_cast<R>(w))) throw Error(part + ": weight = " + to_text(w) + " must be a finite number");
    if (conductance && w < 0) throw Error(part + ": weight = " + to_text(w) + " must be at least 0 for a conductance");
  }
}

// One weight is one for all, also where all is one neuron; where the drive does not reach, what it draws weighs nothing.
template <class R>
static Column<R> weights_of(const Population<R>& population, const Drive<R>& drive, const Values& weight) {
  if (weight.size() == 1 && drive.member.empty()) return {static_cast<R>(weight[0])};
  Column<R> weights(population.padded_size(), R(0));
  for (std::size_t i = 0; i < population.size; ++i) weights[i] = reaches(drive, i) ? static_cast<R>(weight[weight.size() == 1 ? 0 : i]) : R(0);
  return weights;
}

template <class R>
void withdraw_drive(Network<R>& net) {
  net.drives.pop_back();
}

template <class R>
void derive_drive(const Network<R>& net, Drive<R>& drive) {
  drive.first.values = adjusted_first(net, drive, drive.parameters[0].values);
  drive.derive(net);
}

template <class R>
bool drive_active(const Network<R>& net, std::size_t drive) {
  return net.drives.at(drive)->active;
}

template <class R>
void set_drive_active(Network<R>& net, std::size_t drive, bool on) {
  net.drives.at(drive)->active = on;
}

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

PLASTICA_INSTANTIATE(drive_get);
PLASTICA_INSTANTIATE(drive_set);
PLASTICA_INSTANTIATE(set_drive_schedule);
PLASTICA_INSTANTIATE(add_drive);
PLASTICA_INSTANTIATE(withdraw_drive);
PLASTICA_INSTANTIATE(derive_drive);
PLASTICA_INSTANTIATE(drive_active);
PLASTICA_INSTANTIATE(set_drive_active);
PLASTICA_INSTANTIATE(archive_drive);

}  // namespace plastica
