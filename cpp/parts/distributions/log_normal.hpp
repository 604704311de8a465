#pragma once
#include "parts/distributions/distribution.hpp"

namespace plastica::inline PLASTICA_ISA {

struct LogNormal {
  static constexpr Text text{"LogNormal", "Log-normal distribution; mu and sigma are the mean and standard deviation of the logarithm.",
                             "x = exp(mu + sigma z), z standard normal", ""};

  struct Parameters {
    double mu, sigma;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::mu, {"mu", 0.0, unit::none, between(-700, 700), "mean of the logarithm"}},
      Parameter<Parameters>{&Parameters::sigma, {"sigma", 1.0, unit::none, at_least(0), "standard deviation of the logarithm"}}};
  static constexpr auto fields = fields_of(parameters);

  static void check(const Parameters& /*p*/) {}
  static double of_normal(const Parameters& p, double z) { return math::exp(p.mu + p.sigma * z); }
  static bool accepts(const Parameters& /*p*/, double /*value*/) { return true; }
  static double sample(Stream& stream, const Parameters& p) { return of_normal(p, stream.normal()); }
};

}  // namespace plastica::inline PLASTICA_ISA
