#pragma once
#include "parts/distributions/distribution.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Exponential {
  static constexpr Text text{"Exponential", "Exponential distribution.", "p(x) = exp(-x / mean) / mean for x > 0", ""};

  struct Parameters {
    double mean;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::mean, {"mean", 1.0, unit::none, above(0), "mean"}}};
  static constexpr auto fields = fields_of(parameters);

  static void check(const Parameters& /*p*/) {}
  static double sample(Stream& stream, const Parameters& p) { return exponential(stream, p.mean); }
};

}  // namespace plastica::inline PLASTICA_ISA
