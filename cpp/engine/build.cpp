// Building a network: populations and drives. Everything is validated here, before anything is created.
#include <algorithm>
#include <cmath>

#include "base/math.hpp"
#include "base/memory.hpp"
#include "base/parallel.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

// The parameters of one neuron after another.
class NeuronParameters {
 public:
  explicit NeuronParameters(const std::vector<ParameterColumn>& columns) : columns_(columns), row_(columns.size() + 1) {}
  const double* operator()(std::size_t neuron) {
    for (std::size_t c = 0; c < columns_.size(); ++c) row_[c] = columns_[c][neuron];
    return row_.data();
  }

 private:
  const std::vector<ParameterColumn>& columns_;
  std::vector<double> row_;
};

// Those of the first neuron, for all.
std::vector<ParameterColumn> first_of(const std::vector<ParameterColumn>& parameters) {
  std::vector<ParameterColumn> first;
  for (const auto& column : parameters) first.push_back({{column[0]}});
  return first;
}

bool any_per_neuron(const std::vector<ParameterColumn>& parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [](const ParameterColumn& c) { return !c.uniform(); });
}

// A constant as the kernels hold it; what does not fit is an error, never an infinity.
template <class R>
R narrowed(double value, std::string_view part) {
  const R result = static_cast<R>(value);
  if (!std::isfinite(result))
    throw Error("the parameters of " + std::string(part) + " lead to a constant of " + to_text(value) + ", beyond the precision of this network");
  return result;
}

// Columns of what `derive(neuron, out)` gives: one value each, or one per neuron (the last fills the padding).
template <class R, class F>
std::vector<Column<R>> columns_of(std::size_t width, bool per_neuron, std::size_t size, std::string_view part, F&& derive) {
  std::vector<Column<R>> columns(width, Column<R>(per_neuron ? padded(size) : 1));
  std::vector<double> row(width + 1);
  for (std::size_t i = 0; i < (per_neuron ? size : 1); ++i) {
    derive(i, row.data());
    for (std::size_t c = 0; c < width; ++c) columns[c][i] = narrowed<R>(row[c], part);
  }
  if (per_neuron)
    for (auto& column : columns) std::fill(column.begin() + static_cast<std::ptrdiff_t>(size), column.end(), column[size - 1]);
  return columns;
}

struct ExactOrMean {
  const MembraneOperations& membrane;
  bool exact;
  double h;
  std::unique_ptr<MembraneResponse> operator()(const double* parameters) const { return exact ? membrane.exact_response(parameters, h) : mean_response(h); }
};

std::uint64_t probability_threshold(double rate, double dt) { return static_cast<std::uint64_t>(-math::expm1(-rate * 1e-3 * dt) * 0x1p32); }

}  // namespace

template <class R>
Simulation<R>::Simulation(const Settings& settings)
    : dt_(settings.dt), seed_(settings.seed), isa_(select_isa()), kernels_(kernels<R>(isa_)), threads_(settings.threads) {
  if (!(std::isfinite(dt_) && dt_ > 0)) throw Error("Network.dt = " + to_text(dt_) + " ms must be above 0 ms");
  if (settings.threads < 0 || settings.threads > 1024) throw Error("Network.threads = " + std::to_string(settings.threads) + " must be between 1 and 1024");
  // Shares beyond the number of cores would only wait for each other: a spike visits every one of them.
  parts_ = threads_ == 0 ? available_cores() : std::min(threads_, most_workers());
  parts_state_.resize(static_cast<std::size_t>(parts_));
  for (auto& state : parts_state_) {
    state.current.resize(16 * chunk_size);
    state.conductance.resize(16 * chunk_size);
    state.reversal.resize(16 * chunk_size);
  }
}

// Everything is copied as it is; what points into the network is found anew.
template <class R>
std::unique_ptr<Core> Simulation<R>::copy() const {
  if (failed_) throw Error("this network stopped with an error and cannot be copied; build it again");
  auto twin = std::make_unique<Simulation>(*this);
  twin->frozen_ = 0;  // who freezes the original will not thaw the copy
  for (std::size_t p = 0; p < projections_.size(); ++p)
    if (projections_[p].stateful()) twin->derive_rules(p);
  return twin;
}

