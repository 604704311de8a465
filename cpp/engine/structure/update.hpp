#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void update_structure(Network<R>& net, Rewiring& rewiring, Step k);

}  // namespace plastica
