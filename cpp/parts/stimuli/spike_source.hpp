// Neurons that spike when they are told.
#pragma once
#include <array>

#include "schema/field.hpp"

namespace plastica {

struct SpikeSource {
  static constexpr Text text{"SpikeSource", "Neurons that emit the spikes of a list.", "", ""};
  static constexpr std::array<Field, 0> fields{};
  static constexpr bool takes_spikes = true;
};

}  // namespace plastica
