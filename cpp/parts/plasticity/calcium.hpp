// What rules that are driven by calcium share: how long it stays above two thresholds, and how a variable relaxes meanwhile.
#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// dx = rate (target - x) dt + noise, whose stationary variance is `variance`.
template <class R>
struct Relaxation {
  R rate, target, variance;
};

// Where calcium is above both thresholds, and where only above the lower one.
template <class R>
struct CalciumConstants {
  R tau, per_tau, log_low, log_high;
  Relaxation<R> both, one;
};

// The drift towards each target is its gain, in units of 1 / tau_slow; noise of each threshold adds sigma^2 / tau_slow to the variance per time.
struct CalciumDrive {
  double tau_Ca, theta_p, theta_d, tau_slow;
  double gain_p, target_p, gain_d, target_d, gain_rest, target_rest, sigma;
};

inline Relaxation<double> relaxation(const CalciumDrive& d, bool potentiates, bool depresses) {
  const double gain_p = potentiates ? d.gain_p : 0, gain_d = depresses ? d.gain_d : 0;
  const double sources = (potentiates ? 1 : 0) + (depresses ? 1 : 0);
  const double total = gain_p + gain_d + d.gain_rest;
  if (total <= 0 && d.sigma <= 0) return {0, 0, 0};
  const double gain = total > 1e-6 ? total : 1e-6;  // noise without drift diffuses
  return {gain / d.tau_slow, (gain_p * d.target_p + gain_d * d.target_d + d.gain_rest * d.target_rest) / gain, sources * d.sigma * d.sigma / (2 * gain)};
}

template <class R>
Relaxation<R> cast(const Relaxation<double>& x) {
  return {static_cast<R>(x.rate), static_cast<R>(x.target), static_cast<R>(x.variance)};
}

template <class R>
CalciumConstants<R> calcium_constants(const CalciumDrive& d) {
  const bool lower_is_d = d.theta_d <= d.theta_p;
  const double low = lower_is_d ? d.theta_d : d.theta_p, high = lower_is_d ? d.theta_p : d.theta_d;
  return {static_cast<R>(d.tau_Ca),        static_cast<R>(1 / d.tau_Ca),       static_cast<R>(math::log(low)),
          static_cast<R>(math::log(high)), cast<R>(relaxation(d, true, true)), cast<R>(relaxation(d, !lower_is_d, lower_is_d))};
}

// For how long of a gap calcium is above both thresholds, and then above the lower one only.
template <class R>
struct TimesAbove {
  R both, one;
};

template <class R>
PLASTICA_FN TimesAbove<R> times_above(R calcium, R gap, const CalciumConstants<R>& c) {
  const R level = math::log(calcium);  // -infinity without calcium
  const R high = c.tau * (level - c.log_high), low = c.tau * (level - c.log_low);
  const R both = clipped(high, R(0), gap);
  return {both, clipped(low, R(0), gap) - both};
}

// A variable with its variance, on the way.
template <class R>
struct Spread {
  R mean, variance;
};

template <class R>
PLASTICA_FN Spread<R> relaxed(Spread<R> x, const Relaxation<R>& to, R time) {
  const R part = math::expm1(-to.rate * time);  // minus what is gone of the distance
  const R left = R(1) + part;
  return {x.mean + (x.mean - to.target) * part, x.variance * left * left - to.variance * part * (R(2) + part)};
}

}  // namespace plastica::inline PLASTICA_ISA
