// What went wrong in a step: numbers that are not finite, and what is to blame.
#include "engine/step/failures.hpp"

#include <cmath>

#include "engine/network.hpp"

namespace plastica {

template <class R>
static void fail(Network<R>& net, std::size_t share, std::size_t parity, Step k, std::size_t p, Neuron neuron, const std::string& variable) {
  auto& failure = net.shares[share].failure[parity];
  if (failure) return;
  const std::string cause = blame(net, p, neuron, variable);
  failure.emplace("the simulation blew up: " + cause + " is not a finite number", static_cast<double>(k) * net.dt, p, neuron, cause);
}

// A weight, if one that ends at this neuron is to blame; else the variable.
template <class R>
static std::string blame(const Network<R>& net, std::size_t p, Neuron neuron, const std::string& variable) {
  const auto share = static_cast<std::size_t>(net.populations[p].partition.owner(neuron));
  const Neuron local = neuron - net.populations[p].first(share);
  for (std::size_t i = 0; i < net.projections.size(); ++i) {
    if (net.projections[i].post != p || !net.projections[i].learns()) continue;
    const auto& shard = net.projections[i].shards[share];
    bool found = false;
    shard.for_each_row([&](RowPosition at) {
      for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
        found = found || (shard.target(at, place) == local && !std::isfinite(shard.weight(at, place)));
    });
    if (found) return "a weight of projection " + std::to_string(i) + " onto V";
  }
  return variable;
}

template <class R>
void check_fired(Network<R>& net, std::size_t share, std::size_t p, const std::vector<Neuron>& neurons, Step k, std::size_t parity) {
  for (const Neuron i : neurons)
    if (!std::isfinite(net.populations[p].state[0][i])) fail(net, share, parity, k, p, i, "V");
}

template <class R>
void check_finite(Network<R>& net, std::size_t share, Step k, std::size_t parity) {
  for (std::size_t p = 0; p < net.populations.size(); ++p) {
    const auto& population = net.populations[p];
    const auto check = [&](const Column<R>& column, const std::string& name) {
      const R* const values = column.data() + population.first(share);
      R sum = 0;  // of x - x: 0 unless some x is not finite
      for (std::size_t i = 0; i < population.owned(share); ++i) sum += values[i] - values[i];
      if (sum == R(0)) return;
      for (Neuron i = 0; i < population.owned(share); ++i)
        if (!std::isfinite(values[i])) return fail(net, share, parity, k, p, population.first(share) + i, name);
    };
    for (const auto& receptor : population.receptors)
      for (std::size_t s = 0; s < receptor.state.size(); ++s) check(receptor.state[s], receptor.name + "." + std::string(receptor.part->schema.states[s].name));
    for (std::size_t s = 0; s < population.state.size(); ++s) check(population.state[s], std::string(population.model->schema.states[s].name));
  }
}

PLASTICA_INSTANTIATE(check_fired);
PLASTICA_INSTANTIATE(check_finite);

}  // namespace plastica
