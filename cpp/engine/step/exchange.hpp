// Exchange: everybody's spikes, onto the way to a share's own rows of synapses.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void exchange(Network<R>& net, std::size_t share, Step begin, Step end, std::size_t parity);

}  // namespace plastica
