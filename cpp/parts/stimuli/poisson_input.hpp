// Spikes from outside, drawn for each neuron.
#pragma once
#include <array>

#include "schema/field.hpp"

namespace plastica {

struct PoissonInput {
  static constexpr Text text{"PoissonInput", "Independent Poisson spikes into a receptor of every neuron, without source neurons.",
                             "arrivals(k) = weight * Poisson(rate dt)", ""};
  static constexpr std::array fields{scheduled({"rate", 100.0, unit::Hz, at_least(0), "total rate of the spikes that each neuron receives"})};
  static constexpr bool into_receptor = true;
};

}  // namespace plastica
