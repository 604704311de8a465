#pragma once
#include "parts/distributions/distribution.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Normal {
  static constexpr Text text{"Normal", "Normal distribution, truncated to low..high by drawing again.",
                             "p(x) ~ exp(-(x - mean)^2 / (2 std^2)) for low <= x <= high", "Wichura (1988), Applied Statistics 37:477 (AS 241)"};

  struct Parameters {
    double mean, std, low, high;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::mean, {"mean", 0.0, unit::none, any(), "mean before truncation"}},
                                         Parameter<Parameters>{&Parameters::std, {"std", 1.0, unit::none, at_least(0), "standard deviation before truncation"}},
                                         Parameter<Parameters>{&Parameters::low, {"low", -infinity, unit::none, any(), "smallest value"}},
                                         Parameter<Parameters>{&Parameters::high, {"high", infinity, unit::none, any(), "largest value"}}};
  static constexpr auto fields = fields_of(parameters);

  static void check(const Parameters& p) { check_interval(text, p.low, p.high); }

  static double of_normal(const Parameters& p, double z) { return p.mean + p.std * z; }
  static bool accepts(const Parameters& p, double value) { return value >= p.low && value <= p.high; }

  static double sample(Stream& stream, const Parameters& p) {
    constexpr int patience = 1'000'000;
    for (int attempt = 0; attempt < patience; ++attempt) {
      const double value = of_normal(p, stream.normal());
      if (accepts(p, value)) return value;
    }
    throw Error("Normal.low = " + to_text(p.low) + " and Normal.high = " + to_text(p.high) + " hold almost nothing of a normal distribution of mean " +
                to_text(p.mean) + " and std " + to_text(p.std) + "; widen them or use Uniform");
  }
};

}  // namespace plastica::inline PLASTICA_ISA
