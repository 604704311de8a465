#pragma once
#include <tuple>

#include "parts/structure/creation.hpp"
#include "parts/structure/kesten_turnover.hpp"
#include "parts/structure/pruning.hpp"
#include "parts/structure/structural_plasticity.hpp"
#include "parts/structure/synaptic_elements.hpp"

namespace plastica::inline PLASTICA_ISA {
using Elements = std::tuple<SynapticElements>;
using Laws = std::tuple<StructuralPlasticity, Pruning, Creation, KestenTurnover>;
}  // namespace plastica::inline PLASTICA_ISA
