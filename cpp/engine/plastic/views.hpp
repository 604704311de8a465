// Constants of rules, and the views that kernels read: addresses of columns, taken anew when something has moved.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void refresh_all_views(Network<R>& net);

template <class R>
void derive_rules(Network<R>& net, std::size_t id);

// The histories may have moved when they grew, rings and integrals too; their addresses are taken anew.
template <class R>
void refresh_views(Network<R>& net, std::size_t share, std::size_t population);

}  // namespace plastica
