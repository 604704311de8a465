#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
const Schema& schema_of(const Drive<R>& drive);

template <class R>
void derive_drive(Network<R>& net, Drive<R>& drive);

}  // namespace plastica
