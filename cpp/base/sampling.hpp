// Random variates from a Stream: exact distributions, without the standard library's, which differ between platforms.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/isa.hpp"
#include "base/math.hpp"
#include "base/random.hpp"

namespace plastica::inline PLASTICA_ISA {

inline double exponential(Stream& stream, double mean) { return -mean * math::log(stream.uniform()); }

// Marsaglia and Tsang (2000), ACM Transactions on Mathematical Software 26:363; shape and scale above 0.
inline double gamma(Stream& stream, double shape, double scale) {
  if (shape < 1) {
    const double power = math::pow(stream.uniform(), 1 / shape);
    return gamma(stream, shape + 1, scale) * power;
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double z = stream.normal();
    const double root = 1 + c * z;
    const double u = stream.uniform();
    if (root <= 0) continue;
    const double v = root * root * root;
    if (math::log(u) < 0.5 * z * z + d * (1 - v + math::log(v))) return scale * d * v;
  }
}

// Probabilities of counts by the saddle-point expansion, which loses no digits for large counts.
// Loader (2000), Fast and accurate computation of binomial probabilities.
namespace probability {

// log(n!) minus Stirling's leading part, for whole n >= 1.
inline double stirling_error(double n) {
  constexpr double small[] = {0,
                              0.08106146679532726,
                              0.0413406959554093,
                              0.02767792568499834,
                              0.020790672103765093,
                              0.016644691189821193,
                              0.013876128823070748,
                              0.01189670994589177,
                              0.010411265261972096,
                              0.009255462182712733,
                              0.00833056343336287,
                              0.007573675487951841,
                              0.00694284010720953,
                              0.006408994188004207,
                              0.0059513701127588475,
                              0.005554733551962801};
  return n < 16 ? small[static_cast<int>(n)] : math::stirling_series(n);
}

// x log(x / mean) + mean - x, for x > 0.
inline double deviance(double x, double mean) {
  if (std::abs(x - mean) >= 0.1 * (x + mean)) return x * math::log(x / mean) + mean - x;
  const double v = (x - mean) / (x + mean);
  double sum = (x - mean) * v;
  double term = 2 * x * v;
  for (int odd = 3; odd < 100; odd += 2) {
    term *= v * v;
    const double next = sum + term / odd;
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

inline constexpr double two_pi = 6.283185307179586;

inline double binomial(double k, double n, double p) {
  if (k == 0) return math::exp(n * math::log1p(-p));
  if (k == n) return math::exp(n * math::log(p));
  const double exponent = stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p) - deviance(n - k, n * (1 - p));
  return math::exp(exponent) * std::sqrt(n / (two_pi * k * (n - k)));
}

inline double poisson(double k, double mean) {
  if (k == 0) return math::exp(-mean);
  return math::exp(-stirling_error(k) - deviance(k, mean)) / std::sqrt(two_pi * k);
}

inline double hypergeometric(double k, double good, double bad, double draws) {
  const double p = draws / (good + bad);
  return binomial(k, good, p) * binomial(draws - k, bad, p) / binomial(draws, good + bad, p);
}

}  // namespace probability

// Inversion that walks outward from the mode: about one standard deviation of steps. `up(k)` is the probability of k + 1 over that
// of k, `down(k)` of k - 1 over that of k.
template <class Up, class Down>
std::int64_t inversion_from_mode(Stream& stream, std::int64_t mode, std::int64_t lowest, std::int64_t highest, double at_mode, Up up, Down down) {
  constexpr double nothing = 0x1p-70;
  double left = stream.uniform() - at_mode;
  if (left < 0) return mode;
  std::int64_t above = mode;
  std::int64_t below = mode;
  double p_above = at_mode;
  double p_below = at_mode;
  while (p_above + p_below > nothing) {
    p_above = above < highest ? p_above * up(above) : 0;
    left -= p_above;
    if (left < 0) return above + 1;
    ++above;
    p_below = below > lowest ? p_below * down(below) : 0;
    left -= p_below;
    if (left < 0) return below - 1;
    --below;
  }
  return mode;  // what rounding left over, about 1e-13
}

// Successes in n trials of probability p, n >= 0.
inline std::int64_t binomial(Stream& stream, std::int64_t n, double p) {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  const double odds = p / (1 - p);
  const auto trials = static_cast<double>(n);
  const std::int64_t mode = std::min(n, static_cast<std::int64_t>((trials + 1) * p));
  const auto up = [=](std::int64_t k) { return odds * static_cast<double>(n - k) / static_cast<double>(k + 1); };
  const auto down = [=](std::int64_t k) { return static_cast<double>(k) / (odds * static_cast<double>(n - k + 1)); };
  return inversion_from_mode(stream, mode, 0, n, probability::binomial(static_cast<double>(mode), trials, p), up, down);
}

// Good ones among `draws` taken without replacement from `good` + `bad`; draws <= good + bad.
inline std::int64_t hypergeometric(Stream& stream, std::int64_t good, std::int64_t bad, std::int64_t draws) {
  const std::int64_t lowest = std::max<std::int64_t>(0, draws - bad);
  const std::int64_t highest = std::min(good, draws);
  if (lowest >= highest) return highest;
  const auto all_good = static_cast<double>(good);
  const auto all_bad = static_cast<double>(bad);
  const auto taken = static_cast<double>(draws);
  const double centre = (taken + 1) * ((all_good + 1) / (all_good + all_bad + 2));
  const std::int64_t mode = std::clamp(static_cast<std::int64_t>(centre), lowest, highest);
  const auto up = [=](std::int64_t k) {
    return static_cast<double>(good - k) / static_cast<double>(k + 1) * (static_cast<double>(draws - k) / static_cast<double>(bad - draws + k + 1));
  };
  const auto down = [=](std::int64_t k) {
    return static_cast<double>(k) / static_cast<double>(good - k + 1) * (static_cast<double>(bad - draws + k) / static_cast<double>(draws - k + 1));
  };
  const double at_mode = probability::hypergeometric(static_cast<double>(mode), all_good, all_bad, taken);
  return inversion_from_mode(stream, mode, lowest, highest, at_mode, up, down);
}

inline std::int64_t poisson(Stream& stream, double mean) {
  if (mean <= 0) return 0;
  const auto mode = static_cast<std::int64_t>(mean);
  const auto up = [=](std::int64_t k) { return mean / static_cast<double>(k + 1); };
  const auto down = [=](std::int64_t k) { return static_cast<double>(k) / mean; };
  return inversion_from_mode(stream, mode, 0, INT64_MAX, probability::poisson(static_cast<double>(mode), mean), up, down);
}

}  // namespace plastica::inline PLASTICA_ISA