template <class R>
void Simulation<R>::profile(bool on) {
  profile_ = on;
  for (auto& state : parts_state_) state.timings = {};
}

template <class R>
void Simulation<R>::check_schedule(const std::string& what, const std::vector<Step>& steps, const Values& values, std::size_t neurons) {
  if (steps.empty() || (values.size() != steps.size() && values.size() != steps.size() * neurons))
    throw Error(what + ": a schedule has one value per time, or one per time and neuron (" + std::to_string(neurons) + "); there are " +
                std::to_string(values.size()) + " values for " + std::to_string(steps.size()) + " times");
  if (std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) != steps.end())
    throw Error(what + ": the times of a schedule must increase by at least one step");
}

// ---- populations ----------------------------------------------------------------------------------------------------------------

template <class R>
std::vector<ParameterColumn> Simulation<R>::resolve(const Schema& schema, const Parameters& given, std::size_t size) const {
  for (const auto& [name, values] : given) {
    const Field& field = find_field(schema, name);
    if (values.size() != 1 && values.size() != size)
      throw Error(std::string(schema.text.name) + "." + name + " has " + std::to_string(values.size()) + " values for " + std::to_string(size) +
                  " neurons; give one value, or one for each");
    check_values(schema.text.name, field, values);
  }
  std::vector<ParameterColumn> columns;
  for (const auto& field : schema.parameters) {
    const auto found = given.find(std::string(field.name));
    columns.push_back({found == given.end() ? Values{field.default_value} : found->second});
  }
  return columns;
}

template <class R>
std::size_t Simulation<R>::add_population(Neuron size, const PartSpec& model, const std::vector<ReceptorSpec>& receptor_specs) {
  if (size == 0) throw Error("a population needs at least one neuron");
  if (size > (1u << 31)) throw Error("a population can have at most 2^31 neurons");
  Population<R> population;
  population.size = size;
  population.partition = make_partition(size, parts_);
  population.next.assign(static_cast<std::size_t>(parts_), 0);
  if (model.part == "PoissonSource" || model.part == "SpikeSource") {
    if (!receptor_specs.empty()) throw Error(model.part + " has no receptors");
    const auto columns = resolve(find_schema(model.part), model.parameters, size);
    population.source = columns.empty() ? SourceKind::spikes : SourceKind::poisson;
    population.emissions.resize(static_cast<std::size_t>(parts_));
    if (!columns.empty()) population.rate = columns[0];
    derive_source(population);
  } else {
    population.model = find_part(membranes(), model.part, "neuron model");
    const auto& membrane = membranes()[population.model];
    population.parameters = resolve(membrane.schema, model.parameters, size);
    for (const auto& spec : receptor_specs) {
      ReceptorColumns<R> receptor;
      receptor.name = spec.name;
      receptor.part = find_part(receptors(), spec.part, "receptor");
      for (const auto& other : population.receptors)
        if (other.name == spec.name) throw Error("two receptors are named '" + spec.name + "'");
      const auto& part = receptors()[receptor.part];
      if (part.conductance && !membrane.conductances)
        throw Error(model.part + " takes receptors that are currents; '" + spec.name + "' is a conductance (" + spec.part + ")");
      receptor.parameters = resolve(part.schema, spec.parameters, size);
      receptor.state.assign(part.schema.states.size(), Column<R>(padded(size), R(0)));
      population.conductances = population.conductances || part.conductance;
      population.receptors.push_back(std::move(receptor));
    }
    for (const bool jump : {true, false})
      for (std::size_t r = 0; r < population.receptors.size(); ++r)
        if (receptors()[population.receptors[r].part].jump == jump) population.receptor_order.push_back(r);
    derive(population);
    NeuronParameters of_neuron(population.parameters);
    population.state =
        columns_of<R>(membrane.schema.states.size(), true, size, model.part, [&](std::size_t i, double* out) { membrane.initial(of_neuron(i), out); });
  }
  populations_.push_back(std::move(population));
  outgoing_.emplace_back();
  incoming_.emplace_back();
  for (auto& state : parts_state_) state.spike_count.resize(populations_.size(), 0);
  return populations_.size() - 1;
}

