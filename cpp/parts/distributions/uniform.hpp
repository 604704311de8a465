#pragma once
#include "parts/distributions/distribution.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Uniform {
  static constexpr Text text{"Uniform", "Uniform distribution between low and high.", "p(x) = 1 / (high - low) for low < x < high", ""};

  struct Parameters {
    double low, high;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::low, {"low", 0.0, unit::none, any(), "lower end"}},
                                         Parameter<Parameters>{&Parameters::high, {"high", 1.0, unit::none, any(), "upper end"}}};
  static constexpr auto fields = fields_of(parameters);

  static void check(const Parameters& p) { check_interval(text, p.low, p.high); }
  static double sample(Stream& stream, const Parameters& p) { return p.low + (p.high - p.low) * stream.uniform(); }
};

}  // namespace plastica::inline PLASTICA_ISA
