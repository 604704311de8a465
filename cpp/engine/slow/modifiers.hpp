// Modifiers: factors that come and go together.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// What a file holds of one.
template <class R>
void archive_modifier(Network<R>& net, Archive& a, std::size_t m);

}  // namespace plastica
