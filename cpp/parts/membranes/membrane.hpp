// What a membrane model is: parameters in the user's units, state and constants as columns, and pure functions for one neuron.
#pragma once
#include <tuple>

#include "base/isa.hpp"
#include "base/math.hpp"
#include "schema/field.hpp"

namespace plastica::inline PLASTICA_ISA {

// What the receptors and stimuli of a neuron add up to over one step. For a membrane that solves its linear equation exactly and
// has no conductances, `current` is already the change of V at the end of the step; otherwise it is the mean current.
template <class R>
struct Input {
  R current;      // pA
  R conductance;  // nS, the sum of mean conductances
  R reversal;     // pA, the sum of mean conductance times reversal potential
};

// How a decaying input weighs on a membrane over one step of length h: the integrals of K(s) exp(-s/tau) and K(s) s exp(-s/tau).
// By default K = 1/h: the mean over the step.
struct MeanResponse {
  static constexpr bool exact = false;
  double h;
  friend bool operator==(const MeanResponse&, const MeanResponse&) = default;
  double constant() const { return 1.0; }
  double decaying(double tau) const { return -tau * math::expm1(-h / tau) / h; }
  double ramping(double tau) const { return tau * (-tau * math::expm1(-h / tau) - h * math::exp(-h / tau)) / h; }
};

}  // namespace plastica::inline PLASTICA_ISA
