// Neurons with membranes: making them, and the constants that follow from their parameters.
#include "engine/build/populations.hpp"

#include <algorithm>

#include "base/math.hpp"
#include "base/memory.hpp"
#include "engine/build/columns.hpp"
#include "engine/core/populations.hpp"
#include "engine/network.hpp"

namespace plastica {

namespace {

struct ExactOrMean {
  const MembraneOperations& membrane;
  bool exact;
  double h;
  std::unique_ptr<MembraneResponse> operator()(const double* parameters) const { return exact ? membrane.exact_response(parameters, h) : mean_response(h); }
};

}  // namespace

std::vector<ParameterColumn> resolve(const Schema& schema, const Parameters& given, std::size_t size) {
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
std::size_t add_population(Network<R>& net, Neuron size, const PartSpec& model, const std::vector<ReceptorSpec>& receptors) {
  if (size == 0) throw Error("a population needs at least one neuron");
  if (size > (1u << 31)) throw Error("a population can have at most 2^31 neurons");
  Population<R> population;
  population.size = size;
  population.partition = make_partition(size, net.share_count);
  if (const auto source = net.catalogue.source(model.part)) {
    if (!receptors.empty()) throw Error(model.part + " has no receptors");
    become_source(net, population, source, model.parameters);
  } else {
    become_membranes(net, population, model, receptors);
  }
  net.populations.push_back(std::move(population));
  net.outgoing.emplace_back();
  net.incoming.emplace_back();
  for (auto& state : net.shares) state.spike_count.resize(net.populations.size(), 0);
  return net.populations.size() - 1;
}

template <class R>
static void become_source(const Network<R>& net, Population<R>& population, const std::shared_ptr<const SourcePart>& part, const Parameters& parameters) {
  population.parameters = resolve(part->schema, parameters, population.size);
  population.source = Owned<Source<R>>(part->maker.template make<R>());
  population.source->part = part;
  population.source->population = net.populations.size();
  population.source->begin(net);
  population.source->derive(net, population);
}

template <class R>
static void become_membranes(Network<R>& net, Population<R>& population, const PartSpec& model, const std::vector<ReceptorSpec>& receptors) {
  const std::size_t size = population.size;
  population.model = net.catalogue.membrane(model.part);
  const auto& membrane = *population.model;
  population.parameters = resolve(membrane.schema, model.parameters, size);
  for (const auto& spec : receptors) {
    ReceptorColumns<R> receptor;
    receptor.name = spec.name;
    receptor.part = net.catalogue.receptor(spec.part);
    for (const auto& other : population.receptors)
      if (other.name == spec.name) throw Error("two receptors are named '" + spec.name + "'");
    const auto& part = *receptor.part;
    if (part.conductance && !membrane.conductances)
      throw Error(model.part + " takes receptors that are currents; '" + spec.name + "' is a conductance (" + spec.part + ")");
    receptor.parameters = resolve(part.schema, spec.parameters, size);
    receptor.state.assign(part.schema.states.size(), Column<R>(padded(size), R(0)));
    population.conductances = population.conductances || part.conductance;
    population.receptors.push_back(std::move(receptor));
  }
  for (const bool jump : {true, false})
    for (std::size_t r = 0; r < population.receptors.size(); ++r)
      if (population.receptors[r].part->jump == jump) population.receptor_order.push_back(r);
  derive(net, population);
  NeuronParameters of_neuron(population.parameters);
  population.state =
      columns_of<R>(membrane.schema.states.size(), true, size, model.part, [&](std::size_t i, double* out) { membrane.initial(of_neuron(i), out); });
}

template <class R>
void withdraw_population(Network<R>& net) {
  net.populations.pop_back();
  net.outgoing.pop_back();
  net.incoming.pop_back();
  for (auto& state : net.shares) state.spike_count.resize(net.populations.size());
}

// The constants of the membrane, one value each or one per neuron; only those that differ between neurons count as doing so.
template <class R>
MembraneConstants<R> membrane_constants(const Network<R>& net, const Population<R>& population) {
  const auto& membrane = *population.model;
  const auto& parameters = population.in_force();
  const std::string_view name = membrane.schema.text.name;
  const std::size_t width = membrane.constants;
  const bool per_neuron = any_per_neuron(parameters);
  std::vector<double> first(width + 1);
  MembraneConstants<R> result{std::vector<Column<R>>(width, Column<R>(per_neuron ? population.padded_size() : 1)), Differs::none};
  std::vector<Differs> differs(static_cast<std::size_t>(net.share_count), Differs::none);
  const auto derive_one = [&](const double* p, Neuron i, double* row) {
    if (const auto conflict = membrane.conflict(p); !conflict.empty())
      throw Error(std::string(name) + ": " + std::string(conflict) + (per_neuron ? " (neuron " + std::to_string(i) + ")" : ""));
    membrane.derive(p, net.dt, row);
    for (std::size_t c = 0; c < width; ++c) result.columns[c][i] = narrowed<R>(row[c], name);
  };
  derive_one(NeuronParameters(parameters)(0), 0, first.data());
  if (!per_neuron) return result;
  for_shares(net, population, [&](std::size_t share) {
    NeuronParameters of_neuron(parameters);
    std::vector<double> row(width + 1);
    for (Neuron i = population.first(share); i < population.first(share) + population.owned(share); ++i) {
      derive_one(of_neuron(i), i, row.data());
      for (std::size_t c = 0; c < width; ++c)
        if (row[c] != first[c]) differs[share] = std::max(differs[share], c == membrane.threshold ? Differs::threshold : Differs::all);
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
bool same_responses(const Population<R>& population, const std::vector<ParameterColumn>& before) {
  const auto& membrane = *population.model;
  if (!membrane.exact || population.conductances) return true;
  NeuronParameters now(population.in_force()), then(before);
  const std::size_t count = any_per_neuron(population.in_force()) || any_per_neuron(before) ? population.size : 1;
  for (std::size_t i = 0; i < count; ++i)
    if (!membrane.same_response(now(i), then(i))) return false;
  return true;
}

template <class R>
void derive(Network<R>& net, Population<R>& population) {
  const auto& membrane = *population.model;
  const std::string_view name = membrane.schema.text.name;
  const std::size_t size = population.size;
  const auto& parameters = population.in_force();
  auto constants = membrane_constants(net, population);
  const bool exact = membrane.exact && !population.conductances;
  const bool responses_vary = exact && !same_responses(population, first_of(parameters));
  const ExactOrMean response{membrane, exact, net.dt};
  NeuronParameters of_neuron(parameters);
  auto gain = columns_of<R>(1, responses_vary, size, name, [&](std::size_t i, double* out) { out[0] = response(of_neuron(i))->constant(); });
  std::vector<std::vector<Column<R>>> of_receptors;
  for (const auto& receptor : population.receptors) {
    const auto& part = *receptor.part;
    const bool each = any_per_neuron(receptor.in_force()) || responses_vary;
    NeuronParameters of_receptor(receptor.in_force());
    of_receptors.push_back(columns_of<R>(part.constants, each, size, part.schema.text.name,
                                         [&](std::size_t i, double* out) { part.derive(of_receptor(i), net.dt, *response(of_neuron(i)), out); }));
  }
  // Nothing can fail from here on.
  population.external_gain = std::move(gain[0]);
  for (std::size_t r = 0; r < population.receptors.size(); ++r) {
    population.receptors[r].per_neuron = any_per_neuron(population.receptors[r].in_force()) || responses_vary;
    population.receptors[r].constants = std::move(of_receptors[r]);
  }
  take_constants(net, population, std::move(constants));
}

template <class R>
void take_constants(const Network<R>& net, Population<R>& population, MembraneConstants<R> constants) {
  population.constants = std::move(constants.columns);
  population.differs = static_cast<std::size_t>(constants.differs);
  population.per_neuron = constants.differs != Differs::none;
  choose_kernel(net, population);
}

// Whether a pass is over these receptors, in this order.
template <class R>
static bool goes_with(const FusedCase<R>& fused, const Population<R>& population, Isa isa) {
  const auto& order = population.receptor_order;
  for (std::size_t r = 0; r < std::size(fused.receptors); ++r) {
    const auto kernel = r < order.size() ? population.receptors[order[r]].part->kernels.template of<R>(isa).step[0] : nullptr;
    if (kernel != fused.receptors[r]) return false;
  }
  return order.size() <= std::size(fused.receptors);
}

// One pass over membrane and receptors where there is one for them and the receptors' parameters are uniform.
template <class R>
static void choose_kernel(const Network<R>& net, Population<R>& population) {
  const bool uniform = std::none_of(population.receptors.begin(), population.receptors.end(), [](const auto& receptor) { return receptor.per_neuron; });
  const auto& kernels = population.model->kernels.template of<R>(net.isa);
  const std::span fused(kernels.fused, uniform ? kernels.fused_count : 0);
  const auto found = std::find_if(fused.begin(), fused.end(), [&](const auto& each) { return goes_with(each, population, net.isa); });
  population.fused = found == fused.end() ? nullptr : &*found;
  // Not so many steps that the rows of a large population outgrow the second-level cache.
  constexpr std::size_t entries = std::size_t{1} << 16;
  population.rows = std::clamp<std::size_t>(entries / population.padded_size(), 1, stretch_steps);
  population.stretch = population.fused != nullptr ? population.rows : 1;
  // Between steps nothing has arrived yet: all zeros.
  for (auto& receptor : population.receptors) receptor.arrivals.resize(population.rows * population.stride(), R(0));
}

PLASTICA_INSTANTIATE(add_population);
PLASTICA_INSTANTIATE(withdraw_population);
PLASTICA_INSTANTIATE(membrane_constants);
PLASTICA_INSTANTIATE(same_responses);
PLASTICA_INSTANTIATE(derive);
PLASTICA_INSTANTIATE(take_constants);

}  // namespace plastica
