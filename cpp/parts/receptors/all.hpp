#pragma once
#include <tuple>

#include "parts/receptors/conductance.hpp"
#include "parts/receptors/current.hpp"

namespace plastica::inline PLASTICA_ISA {
using Receptors = std::tuple<CurrentDelta, CurrentExp, CurrentAlpha, ConductanceExp, ConductanceAlpha, ConductanceBiExp, NMDA>;
}
