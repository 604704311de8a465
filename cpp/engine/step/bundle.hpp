// Bundles: the static projections with various delays that leave one population, as they lie in memory while the network runs.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void bundle_up(Network<R>& net);

// The projections that leave a population have their synapses to themselves again.
template <class R>
void unbundle(Network<R>& net, std::size_t pre);

// Spikes that arrive in the steps begin .. end-1, onto all populations.
template <class R>
void deliver_bundles(Network<R>& net, std::size_t share, Step begin, Step end);

// The projection's synapses, where they can be looked at one by one.
template <class R>
Projection<R>& on_its_own(Network<R>& net, std::size_t projection) {
  auto& p = net.projections.at(projection);
  if (bundled(net, projection)) unbundle(net, p.pre);
  return p;
}

}  // namespace plastica
