// Modifiers: factors on parameters that come and go together.
#pragma once
#include "engine/network.hpp"

namespace plastica {

Step next_switch(const Modifier& modifier, Step from);

// On or off, as the moment and the user want it; all of its factors or none.
template <class R>
void switch_modifier(Network<R>& net, std::size_t id);

}  // namespace plastica
