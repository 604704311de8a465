// What drives populations: making, reading and setting stimuli, and what follows from their parameters.
#include "engine/build/drives.hpp"

#include <algorithm>
#include <cmath>

#include "base/math.hpp"
#include "base/memory.hpp"
#include "engine/build/columns.hpp"
#include "engine/build/populations.hpp"
#include "engine/build/sources.hpp"
#include "engine/core/drives.hpp"
#include "engine/network.hpp"
#include "engine/slow/adjust.hpp"

namespace plastica {

template <class R>
const Schema& schema_of(const Drive<R>& drive) {
  constexpr std::array<std::string_view, 4> names{"PoissonInput", "ConstantCurrent", "SineCurrent", "OUCurrent"};
  return find_schema(names[static_cast<std::size_t>(drive.kind)]);
}

template <class R>
Values drive_get(const Network<R>& net, std::size_t d, const std::string& name) {
  const auto& drive = net.drives.at(d);
  const Schema& schema = schema_of(drive);
  const auto i = static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data());
  if (i > 0) return drive.parameters[i].values;
  const auto first = drive.schedule.in_force(net.now, drive.parameters[0].values);
  return {first.begin(), first.end()};
}

template <class R>
void drive_set(Network<R>& net, std::size_t d, const std::string& name, const Values& values) {
  auto& drive = net.drives.at(d);
  const Schema& schema = schema_of(drive);
  const Field& field = find_field(schema, name);
  const auto i = static_cast<std::size_t>(&field - schema.parameters.data());
  const std::size_t size = net.populations[drive.population].size;
  if (values.size() != 1 && values.size() != size)
    throw Error(std::string(schema.text.name) + "." + name + " has " + std::to_string(values.size()) + " values for " + std::to_string(size) + " neurons");
  check_values(schema.text.name, field, values);
  Drive<R> changed = drive;
  changed.parameters[i].values = values;
  if (i == 0) changed.schedule = {};
  derive_drive(net, changed);
  drive = std::move(changed);
}

template <class R>
void set_drive_schedule(Network<R>& net, std::size_t d, const std::string& name, std::vector<Step> steps, Values values) {
  auto& drive = net.drives.at(d);
  const Schema& schema = schema_of(drive);
  const Field& field = find_field(schema, name);
  if ((drive.kind != DriveKind::poisson && drive.kind != DriveKind::constant) || &field != schema.parameters.data())
    throw Error(std::string(schema.text.name) + "." + name + " cannot follow a schedule; PoissonInput.rate and ConstantCurrent.amplitude can");
  check_schedule(std::string(schema.text.name) + "." + name, steps, values, net.populations[drive.population].size);
  check_values(schema.text.name, field, values);
  Drive<R> changed = drive;
  const std::size_t width = values.size() / steps.size();
  changed.schedule = {std::move(steps), std::move(values), width};
  changed.parameters[0].values = {0.0};  // before the first row
  derive_drive(net, changed);
  drive = std::move(changed);
}

template <class R>
std::size_t add_drive(Network<R>& net, std::size_t p, const Ids& ids, const PartSpec& stimulus, int receptor, const Values& weight) {
  auto& population = net.populations.at(p);
  if (population.source != SourceKind::none) throw Error(stimulus.part + " cannot drive a population of sources");
  Drive<R> drive;
  constexpr std::array<std::pair<const char*, DriveKind>, 4> kinds{
      {{"PoissonInput", DriveKind::poisson}, {"ConstantCurrent", DriveKind::constant}, {"SineCurrent", DriveKind::sine}, {"OUCurrent", DriveKind::noise}}};
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return stimulus.part == kind.first; });
  if (found == kinds.end()) throw UnknownName("there is no stimulus '" + stimulus.part + "'; (PoissonInput, ConstantCurrent, SineCurrent, OUCurrent)");
  drive.kind = found->second;
  drive.population = p;
  drive.receptor = receptor;
  drive.parameters = resolve(find_schema(stimulus.part), stimulus.parameters, population.size);
  drive.key =
      random_key(net.seed, static_cast<std::uint32_t>(net.drives.size()), drive.kind == DriveKind::noise ? Purpose::ou_current : Purpose::poisson_input);
  if (ids) {
    drive.member.assign(population.size, 0);
    for (const Neuron i : *ids) drive.member.at(i) = 1;
  }
  if (drive.kind == DriveKind::poisson) {
    if (receptor < 0 || static_cast<std::size_t>(receptor) >= population.receptors.size()) throw Error("PoissonInput needs a receptor of its target");
    if (weight.size() != 1 && weight.size() != population.size)
      throw Error("PoissonInput: weight has " + std::to_string(weight.size()) + " values for " + std::to_string(population.size) + " neurons");
    const bool conductance = population.receptors[static_cast<std::size_t>(receptor)].part->conductance;
    for (const double w : weight) {
      if (!std::isfinite(static_cast<R>(w))) throw Error("PoissonInput: weight = " + to_text(w) + " must be a finite number");
      if (conductance && w < 0) throw Error("PoissonInput: weight = " + to_text(w) + " must be at least 0 for a conductance");
    }
    // One weight is one for all, also where all is one neuron; where the drive does not reach, what it draws weighs nothing.
    const bool one = weight.size() == 1 && !ids;
    drive.weight.assign(one ? 1 : population.padded_size(), R(0));
    for (std::size_t i = 0; i < (one ? 1 : population.size); ++i)
      drive.weight[i] = drive.member.empty() || drive.member[i] ? static_cast<R>(weight[weight.size() == 1 ? 0 : i]) : R(0);
  } else if (!population.model->has_potential) {
    throw Error("a " + std::string(population.model->schema.text.name) + " takes no current");
  }
  drive.id = net.drives.size();
  derive_drive(net, drive);
  if (drive.kind == DriveKind::noise) drive.state = drive.derived[0].mean_current;
  if (drive.kind == DriveKind::noise && drive.derived[0].uniform) drive.state.assign(population.padded_size(), drive.derived[0].mean_current[0]);
  if (drive.kind != DriveKind::poisson && population.external.empty()) population.external.assign(population.padded_size(), R(0));
  net.drives.push_back(std::move(drive));
  return net.drives.size() - 1;
}

