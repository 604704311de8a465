#pragma once
#include "parts/structure/law.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Pruning {
  static constexpr Text text{
      "Pruning", "Synapses go that are weak, old enough and disused: all that meet the three conditions, or some of them, by chance.",
      "candidates: abs(w) < below, age >= older_than, no spike of the source for unused_for;  P(goes in T) = 1 - exp(-rate exp(-abs(w)/w_0) T)",
      "Chechik, Meilijson and Ruppin (1998), Neural Comput 10:1759, doi:10.1162/089976698300017124"};

  struct Parameters {
    double below, older_than, unused_for, rate, w_0, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::below, {"below", infinity, "weight", above(0), "only synapses whose weight's magnitude is below this"}},
      Parameter<Parameters>{&Parameters::older_than, {"older_than", 0.0, unit::ms, at_least(0), "only synapses that are so old, to 256 steps"}},
      Parameter<Parameters>{&Parameters::unused_for, {"unused_for", 0.0, unit::ms, at_least(0), "only synapses whose source has not spiked for so long"}},
      Parameter<Parameters>{&Parameters::rate, {"rate", infinity, "1/s", above(0), "how often a candidate of weight 0 goes; infinite: all candidates go"}},
      Parameter<Parameters>{&Parameters::w_0, {"w_0", infinity, "weight", above(0), "scale on which the rate falls with the weight"}},
      structural_interval_of<Parameters>(1000.0)};
  static constexpr auto fields = fields_of(parameters);

  static std::string_view conflict(const Parameters& p) {
    const bool all = p.below == infinity && p.older_than == 0 && p.unused_for == 0 && p.rate == infinity;
    return all ? "all synapses would go; say which, by below, older_than, unused_for or rate" : "";
  }
  static bool reads_weight(const Parameters& p) { return p.below < infinity || p.w_0 < infinity; }
  static bool writes_weight(const Parameters& /*p*/) { return false; }
  static bool draws(const Parameters& p) { return p.rate < infinity; }

  // The weight that the synapse goes on with; negative: it goes.
  static double revise(const Parameters& p, const SynapseView& s) {
    if (s.weight >= p.below || s.age < p.older_than || s.unused < p.unused_for) return s.weight;
    if (p.rate == infinity) return goes_away;
    const double expected = p.rate * math::exp(-s.weight / p.w_0) * s.seconds;
    return uniform_double(s.random[0], s.random[1]) < -math::expm1(-expected) ? goes_away : s.weight;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
