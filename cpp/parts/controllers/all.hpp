#pragma once
#include <tuple>

#include "parts/controllers/intrinsic_excitability.hpp"
#include "parts/controllers/synaptic_scaling.hpp"

namespace plastica::inline PLASTICA_ISA {
using Controllers = std::tuple<SynapticScaling, IntrinsicExcitability>;
}  // namespace plastica::inline PLASTICA_ISA
