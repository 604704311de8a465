#pragma once
#include <tuple>

#include "parts/plasticity/double_exponential_stdp.hpp"
#include "parts/plasticity/inhibitory_stdp.hpp"
#include "parts/plasticity/log_stdp.hpp"
#include "parts/plasticity/power_law_stdp.hpp"
#include "parts/plasticity/stdp.hpp"
#include "parts/plasticity/suppression_stdp.hpp"
#include "parts/plasticity/triplet_stdp.hpp"
#include "parts/plasticity/van_rossum_stdp.hpp"
#include "parts/plasticity/window_stdp.hpp"

namespace plastica::inline PLASTICA_ISA {
using Rules = std::tuple<STDP, InhibitorySTDP, PowerLawSTDP, WindowSTDP, DoubleExponentialSTDP, SuppressionSTDP, LogSTDP, VanRossumSTDP, TripletSTDP>;
}
