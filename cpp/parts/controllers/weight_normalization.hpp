#pragma once
#include <cmath>

#include "parts/controllers/controller.hpp"

namespace plastica::inline PLASTICA_ISA {

struct WeightNormalization : ControllerDefaults {
  static constexpr Text text{
      "WeightNormalization",
      "Rewrites the weights of a projection, so that those that belong to one neuron, its target or its source, have a given sum or norm again. "
      "Magnitudes stay between 0 and w_max, which may leave the sum beside its value.",
      "L1: w *= total / sum(w);  L2: w *= total / sqrt(sum(w^2));  subtractive: w += (total - sum(w)) / number",
      "Oja (1982), J Math Biol 15:267, doi:10.1007/BF00275687; Miller and MacKay (1994), Neural Comput 6:100, doi:10.1162/neco.1994.6.1.100"};
  static constexpr Senses senses = Senses::weights;
  static constexpr std::string_view targets = "projection";

  struct Parameters {
    double axis, norm, total, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::axis, choice("axis", "target|source", "the neuron whose weights are taken together")},
      Parameter<Parameters>{&Parameters::norm, choice("norm", "L1|L2|subtractive", "how: divided by their sum, by their Euclidean norm, or shifted")},
      Parameter<Parameters>{&Parameters::total,
                            {"total", 0.0, "weight", at_least(0), "sum or norm of the magnitudes of each neuron's weights; 0: what each has at the start"}},
      interval_of<Parameters>(100.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array<Field, 0> states{};
  static Act act(const Parameters& /*p*/) { return Act::set; }

  static bool of_source(const Parameters& p) { return p.axis == 1; }
  static double term(const Parameters& p, double magnitude) { return p.norm == 1 ? magnitude * magnitude : magnitude; }
  // A neuron whose weights are all 0 is left alone, unless they are shifted.
  static WeightChange change(const Parameters& p, double sum, double at_start, double count) {
    const auto norm = [&](double s) { return p.norm == 1 ? std::sqrt(s) : s; };
    const double total = p.total > 0 ? p.total : norm(at_start);
    if (p.norm == 2) return {1, count > 0 ? (total - sum) / count : 0};
    return {sum > 0 ? total / norm(sum) : 1, 0};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
