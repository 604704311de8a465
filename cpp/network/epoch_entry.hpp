#pragma once
#include <cstdint>

namespace plastica {

// What a table of epochs says of a neuron's events inside an epoch: 0 for none, else the offset of the last one plus 1, and whether it
// is one of several.
struct EpochEntry {
  static constexpr std::uint16_t offset = 0x7fff;
  static constexpr std::uint16_t several = 0x8000;
};

}  // namespace plastica
