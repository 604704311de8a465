// What stands still: projections that do not learn, controllers and laws of structure that do not move, by their own switches or because the
#pragma once
#include "engine/network.hpp"

namespace plastica {

// What has happened up to now was under the switches as they were.
template <class R>
void put_switches_in_force(Network<R>& net);

}  // namespace plastica
