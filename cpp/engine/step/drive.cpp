// Drive: what stimuli add to the input and the external current of a share's neurons.
#include "engine/step/drive.hpp"

#include <algorithm>

#include "engine/network.hpp"

namespace plastica {

template <class R>
void stimulate(Network<R>& net, std::size_t share, std::size_t p, Step k, std::size_t row) {
  auto& population = net.populations[p];
  const Neuron first = population.first(share), count = population.owned(share);
  R* const external = population.external.empty() ? nullptr : population.external.data() + first;
  if (external != nullptr) std::fill_n(external, padded(count), R(0));
  for (const auto& drive : net.drives) {
    if (!drive->active || drive->population != p) continue;
    R* arrivals = nullptr;
    if (drive->part->into_receptor)
      arrivals = population.receptors[static_cast<std::size_t>(drive->receptor)].arrivals.data() + row * population.stride() + first;
    drive->stimulate(net, {k, first, count, padded(count), external, arrivals});
  }
}

PLASTICA_INSTANTIATE(stimulate);

}  // namespace plastica
