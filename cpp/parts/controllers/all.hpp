#pragma once
#include <tuple>

#include "parts/controllers/homeostatic_factor.hpp"
#include "parts/controllers/intrinsic_excitability.hpp"
#include "parts/controllers/modulation.hpp"
#include "parts/controllers/sliding_threshold.hpp"
#include "parts/controllers/spike_triggered_threshold.hpp"
#include "parts/controllers/synaptic_scaling.hpp"
#include "parts/controllers/weight_normalization.hpp"

namespace plastica::inline PLASTICA_ISA {
// Of excitability, of synaptic strength, of plasticity; what modulators do.
using Controllers =
    std::tuple<IntrinsicExcitability, SpikeTriggeredThreshold, SynapticScaling, HomeostaticFactor, WeightNormalization, SlidingThreshold, Modulation>;
}  // namespace plastica::inline PLASTICA_ISA
