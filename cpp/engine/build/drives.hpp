// What drives populations: making, reading and setting stimuli, and what follows from their parameters.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
const Schema& schema_of(const Drive<R>& drive);

template <class R>
void derive_drive(Network<R>& net, Drive<R>& drive);

}  // namespace plastica
