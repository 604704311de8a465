#pragma once
#include <tuple>

#include "parts/plasticity/inhibitory_stdp.hpp"
#include "parts/plasticity/power_law_stdp.hpp"
#include "parts/plasticity/quantal_release.hpp"
#include "parts/plasticity/stdp.hpp"
#include "parts/plasticity/tsodyks_markram.hpp"
#include "parts/plasticity/vesicle_pools.hpp"

namespace plastica::inline PLASTICA_ISA {
using Rules = std::tuple<STDP, InhibitorySTDP, PowerLawSTDP, TsodyksMarkram, QuantalRelease, VesiclePools>;
}
