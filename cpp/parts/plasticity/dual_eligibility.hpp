#pragma once
#include <limits>

#include "parts/plasticity/third_factor.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct DualEligibilityConstants {
  R rate, per_plus, per_minus;  // 1/ms
  R per_max_plus, per_max_minus;  // 0 without a ceiling
  R max_plus, max_minus;
};

struct DualEligibilityVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 2, integrals = 2;
  static constexpr bool compares = true, evolves = true, reads_y_at_post = false;
  static constexpr std::array states{stands_still({"eligibility_plus", 0, "weight", at_least(0), "potentiation that waits for its modulator"}),
                                     stands_still({"eligibility_minus", 0, "weight", at_least(0), "depression that waits for its modulator"})};
  template <class R>
  using Constants = DualEligibilityConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, DualEligibilityVariant>& s) {
    w = clipped(w + c.rate * (own[0] * s.integral[0] - own[1] * s.integral[1]), R(0), s.w_max);
    own[0] = own[0] * math::exp(-s.gap * c.per_plus);
    own[1] = own[1] * math::exp(-s.gap * c.per_minus);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& w, R* own, const Constants<R>& c, const Moment<R, DualEligibilityVariant>& m) {
    const R up = m.change > R(0) ? m.change : R(0);
    const R down = m.change > R(0) ? R(0) : -m.change;  // NaN goes here, to be found
    w = clipped(w - m.change, R(0), m.w_max);           // the difference can round to just outside
    own[0] = clipped(own[0] + up * (R(1) - own[0] * c.per_max_plus), R(0), c.max_plus);
    own[1] = clipped(own[1] + down * (R(1) - own[1] * c.per_max_minus), R(0), c.max_minus);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, DualEligibilityVariant>& m) {
    at_post(w, own, c, m);
  }
};

struct DualEligibility {
  static constexpr Text text{
      "DualEligibility",
      "Makes the rules before it wait for two modulators: potentiation and depression become eligibilities of their own, each with its decay and its "
      "modulator.",
      "change q of the rules before it at an event: w -= q; e_plus += q (1 - e_plus/max_plus) if q > 0, e_minus -= q (1 - e_minus/max_minus) if q < 0;  "
      "e' = -e/tau;  w' = learning_rate (ltp(t) e_plus - ltd(t) e_minus)",
      "He et al. (2015), Neuron 88:528, doi:10.1016/j.neuron.2015.09.037; Huertas, Schwettmann and Shouval (2016), Front Synaptic Neurosci 8:37, "
      "doi:10.3389/fnsyn.2016.00037"};

  struct Parameters {
    double ltp, ltd, tau_plus, tau_minus, learning_rate, max_plus, max_minus;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::ltp, modulator_field("ltp", "the signal that converts eligible potentiation, such as noradrenaline")},
      Parameter<Parameters>{&Parameters::ltd, modulator_field("ltd", "the signal that converts eligible depression, such as serotonin")},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 5000.0, unit::ms, above(0), "decay of the eligibility of potentiation"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 2500.0, unit::ms, above(0), "decay of the eligibility of depression"}},
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.001, unit::per_ms, at_least(0), "speed of conversion by a modulator of 1"}},
      Parameter<Parameters>{&Parameters::max_plus, {"max_plus", 0.0, "weight", at_least(0), "where the eligibility of potentiation saturates; 0: nowhere"}},
      Parameter<Parameters>{&Parameters::max_minus, {"max_minus", 0.0, "weight", at_least(0), "where the eligibility of depression saturates; 0: nowhere"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<DualEligibilityVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) { return {.integrals = {{modulator_index(p.ltp), p.tau_plus}, {modulator_index(p.ltd), p.tau_minus}}}; }

  template <class R>
  static DualEligibilityConstants<R> derive(const Parameters& p, double /*dt*/) {
    const auto reciprocal = [](double ceiling) { return static_cast<R>(ceiling > 0 ? 1 / ceiling : 0.0); };
    const auto bound = [](double ceiling) { return ceiling > 0 ? static_cast<R>(ceiling) : std::numeric_limits<R>::max(); };
    return {static_cast<R>(p.learning_rate),
            static_cast<R>(1 / p.tau_plus),
            static_cast<R>(1 / p.tau_minus),
            reciprocal(p.max_plus),
            reciprocal(p.max_minus),
            bound(p.max_plus),
            bound(p.max_minus)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
