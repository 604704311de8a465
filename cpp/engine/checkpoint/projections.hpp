// Projections in a file: all but their rows.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void archive_projection(Network<R>& net, Archive& a, std::size_t p);

}  // namespace plastica
