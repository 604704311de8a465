// What a receptor is: linear kinetics driven by arriving weights, seen by the membrane as a current, a conductance or a jump of V.
#pragma once
#include <cmath>
#include <tuple>

#include "base/isa.hpp"
#include "base/math.hpp"
#include "schema/terms.hpp"

namespace plastica::inline PLASTICA_ISA {

enum class Effect { jump, current, conductance };

using Response = MembraneResponse;

// The kernel (exp(-t/decay) - exp(-t/rise)) / (1/rise - 1/decay), or t exp(-t/tau) where the two are equal: the response of a
// decaying variable g driven by a second one, r, over one step of length h.
struct TwoStage {
  double decay_g, decay_r, drive, response_g, response_r, normalisation;

  static TwoStage make(double rise, double decay, double h, const Response& response) {
    const double difference = 1 / rise - 1 / decay;
    TwoStage k{};
    k.decay_g = math::exp(-h / decay);
    k.decay_r = math::exp(-h / rise);
    k.response_g = response.decaying(decay);
    if (std::fabs(difference) * decay < 1e-7) {
      k.drive = h * k.decay_g;
      k.response_r = response.ramping(decay);
      k.normalisation = math::exp(1.0) / decay;
      return k;
    }
    k.drive = -k.decay_g * math::expm1(-h * difference) / difference;
    k.response_r = (k.response_g - response.decaying(rise)) / difference;
    const double peak_time = math::log(decay / rise) / difference;
    k.normalisation = -difference / (math::exp(-peak_time / decay) * math::expm1(-peak_time * difference));
    return k;
  }
};

template <class R>
struct TwoStageState {
  R g, rise;
  PLASTICA_FN constexpr auto tie() { return std::tie(g, rise); }
};

template <class R>
struct TwoStageConstants {
  R decay_g, decay_r, drive, response_g, response_r, normalisation, E_rev;
  PLASTICA_FN constexpr auto tie() { return std::tie(decay_g, decay_r, drive, response_g, response_r, normalisation, E_rev); }
};

inline TwoStageConstants<double> constants_of(const TwoStage& k, double E_rev) {
  return {k.decay_g, k.decay_r, k.drive, k.response_g, k.response_r, k.normalisation, E_rev};
}

template <class R>
PLASTICA_FN R two_stage_step(TwoStageState<R>& s, const TwoStageConstants<R>& c, R arrivals) {
  s.rise += arrivals * c.normalisation;
  const R out = s.g * c.response_g + s.rise * c.response_r;
  s.g = s.g * c.decay_g + s.rise * c.drive;
  s.rise *= c.decay_r;
  return out;
}

template <class R>
struct OneStageConstants {
  R decay, response, E_rev;
  PLASTICA_FN constexpr auto tie() { return std::tie(decay, response, E_rev); }
};

}  // namespace plastica::inline PLASTICA_ISA
