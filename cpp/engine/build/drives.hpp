// What drives populations: making, reading and setting stimuli.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// What follows from the parameters, and from what acts on them.
template <class R>
void derive_drive(const Network<R>& net, Drive<R>& drive);

// What a file holds of one.
template <class R>
void archive_drive(Network<R>& net, Archive& a, std::size_t d);

}  // namespace plastica
