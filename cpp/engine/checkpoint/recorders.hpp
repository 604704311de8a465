// Recorders in a file, with what they have recorded.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void archive_recorder(Network<R>& net, Archive& a, std::size_t r);

}  // namespace plastica
