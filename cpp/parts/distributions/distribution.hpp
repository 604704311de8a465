// What a distribution is: parameters, a check of their combination, and one value from a stream of random numbers. Where that value is
// mostly a function of one normal number (`of_normal`, unless not `accepts`), many are drawn at once.
#pragma once
#include "base/isa.hpp"
#include "base/math.hpp"
#include "base/random.hpp"
#include "base/sampling.hpp"
#include "schema/schema.hpp"

namespace plastica::inline PLASTICA_ISA {

// Throws unless low < high: an interval that holds no value can never be drawn from.
inline void check_interval(const Text& part, double low, double high) {
  if (low < high) return;
  throw Error(std::string(part.name) + ".low = " + to_text(low) + " must be below " + std::string(part.name) + ".high = " + to_text(high));
}

}  // namespace plastica::inline PLASTICA_ISA
