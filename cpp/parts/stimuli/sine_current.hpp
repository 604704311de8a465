// A current that is a sine of time.
#pragma once
#include <array>

#include "schema/field.hpp"

namespace plastica {

struct SineCurrent {
  static constexpr Text text{"SineCurrent", "A sinusoidal current.", "I(t) = offset + amplitude sin(2 pi frequency t + phase)", ""};
  static constexpr std::array fields{Field{"amplitude", 0.0, unit::pA, any(), "amplitude"}, Field{"frequency", 10.0, unit::Hz, at_least(0), "frequency"},
                                     Field{"phase", 0.0, "rad", any(), "phase at time 0"}, Field{"offset", 0.0, unit::pA, any(), "mean current"}};
};

}  // namespace plastica
