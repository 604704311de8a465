#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct InhibitoryStdpConstants {
  R rate, offset, w_max;
};

struct InhibitoryStdpVariant : RuleDefaults {
  static constexpr bool separable = true, reads_y_at_post = false;
  template <class R>
  using Constants = InhibitoryStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void potentiate(R& w, const Constants<R>& c, R x) {
    w = clipped(w + c.rate * x, R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, InhibitoryStdpVariant>& m) {
    w = clipped(w + c.rate * (m.y[0] - c.offset), R(0), c.w_max);
  }
};

struct InhibitorySTDP {
  static constexpr Text text{"InhibitorySTDP",
                             "Symmetric plasticity of inhibitory synapses with depression at every presynaptic spike: balances excitation "
                             "and holds the postsynaptic rate near a target.",
                             "post: w += learning_rate x;  pre: w += learning_rate (y - 2 target_rate tau)",
                             "Vogels, Sprekeler, Zenke, Clopath and Gerstner (2011), Science 334:1569, doi:10.1126/science.1211095"};

  struct Parameters {
    double target_rate, tau, learning_rate, w_max;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::target_rate, {"target_rate", 3.0, unit::Hz, at_least(0), "postsynaptic rate the rule aims at"}},
      Parameter<Parameters>{&Parameters::tau, {"tau", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of both traces"}},
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.01, "weight", at_least(0), "step size"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 100.0, "weight", above(0), "upper bound of the weight's magnitude"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<InhibitoryStdpVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) { return {.pre = {{p.tau}}, .post = {{p.tau}}, .w_max = p.w_max}; }

  template <class R>
  static InhibitoryStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.learning_rate), static_cast<R>(2 * p.target_rate * 1e-3 * p.tau), static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
