#pragma once
#include <tuple>

#include "parts/plasticity/bidirectional_chain.hpp"
#include "parts/plasticity/calcium_stdp.hpp"
#include "parts/plasticity/cascade.hpp"
#include "parts/plasticity/consolidation.hpp"
#include "parts/plasticity/double_exponential_stdp.hpp"
#include "parts/plasticity/dual_eligibility.hpp"
#include "parts/plasticity/global_inhibitory_stdp.hpp"
#include "parts/plasticity/heterosynaptic.hpp"
#include "parts/plasticity/inhibitory_stdp.hpp"
#include "parts/plasticity/lobe_gate.hpp"
#include "parts/plasticity/log_stdp.hpp"
#include "parts/plasticity/modulated_stdp.hpp"
#include "parts/plasticity/power_law_stdp.hpp"
#include "parts/plasticity/quantal_release.hpp"
#include "parts/plasticity/retroactive_conversion.hpp"
#include "parts/plasticity/reward_gate.hpp"
#include "parts/plasticity/reward_stdp.hpp"
#include "parts/plasticity/stdp.hpp"
#include "parts/plasticity/suppression_stdp.hpp"
#include "parts/plasticity/tagging_capture.hpp"
#include "parts/plasticity/tagging_trigger.hpp"
#include "parts/plasticity/transmitter_induced.hpp"
#include "parts/plasticity/triplet_stdp.hpp"
#include "parts/plasticity/tsodyks_markram.hpp"
#include "parts/plasticity/van_rossum_stdp.hpp"
#include "parts/plasticity/vesicle_pools.hpp"
#include "parts/plasticity/voltage_stdp.hpp"
#include "parts/plasticity/weight_decay.hpp"
#include "parts/plasticity/window_stdp.hpp"

namespace plastica::inline PLASTICA_ISA {
// Grouped by what they are: of pairs and triplets of spikes, of the membrane potential, of calcium, with a third factor; slow and heterosynaptic; gates;
// consolidation; short-term.
using Rules = std::tuple<STDP, InhibitorySTDP, PowerLawSTDP, WindowSTDP, DoubleExponentialSTDP, SuppressionSTDP, LogSTDP, VanRossumSTDP, TripletSTDP,
                         VoltageSTDP, CalciumSTDP, ModulatedSTDP, RewardSTDP, GlobalInhibitorySTDP, Heterosynaptic, TransmitterInduced, WeightDecay,
                         Consolidation, RewardGate, LobeGate, DualEligibility, RetroactiveConversion, TaggingTrigger, TaggingCapture, Cascade,
                         BidirectionalChain, TsodyksMarkram, QuantalRelease, VesiclePools>;
}  // namespace plastica::inline PLASTICA_ISA