template <class R>
void Simulation<R>::withdraw_population() {
  populations_.pop_back();
  outgoing_.pop_back();
  incoming_.pop_back();
  for (auto& state : parts_state_) state.spike_count.resize(populations_.size());
}

// The constants of the membrane, one value each or one per neuron; only those that differ between neurons count as doing so.
template <class R>
typename Simulation<R>::MembraneConstants Simulation<R>::membrane_constants(const Population<R>& population) const {
  const auto& membrane = membranes()[population.model];
  const auto& parameters = population.in_force();
  const std::string_view name = membrane.schema.text.name;
  const std::size_t width = membrane.constants;
  const bool per_neuron = any_per_neuron(parameters);
  std::vector<double> first(width + 1);
  MembraneConstants result{std::vector<Column<R>>(width, Column<R>(per_neuron ? population.padded_size() : 1)), Differs::none};
  std::vector<Differs> differs(static_cast<std::size_t>(parts_), Differs::none);
  const auto derive_one = [&](const double* p, Neuron i, double* row) {
    if (const auto conflict = membrane.conflict(p); !conflict.empty())
      throw Error(std::string(name) + ": " + std::string(conflict) + (per_neuron ? " (neuron " + std::to_string(i) + ")" : ""));
    membrane.derive(p, dt_, row);
    for (std::size_t c = 0; c < width; ++c) result.columns[c][i] = narrowed<R>(row[c], name);
  };
  derive_one(NeuronParameters(parameters)(0), 0, first.data());
  if (!per_neuron) return result;
  for_parts(population, [&](std::size_t part) {
    NeuronParameters of_neuron(parameters);
    std::vector<double> row(width + 1);
    for (Neuron i = population.first(part); i < population.first(part) + population.owned(part); ++i) {
      derive_one(of_neuron(i), i, row.data());
      for (std::size_t c = 0; c < width; ++c)
        if (row[c] != first[c]) differs[part] = std::max(differs[part], c == membrane.threshold ? Differs::threshold : Differs::all);
    }
  });
  for (auto& column : result.columns) std::fill(column.begin() + population.size, column.end(), column[population.size - 1]);
  result.differs = *std::max_element(differs.begin(), differs.end());
  if (result.differs == Differs::none)
    for (auto& column : result.columns) column.resize(1);
  return result;
}

// Whether each neuron's membrane responds to its input as it did with other parameters.
template <class R>
bool Simulation<R>::same_responses(const Population<R>& population, const std::vector<ParameterColumn>& before) const {
  const auto& membrane = membranes()[population.model];
  if (!membrane.exact || population.conductances) return true;
  NeuronParameters now(population.in_force()), then(before);
  const std::size_t count = any_per_neuron(population.in_force()) || any_per_neuron(before) ? population.size : 1;
  for (std::size_t i = 0; i < count; ++i)
    if (!membrane.same_response(now(i), then(i))) return false;
  return true;
}

