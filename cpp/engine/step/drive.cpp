// Drive: what stimuli add to the input and the external current of a share's neurons.
#include "engine/step/drive.hpp"

#include <algorithm>

#include "engine/network.hpp"

namespace plastica {

template <class R>
void stimulate(Network<R>& net, std::size_t share, std::size_t p, Step k, std::size_t row) {
  auto& population = net.populations[p];
  const Neuron first = population.first(share);
  const std::size_t count = padded(population.owned(share));
  R* const external = population.external.empty() ? nullptr : population.external.data() + first;
  if (external != nullptr) std::fill_n(external, count, R(0));
  for (auto& stimulus : net.drives) {
    if (!stimulus.active || stimulus.population != p) continue;
    const auto& derived = stimulus.at(k);
    const std::size_t at = derived.uniform ? 0 : first;
    switch (stimulus.kind) {
      case DriveKind::poisson: {
        const bool one_weight = stimulus.weight.size() == 1;
        const double* const mean = derived.uniform ? nullptr : derived.mean_number.data() + first;
        const double* const none = derived.uniform ? nullptr : derived.none.data() + first;
        const PoissonBlock<R> block{
            stimulus.key,   k,
            first,          count,
            derived.rounds, &derived.table,
            mean,           none,
            derived.terms,  stimulus.weight.data() + (one_weight ? 0 : first),
            one_weight,     population.receptors[static_cast<std::size_t>(stimulus.receptor)].arrivals.data() + row * population.stride() + first};
        (derived.uniform ? net.kernels.poisson : net.kernels.poisson_each)(block);
        break;
      }
      case DriveKind::constant:
        for (std::size_t i = 0; i < count; ++i) external[i] += derived.mean_current[derived.uniform ? 0 : at + i];
        break;
      case DriveKind::sine:
        add_sine(net, stimulus, population, first, k, external);
        break;
      case DriveKind::noise:
        net.kernels.noise({stimulus.key, k, first, count, derived.mean_current.data() + at, stimulus.keep.data() + at, stimulus.spread.data() + at,
                           derived.uniform, stimulus.state.data() + first, external});
        break;
    }
  }
}

template <class R>
static void add_sine(const Network<R>& net, const Drive<R>& stimulus, const Population<R>& population, Neuron first, Step k, R* external) {
  const auto& q = stimulus.parameters;  // amplitude, frequency, phase, offset
  const auto& amplitude = stimulus.first;
  const double t = static_cast<double>(k) * net.dt;
  const auto value = [&](std::size_t i) { return static_cast<R>(q[3][i] + amplitude[i] * math::sin(6.283185307179586477 * q[1][i] * 1e-3 * t + q[2][i])); };
  const bool uniform = stimulus.at(k).uniform;
  const R same = value(0);
  const Neuron end = std::min(population.size, first + population.owned(static_cast<std::size_t>(population.partition.owner(first))));
  for (Neuron i = first; i < end; ++i) {
    const bool in = stimulus.member.empty() || stimulus.member[i];
    external[i - first] += !in ? R(0) : uniform ? same : value(i);
  }
}

PLASTICA_INSTANTIATE(stimulate);

}  // namespace plastica
