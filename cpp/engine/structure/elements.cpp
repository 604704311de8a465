// Synaptic elements: they grow with calcium, and synapses bind them.
#include "engine/structure/elements.hpp"

#include <algorithm>

#include "engine/build/populations.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/network.hpp"
#include "engine/structure/degrees.hpp"
#include "engine/structure/laws.hpp"

namespace plastica {

void take_parameters(ElementColumns& columns) {
  const auto parameter = [&](std::string_view name) { return columns.parameters[parameter_index(columns.part->schema, name)]; };
  columns.tau = parameter("tau_Ca");
  columns.beta = parameter("beta_Ca");
  columns.nu = parameter("nu");
  columns.tau_vacant = parameter("tau_vacant");
  columns.initial = parameter("initial");
}

// Elements of the axons, or of the dendrites of one projection: bound as they are, and some vacant.
template <class R>
void begin_elements(Network<R>& net, Rewiring& rewiring, const PartSpec& spec, std::size_t population, std::optional<std::size_t> dendritic) {
  const auto& part = net.catalogue.elements(spec.part);
  const auto& operations = *part;
  ElementColumns columns{.part = part, .population = population};
  for (const auto& column : resolve(operations.schema, spec.parameters, 1)) columns.parameters.push_back(column[0]);
  check_law(operations, columns.parameters);
  const std::size_t size = net.populations[population].size;
  columns.calcium.assign(size, 0.0);
  columns.at_start.assign(size, 0.0);
  columns.seen.assign(size, net.now);
  columns.spikes.assign(size, 0);
  const double initial = columns.parameters[parameter_index(operations.schema, "initial")];
  columns.z.assign(size, initial);
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q) {
    if (dendritic && *dendritic != q) continue;
    const Degrees degrees = degrees_of(net, rewiring.projections[q]);
    for (std::size_t i = 0; i < size; ++i) columns.z[i] += (dendritic ? degrees.in : degrees.out)[i];
  }
  take_parameters(columns);
  rewiring.elements.push_back(std::move(columns));
}

double ElementColumns::calcium_at(std::size_t i, Step k, double dt) const { return calcium[i] * math::exp(-static_cast<double>(k - seen[i]) * dt / tau); }

template <class R>
void note_in_elements(const Network<R>& net, Rewiring& rewiring, std::size_t p, const std::vector<Neuron>& neurons, Step stamp) {
  if (net.projections[rewiring.projections[0]].pre == p)
    for (const Neuron i : neurons) rewiring.last_spike[i] = stamp;
  for (auto& columns : rewiring.elements) {
    if (columns.population != p) continue;
    for (const Neuron i : neurons) {
      columns.calcium[i] = columns.calcium_at(i, stamp, net.dt) + columns.beta;
      columns.seen[i] = stamp;
      ++columns.spikes[i];
    }
  }
}

// Growth is taken at the mean calcium of the interval, which is known exactly from where calcium began, its spikes, and where it ended.
template <class R>
void grow(const Network<R>& net, Rewiring& rewiring, ElementColumns& columns, Step k) {
  const auto& population = net.populations[columns.population];
  if (k == rewiring.last) return;  // it goes on at this very step: no time has passed for it
  const double ms = static_cast<double>(k - rewiring.last) * net.dt;
  for_shares(net, population, [&](std::size_t share) {
    for (Neuron i = population.first(share); i < population.first(share) + population.owned(share); ++i) {
      const double now = columns.calcium_at(i, k, net.dt);
      const double mean = columns.tau / ms * (columns.at_start[i] + columns.beta * static_cast<double>(columns.spikes[i]) - now);
      columns.calcium[i] = columns.at_start[i] = now;
      columns.seen[i] = k;
      columns.spikes[i] = 0;
      columns.z[i] = std::max(0.0, columns.z[i] + columns.nu * columns.part->growth(columns.parameters.data(), mean) * ms);
      if (!population.dead.empty() && population.dead[i] != 0) columns.z[i] = columns.calcium[i] = columns.at_start[i] = 0;
    }
  });
}

template <class R>
void renew_elements(Network<R>& net, std::size_t p, const std::vector<Neuron>& ids) {
  for (auto& rewiring : net.rewirings)
    for (auto& columns : rewiring.elements) {
      if (columns.population != p) continue;
      for (const Neuron i : ids) {
        columns.calcium[i] = columns.at_start[i] = 0;
        columns.spikes[i] = 0;
        columns.seen[i] = rewiring.pause.clock(net.now);
        columns.z[i] = columns.initial;
      }
    }
}

template <class R>
void archive_elements(Network<R>& net, Archive& a, Step present, ElementColumns& columns, std::size_t population) {
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

PLASTICA_INSTANTIATE(begin_elements);
PLASTICA_INSTANTIATE(note_in_elements);
PLASTICA_INSTANTIATE(grow);
PLASTICA_INSTANTIATE(renew_elements);
PLASTICA_INSTANTIATE(archive_elements);

}  // namespace plastica
