#pragma once
#include <tuple>

#include "parts/membranes/adex.hpp"
#include "parts/membranes/clopath_adex.hpp"
#include "parts/membranes/izhikevich.hpp"
#include "parts/membranes/lif.hpp"
#include "parts/membranes/relay.hpp"

namespace plastica::inline PLASTICA_ISA {
using Membranes = std::tuple<LIF, AdEx, Izhikevich, Relay, ClopathAdEx>;
}