template <class R>
void withdraw_drive(Network<R>& net) {
  net.drives.pop_back();
}

// What random bits are compared with; the mean of one round is at most 32.
template <class R>
static Drive<R>::Derived derive_poisson(const Network<R>& net, const std::vector<double>& rates, bool uniform) {
  typename Drive<R>::Derived derived;
  const double largest = *std::max_element(rates.begin(), rates.end()) * 1e-3 * net.dt;
  if (!(largest <= 1e6)) throw Error("PoissonInput.rate asks for " + to_text(largest) + " spikes per step; lower it, or raise the weight instead");
  derived.uniform = uniform;
  derived.rounds = static_cast<std::uint32_t>(std::max(1.0, std::ceil(largest / 32)));
  if (uniform) {
    derived.table = poisson_table(largest / derived.rounds);
    return derived;
  }
  double term = math::exp(-largest / derived.rounds), sum = term;
  for (; sum * 0x1p32 < 0x1p32 - 1 && derived.terms < 200; ++derived.terms) {
    term *= largest / derived.rounds / (derived.terms + 1);
    sum += term;
  }
  for (const double rate : rates) derived.mean_number.push_back(rate * 1e-3 * net.dt / derived.rounds);
  derived.mean_number.resize(padded(rates.size()), 0);
  for (const double mean : derived.mean_number) derived.none.push_back(math::exp(-mean));
  return derived;
}

template <class R>
void derive_drive(Network<R>& net, Drive<R>& drive) {
  const auto& population = net.populations[drive.population];
  const Schema& schema = schema_of(drive);
  const bool uniform = drive.member.empty() && !any_per_neuron(drive.parameters);
  // A parameter as one value, or as one per neuron that is 0 where the drive does not reach.
  const auto spread_out = [&](std::span<const double> values, bool one) {
    std::vector<double> out(one ? 1 : population.size);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = one || drive.member.empty() || drive.member[i] ? values[values.size() == 1 ? 0 : i] : 0.0;
    return out;
  };
  const auto column = [&](const std::vector<double>& values, bool one) {
    Column<R> out(one ? 1 : population.padded_size(), R(0));
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = narrowed<R>(values[i], schema.text.name);
    return out;
  };
  const auto adjusted = [&](std::span<const double> base) {
    return adjusted_values(net, Owner::drive, drive.id, std::string(schema.parameters[0].name), base);
  };
  const auto derived_of = [&](std::span<const double> base, bool one) {
    const auto first = adjusted(base);
    if (drive.kind == DriveKind::poisson) {
      // Equal rates draw the same numbers, however they were given.
      const bool equal = std::adjacent_find(first.begin(), first.end(), std::not_equal_to<>()) == first.end();
      return derive_poisson(net, equal ? std::vector<double>{first[0]} : spread_out(first, false), equal);
    }
    typename Drive<R>::Derived derived;
    derived.uniform = one;
    if (drive.kind != DriveKind::sine) derived.mean_current = column(spread_out(first, one), one);
    return derived;
  };
  drive.first.values = adjusted(drive.parameters[0].values);
  std::vector<typename Drive<R>::Derived> rows{derived_of(drive.parameters[0].values, uniform)};
  for (std::size_t passed = 1; passed <= drive.schedule.steps.size(); ++passed)
    rows.push_back(derived_of(drive.schedule.row(passed), drive.member.empty() && drive.schedule.width == 1));
  if (drive.kind == DriveKind::noise) {
    std::vector<double> keep(uniform ? 1 : population.size), spread(keep.size());
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = math::exp(-net.dt / drive.parameters[2][i]);
      const bool in = uniform || drive.member.empty() || drive.member[i];
      spread[i] = in ? drive.parameters[1][i] * std::sqrt(-math::expm1(-2 * net.dt / drive.parameters[2][i])) : 0.0;
    }
    drive.keep = column(keep, uniform);
    drive.spread = column(spread, uniform);
  }
  drive.derived = std::move(rows);
}

template <class R>
bool drive_active(const Network<R>& net, std::size_t drive) {
  return net.drives.at(drive).active;
}

template <class R>
void set_drive_active(Network<R>& net, std::size_t drive, bool on) {
  net.drives.at(drive).active = on;
}

PLASTICA_INSTANTIATE(schema_of);
PLASTICA_INSTANTIATE(drive_get);
PLASTICA_INSTANTIATE(drive_set);
PLASTICA_INSTANTIATE(set_drive_schedule);
PLASTICA_INSTANTIATE(add_drive);
PLASTICA_INSTANTIATE(withdraw_drive);
PLASTICA_INSTANTIATE(derive_drive);
PLASTICA_INSTANTIATE(drive_active);
PLASTICA_INSTANTIATE(set_drive_active);

}  // namespace plastica
