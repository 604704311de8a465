// A current that is constant, or piecewise so.
#pragma once
#include <array>

#include "schema/field.hpp"

namespace plastica {

struct ConstantCurrent {
  static constexpr Text text{"ConstantCurrent", "A current that is constant, or with a Schedule piecewise constant.", "I = amplitude", ""};
  static constexpr std::array fields{scheduled({"amplitude", 0.0, unit::pA, any(), "current"})};
};

}  // namespace plastica