template <class R>
void Simulation<R>::derive(Population<R>& population) {
  const auto& membrane = membranes()[population.model];
  const std::string_view name = membrane.schema.text.name;
  const std::size_t size = population.size;
  const auto& parameters = population.in_force();
  auto constants = membrane_constants(population);
  const bool exact = membrane.exact && !population.conductances;
  const bool responses_vary = exact && !same_responses(population, first_of(parameters));
  const ExactOrMean response{membrane, exact, dt_};
  NeuronParameters of_neuron(parameters);
  auto gain = columns_of<R>(1, responses_vary, size, name, [&](std::size_t i, double* out) { out[0] = response(of_neuron(i))->constant(); });
  std::vector<std::vector<Column<R>>> of_receptors;
  for (const auto& receptor : population.receptors) {
    const auto& part = receptors()[receptor.part];
    const bool each = any_per_neuron(receptor.in_force()) || responses_vary;
    NeuronParameters of_receptor(receptor.in_force());
    of_receptors.push_back(columns_of<R>(part.constants, each, size, part.schema.text.name,
                                         [&](std::size_t i, double* out) { part.derive(of_receptor(i), dt_, *response(of_neuron(i)), out); }));
  }
  // Nothing can fail from here on.
  population.external_gain = std::move(gain[0]);
  for (std::size_t r = 0; r < population.receptors.size(); ++r) {
    population.receptors[r].per_neuron = any_per_neuron(population.receptors[r].in_force()) || responses_vary;
    population.receptors[r].constants = std::move(of_receptors[r]);
  }
  take_constants(population, std::move(constants));
}

template <class R>
void Simulation<R>::take_constants(Population<R>& population, MembraneConstants constants) const {
  population.constants = std::move(constants.columns);
  population.differs = static_cast<std::size_t>(constants.differs);
  population.per_neuron = constants.differs != Differs::none;
  choose_kernel(population);
}

// One pass over membrane and receptors where there is one for them and the receptors' parameters are uniform.
template <class R>
void Simulation<R>::choose_kernel(Population<R>& population) const {
  const auto& order = population.receptor_order;
  population.is_fused = order.size() <= 2;
  for (std::size_t r = 0; r < order.size() && population.is_fused; ++r) {
    const auto& receptor = population.receptors[order[r]];
    population.fused[r] = 1 + receptor.part;
    population.is_fused = !receptor.per_neuron;
  }
  population.is_fused = population.is_fused && kernels_.fused[population.differs][0][population.model][population.fused[0]][population.fused[1]] != nullptr;
  // Not so many steps that the rows of a large population outgrow the second-level cache.
  constexpr std::size_t entries = std::size_t{1} << 16;
  population.rows = std::clamp<std::size_t>(entries / population.padded_size(), 1, stretch_steps);
  population.stretch = population.is_fused ? population.rows : 1;
  // Between steps nothing has arrived yet: all zeros.
  for (auto& receptor : population.receptors) receptor.arrivals.resize(population.rows * population.stride(), R(0));
}

template <class R>
void Simulation<R>::derive_source(Population<R>& population) {
  if (population.source != SourceKind::poisson) return;
  population.thresholds.clear();
  const auto add_row = [&](std::span<const double> base) {
    const auto rates = adjusted_values(Owner::population, static_cast<std::size_t>(&population - populations_.data()), "rate", base);
    std::vector<std::uint64_t> row(rates.size() == 1 ? 1 : population.padded_size(), 0);
    for (std::size_t i = 0; i < rates.size(); ++i) row[i] = probability_threshold(rates[i], dt_);
    population.thresholds.push_back(std::move(row));
  };
  add_row(population.rate.values);
  for (std::size_t passed = 1; passed <= population.schedule.steps.size(); ++passed) add_row(population.schedule.row(passed));
}

template <class R>
void Simulation<R>::set_rate_schedule(std::size_t p, std::vector<Step> steps, Values values) {
  auto& population = populations_.at(p);
  if (population.source != SourceKind::poisson) throw Error("only the rate of a PoissonSource can follow a schedule");
  check_schedule("PoissonSource.rate", steps, values, population.size);
  check_values("PoissonSource", find_field(find_schema("PoissonSource"), "rate"), values);
  const std::size_t width = values.size() / steps.size();
  population.schedule = {std::move(steps), std::move(values), width};
  population.rate.values = {0.0};  // before the first row
  derive_source(population);
}

