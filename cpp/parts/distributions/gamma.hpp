#pragma once
#include "parts/distributions/distribution.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Gamma {
  static constexpr Text text{"Gamma", "Gamma distribution, of mean shape * scale and variance shape * scale^2.",
                             "p(x) ~ x^(shape - 1) exp(-x / scale) for x > 0", "Marsaglia and Tsang (2000), ACM Transactions on Mathematical Software 26:363"};

  struct Parameters {
    double shape, scale;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::shape, {"shape", 1.0, unit::none, above(0), "shape"}},
                                         Parameter<Parameters>{&Parameters::scale, {"scale", 1.0, unit::none, above(0), "scale"}}};
  static constexpr auto fields = fields_of(parameters);

  static void check(const Parameters& /*p*/) {}
  static double sample(Stream& stream, const Parameters& p) { return gamma(stream, p.shape, p.scale); }
};

}  // namespace plastica::inline PLASTICA_ISA
