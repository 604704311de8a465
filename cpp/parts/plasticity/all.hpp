#pragma once
#include <tuple>

#include "parts/plasticity/calcium_stdp.hpp"
#include "parts/plasticity/inhibitory_stdp.hpp"
#include "parts/plasticity/power_law_stdp.hpp"
#include "parts/plasticity/stdp.hpp"
#include "parts/plasticity/tagging_capture.hpp"
#include "parts/plasticity/tagging_trigger.hpp"
#include "parts/plasticity/voltage_stdp.hpp"

namespace plastica::inline PLASTICA_ISA {
using Rules = std::tuple<STDP, InhibitorySTDP, PowerLawSTDP, CalciumSTDP, TaggingCapture, TaggingTrigger, VoltageSTDP>;
}