// Some neurons leave the schedule: from now on they have the values, the others what it says.
template <class R>
Schedule Simulation<R>::without(const Schedule& schedule, std::size_t size, const std::vector<Neuron>& ids, const Values& values) const {
  Schedule each{schedule.steps, {}, size};
  check_memory(static_cast<double>(schedule.steps.size()) * static_cast<double>(size) * (sizeof(double) + sizeof(std::uint64_t)),
               "PoissonSource.rate: a Schedule of so many times for each of " + std::to_string(size) + " neurons",
               "set the rate of the whole population, or make the neurons of the view a population of their own");
  for (std::size_t passed = 1; passed <= schedule.steps.size(); ++passed) {
    const auto row = schedule.row(passed);
    for (std::size_t i = 0; i < size; ++i) each.values.push_back(row[row.size() == 1 ? 0 : i]);
    double* const own = each.values.data() + (passed - 1) * size;
    for (std::size_t i = 0; i < ids.size(); ++i) own[ids[i]] = values[values.size() == 1 ? 0 : i];
  }
  return each;
}

template <class R>
void Simulation<R>::set_spikes(std::size_t p, std::span<const Step> steps, std::span<const Neuron> neurons) {
  auto& population = populations_.at(p);
  if (population.source != SourceKind::spikes) throw Error("only a SpikeSource takes spike times");
  if (steps.size() != neurons.size()) throw Error("SpikeSource: times and ids must have the same length");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (neurons[i] >= population.size)
      throw Error("SpikeSource.ids: neuron " + std::to_string(neurons[i]) + " is not among the " + std::to_string(population.size) + " of the population");
    if (steps[i] <= now_)
      throw Error("SpikeSource.times: a spike at " + to_text(static_cast<double>(steps[i]) * dt_) + " ms must be later than now, " +
                  to_text(static_cast<double>(now_) * dt_) + " ms");
  }
  for (auto& list : population.emissions) list.clear();
  std::fill(population.next.begin(), population.next.end(), 0);
  for (std::size_t i = 0; i < steps.size(); ++i)
    population.emissions[static_cast<std::size_t>(population.partition.owner(neurons[i]))].push_back({steps[i], neurons[i]});
  for (auto& list : population.emissions)
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.step != b.step ? a.step < b.step : a.neuron < b.neuron; });
}

// ---- drives ---------------------------------------------------------------------------------------------------------------------

template <class R>
std::size_t Simulation<R>::add_drive(std::size_t p, const Ids& ids, const PartSpec& stimulus, int receptor, const Values& weight) {
  auto& population = populations_.at(p);
  if (population.source != SourceKind::none) throw Error(stimulus.part + " cannot drive a population of sources");
  Drive drive;
  constexpr std::array<std::pair<const char*, DriveKind>, 4> kinds{
      {{"PoissonInput", DriveKind::poisson}, {"ConstantCurrent", DriveKind::constant}, {"SineCurrent", DriveKind::sine}, {"OUCurrent", DriveKind::noise}}};
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return stimulus.part == kind.first; });
  if (found == kinds.end()) throw UnknownName("there is no stimulus '" + stimulus.part + "'; (PoissonInput, ConstantCurrent, SineCurrent, OUCurrent)");
  drive.kind = found->second;
  drive.population = p;
  drive.receptor = receptor;
  drive.parameters = resolve(find_schema(stimulus.part), stimulus.parameters, population.size);
  drive.key = random_key(seed_, static_cast<std::uint32_t>(drives_.size()), drive.kind == DriveKind::noise ? Purpose::ou_current : Purpose::poisson_input);
  if (ids) {
    drive.member.assign(population.size, 0);
    for (const Neuron i : *ids) drive.member.at(i) = 1;
  }
  if (drive.kind == DriveKind::poisson) {
    if (receptor < 0 || static_cast<std::size_t>(receptor) >= population.receptors.size()) throw Error("PoissonInput needs a receptor of its target");
    if (weight.size() != 1 && weight.size() != population.size)
      throw Error("PoissonInput: weight has " + std::to_string(weight.size()) + " values for " + std::to_string(population.size) + " neurons");
    const bool conductance = receptors()[population.receptors[static_cast<std::size_t>(receptor)].part].conductance;
    for (const double w : weight) {
      if (!std::isfinite(static_cast<R>(w))) throw Error("PoissonInput: weight = " + to_text(w) + " must be a finite number");
      if (conductance && w < 0) throw Error("PoissonInput: weight = " + to_text(w) + " must be at least 0 for a conductance");
    }
    // One weight is one for all, also where all is one neuron; where the drive does not reach, what it draws weighs nothing.
    const bool one = weight.size() == 1 && !ids;
    drive.weight.assign(one ? 1 : population.padded_size(), R(0));
    for (std::size_t i = 0; i < (one ? 1 : population.size); ++i)
      drive.weight[i] = drive.member.empty() || drive.member[i] ? static_cast<R>(weight[weight.size() == 1 ? 0 : i]) : R(0);
  } else if (population.model == find_part(membranes(), "Relay", "neuron model")) {
    throw Error("a Relay takes no current");
  }
  drive.id = drives_.size();
  derive_drive(drive);
  if (drive.kind == DriveKind::noise) drive.state = drive.derived[0].mean_current;
  if (drive.kind == DriveKind::noise && drive.derived[0].uniform) drive.state.assign(population.padded_size(), drive.derived[0].mean_current[0]);
  if (drive.kind != DriveKind::poisson && population.external.empty()) population.external.assign(population.padded_size(), R(0));
  drives_.push_back(std::move(drive));
  return drives_.size() - 1;
}

