#pragma once
#include <tuple>

#include "parts/plasticity/bidirectional_chain.hpp"
#include "parts/plasticity/cascade.hpp"
#include "parts/plasticity/consolidation.hpp"
#include "parts/plasticity/global_inhibitory_stdp.hpp"
#include "parts/plasticity/heterosynaptic.hpp"
#include "parts/plasticity/inhibitory_stdp.hpp"
#include "parts/plasticity/power_law_stdp.hpp"
#include "parts/plasticity/stdp.hpp"
#include "parts/plasticity/transmitter_induced.hpp"
#include "parts/plasticity/weight_decay.hpp"

namespace plastica::inline PLASTICA_ISA {
using Rules = std::tuple<STDP, InhibitorySTDP, PowerLawSTDP, Heterosynaptic, TransmitterInduced, WeightDecay, Consolidation, GlobalInhibitorySTDP, Cascade,
                         BidirectionalChain>;
}
