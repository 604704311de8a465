#pragma once
#include <tuple>

#include "parts/distributions/exponential.hpp"
#include "parts/distributions/gamma.hpp"
#include "parts/distributions/log_normal.hpp"
#include "parts/distributions/normal.hpp"
#include "parts/distributions/uniform.hpp"

namespace plastica::inline PLASTICA_ISA {
using Distributions = std::tuple<Normal, LogNormal, Uniform, Exponential, Gamma>;
}