template <class R>
void Simulation<R>::withdraw_drive() {
  drives_.pop_back();
}

// What random bits are compared with; the mean of one round is at most 32.
template <class R>
typename Simulation<R>::Drive::Derived Simulation<R>::derive_poisson(const std::vector<double>& rates, bool uniform) const {
  typename Drive::Derived derived;
  const double largest = *std::max_element(rates.begin(), rates.end()) * 1e-3 * dt_;
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
  for (const double rate : rates) derived.mean_number.push_back(rate * 1e-3 * dt_ / derived.rounds);
  derived.mean_number.resize(padded(rates.size()), 0);
  for (const double mean : derived.mean_number) derived.none.push_back(math::exp(-mean));
  return derived;
}

template <class R>
void Simulation<R>::derive_drive(Drive& drive) {
  const auto& population = populations_[drive.population];
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
  const auto adjusted = [&](std::span<const double> base) { return adjusted_values(Owner::drive, drive.id, std::string(schema.parameters[0].name), base); };
  const auto derived_of = [&](std::span<const double> base, bool one) {
    const auto first = adjusted(base);
    if (drive.kind == DriveKind::poisson) {
      // Equal rates draw the same numbers, however they were given.
      const bool equal = std::adjacent_find(first.begin(), first.end(), std::not_equal_to<>()) == first.end();
      return derive_poisson(equal ? std::vector<double>{first[0]} : spread_out(first, false), equal);
    }
    typename Drive::Derived derived;
    derived.uniform = one;
    if (drive.kind != DriveKind::sine) derived.mean_current = column(spread_out(first, one), one);
    return derived;
  };
  drive.first.values = adjusted(drive.parameters[0].values);
  std::vector<typename Drive::Derived> rows{derived_of(drive.parameters[0].values, uniform)};
  for (std::size_t passed = 1; passed <= drive.schedule.steps.size(); ++passed)
    rows.push_back(derived_of(drive.schedule.row(passed), drive.member.empty() && drive.schedule.width == 1));
  if (drive.kind == DriveKind::noise) {
    std::vector<double> keep(uniform ? 1 : population.size), spread(keep.size());
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = math::exp(-dt_ / drive.parameters[2][i]);
      const bool in = uniform || drive.member.empty() || drive.member[i];
      spread[i] = in ? drive.parameters[1][i] * std::sqrt(-math::expm1(-2 * dt_ / drive.parameters[2][i])) : 0.0;
    }
    drive.keep = column(keep, uniform);
    drive.spread = column(spread, uniform);
  }
  drive.derived = std::move(rows);
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
