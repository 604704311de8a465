// A current that is filtered noise.
#pragma once
#include <array>

#include "schema/field.hpp"

namespace plastica {

struct OUCurrent {
  static constexpr Text text{"OUCurrent", "Ornstein-Uhlenbeck noise current, independent for every neuron; exact on the grid.",
                             "tau dI/dt = mean - I + sigma sqrt(2 tau) xi(t);  starts at mean",
                             "Uhlenbeck and Ornstein (1930), Phys Rev 36:823; Gillespie (1996), Phys Rev E 54:2084"};
  static constexpr std::array fields{Field{"mean", 0.0, unit::pA, any(), "mean"}, Field{"sigma", 0.0, unit::pA, at_least(0), "stationary standard deviation"},
                                     Field{"tau", 5.0, unit::ms, above(0), "correlation time"}};
};

}  // namespace plastica
