// Poisson numbers out of few random bits, by a mixture: 16 bits decide between the probabilities rounded down to multiples of 2^-16, and a
// remainder of some 2^-16 in which a further word of 32 bits decides between what was cut off. Exact to 2^-42.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/math.hpp"

namespace plastica {

struct PoissonTable {
  // The number is `least` plus how many of these the 16 bits, read as a signed integer, are above. Above the last one of all: the remainder.
  std::vector<std::int16_t> thresholds;
  std::int16_t least = 0;
  std::vector<std::uint32_t> remainder;  // the number is how many of these the word reaches
};

// For a mean up to 32.
inline PoissonTable poisson_table(double mean) {
  constexpr double words = 0x1p16;
  std::vector<double> probability{math::exp(-mean)};
  for (int k = 1; k < mean || probability.back() > 0x1p-60; ++k) probability.push_back(probability.back() * mean / k);
  PoissonTable table;
  std::int32_t passed = 0;
  double cut_off = 0;
  std::vector<double> rest;
  for (const double p : probability) {
    const double share = std::floor(p * words);
    rest.push_back(p * words - share);
    cut_off += rest.back();
    passed += static_cast<std::int32_t>(share);
    if (passed == 0)
      ++table.least;
    else if (share > 0 && passed < 65536)
      table.thresholds.push_back(static_cast<std::int16_t>(passed - 32769));
  }
  double sum = 0;
  for (const double r : rest) {
    sum += r / cut_off;
    if (!(sum * 0x1p32 < 0x1p32 - 1)) break;
    table.remainder.push_back(static_cast<std::uint32_t>(sum * 0x1p32));
  }
  return table;
}

}  // namespace plastica
