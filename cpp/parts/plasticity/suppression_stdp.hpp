#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// gain is learning_rate * A, times w_max in the additive form.
template <class R>
struct SuppressionStdpConstants {
  R gain_plus, gain_minus, w_max;
};

// x[0], y[0]: the partners, each with its efficacy; 1 - x[1], 1 - y[1]: the efficacy of the spike that is at the synapse now.
struct AdditiveSuppressionStdpVariant : RuleDefaults {
  static constexpr int pre = 2, post = 2;
  static constexpr bool separable = true, weighted = true;
  template <class R>
  using Constants = SuppressionStdpConstants<R>;

  template <class R>
  PLASTICA_FN static R factor(const Constants<R>& /*c*/, const R* y) {
    return R(1) - y[1];
  }
  template <class R>
  PLASTICA_FN static void potentiate(R& w, const Constants<R>& c, R sum) {
    w = clipped(w + c.gain_plus * sum, R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, AdditiveSuppressionStdpVariant>& m) {
    w = clipped(w - c.gain_minus * (R(1) - m.x[1]) * m.y[0], R(0), c.w_max);
  }
};

struct RelativeSuppressionStdpVariant : RuleDefaults {
  static constexpr int pre = 2, post = 2;
  template <class R>
  using Constants = SuppressionStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, RelativeSuppressionStdpVariant>& m) {
    w = clipped(w + w * (c.gain_plus * (R(1) - m.y[1]) * m.x[0]), R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, RelativeSuppressionStdpVariant>& m) {
    w = clipped(w - w * (c.gain_minus * (R(1) - m.x[1]) * m.y[0]), R(0), c.w_max);
  }
};

struct SuppressionSTDP {
  static constexpr Text text{
      "SuppressionSTDP",
      "Spike-timing-dependent plasticity in which each spike weakens the effect of the next one of its neuron: the first pair of a triplet decides.",
      "post: w += learning_rate A_plus f eps_post x, x the trace of arrivals that counts each by its eps_pre;  pre: w -= learning_rate A_minus f "
      "eps_pre y, y the trace of postsynaptic spikes by their eps_post;  eps = 1 - exp(-(time since the neuron's last spike)/tau_suppression), 1 for the "
      "first;  additive f = w_max; relative f = w",
      "Froemke and Dan (2002), Nature 416:433, doi:10.1038/416433a"};

  struct Parameters {
    double learning_rate, A_plus, A_minus, tau_plus, tau_minus, tau_suppression_pre, tau_suppression_post, w_max, dependence;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate,
                            {"learning_rate", 0.01, unit::none, at_least(0), "step size, as a fraction of w_max, or of the weight"}},
      Parameter<Parameters>{&Parameters::A_plus, {"A_plus", 1.03, unit::none, at_least(0), "amplitude of potentiation (post after pre)"}},
      Parameter<Parameters>{&Parameters::A_minus, {"A_minus", 0.51, unit::none, at_least(0), "amplitude of depression (pre after post)"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 13.3, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 34.5, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_suppression_pre,
                            {"tau_suppression_pre", 28.0, unit::ms, above_up_to(0, longest_trace), "time in which a presynaptic spike regains its effect"}},
      Parameter<Parameters>{&Parameters::tau_suppression_post,
                            {"tau_suppression_post", 88.0, unit::ms, above_up_to(0, longest_trace), "time in which a postsynaptic spike regains its effect"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 1.0, "weight", above(0), "upper bound of the weight's magnitude"}},
      Parameter<Parameters>{&Parameters::dependence, choice("dependence", "additive|relative", "whether a change is a part of w_max or of the weight")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<AdditiveSuppressionStdpVariant, RelativeSuppressionStdpVariant>;
  static std::size_t variant(const Parameters& p) { return static_cast<std::size_t>(p.dependence); }
  static RuleNeeds needs(const Parameters& p) {
    return {.pre = {{p.tau_plus, Pairing::suppressed, p.tau_suppression_pre}, {p.tau_suppression_pre, Pairing::nearest}},
            .post = {{p.tau_minus, Pairing::suppressed, p.tau_suppression_post}, {p.tau_suppression_post, Pairing::nearest}},
            .w_max = p.w_max};
  }

  template <class R>
  static SuppressionStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double gain = p.learning_rate * (p.dependence == 0 ? p.w_max : 1.0);
    return {static_cast<R>(gain * p.A_plus), static_cast<R>(gain * p.A_minus), static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
