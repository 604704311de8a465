// An update of a law of structure: which synapses go and where new ones form, at steps that the model determines.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void update_structure(Network<R>& net, Rewiring& rewiring, Step k);

}  // namespace plastica
