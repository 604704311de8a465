#pragma once
#include <tuple>

#include "parts/plasticity/dual_eligibility.hpp"
#include "parts/plasticity/inhibitory_stdp.hpp"
#include "parts/plasticity/lobe_gate.hpp"
#include "parts/plasticity/modulated_stdp.hpp"
#include "parts/plasticity/power_law_stdp.hpp"
#include "parts/plasticity/retroactive_conversion.hpp"
#include "parts/plasticity/reward_gate.hpp"
#include "parts/plasticity/reward_stdp.hpp"
#include "parts/plasticity/stdp.hpp"

namespace plastica::inline PLASTICA_ISA {
using Rules = std::tuple<STDP, InhibitorySTDP, PowerLawSTDP, RewardGate, LobeGate, ModulatedSTDP, DualEligibility, RetroactiveConversion, RewardSTDP>;
}
