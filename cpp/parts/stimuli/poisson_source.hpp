// Neurons that spike at random.
#pragma once
#include <array>

#include "schema/field.hpp"

namespace plastica {

struct PoissonSource {
  static constexpr Text text{"PoissonSource", "Neurons that emit independent Poisson spike trains, at most one spike per step.",
                             "P(spike at k + 1) = 1 - exp(-rate dt)", ""};
  static constexpr std::array fields{
      scheduled({"rate", 10.0, unit::Hz, at_least(0), "rate of each neuron; of a rate r (1 - exp(-r dt))/dt comes out, as a step holds one spike at most"})};
  static constexpr std::string_view once_a_step = "rate";
};

}  // namespace plastica
