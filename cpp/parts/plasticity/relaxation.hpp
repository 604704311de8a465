// What rules of short-term plasticity share: variables that relax exponentially, and one that an exponential feeds.
#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// What is left of 1 after a gap; with a time constant of 0, nothing.
template <class R>
PLASTICA_FN R left_after(R gap, R tau) {
  const R decay = math::exp(-gap / (tau > R(0) ? tau : R(1)));
  return tau > R(0) ? decay : R(0);
}

// The integral over s from 0 to `gap` of exp(-rate (gap - s)) exp(-feeding_rate s), the same for both orders of the two rates and smooth where
// they meet: gap exp(-slower gap) (1 - exp(-d)) / d with d = gap times the difference of the rates.
template <class R>
PLASTICA_FN R fed(R gap, R rate, R feeding_rate) {
  const R slower = rate < feeding_rate ? rate : feeding_rate;
  const R faster = rate < feeding_rate ? feeding_rate : rate;
  const R d = gap * (faster - slower);
  const bool apart = d > R(1e-20);
  const R mean = -math::expm1(-d) / (apart ? d : R(1));
  return gap * math::exp(-slower * gap) * (apart ? mean : R(1));
}

}  // namespace plastica::inline PLASTICA_ISA
