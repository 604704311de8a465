#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// gain is learning_rate * A * w_max.
template <class R>
struct DoubleExponentialStdpConstants {
  R gain_plus, gain_minus, w_max;
};

struct DoubleExponentialStdpVariant : RuleDefaults {
  static constexpr int pre = 2, post = 2;
  static constexpr bool reads_y_at_post = false;
  template <class R>
  using Constants = DoubleExponentialStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, DoubleExponentialStdpVariant>& m) {
    w = clipped(w + c.gain_plus * (m.x[0] - m.x[1]), R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, DoubleExponentialStdpVariant>& m) {
    w = clipped(w - c.gain_minus * (m.y[0] - m.y[1]), R(0), c.w_max);
  }
};

struct DoubleExponentialSTDP {
  static constexpr Text text{
      "DoubleExponentialSTDP",
      "Spike-timing-dependent plasticity of pairs whose two lobes rise before they decay: spikes that are very close hardly change the weight.",
      "post: w += learning_rate A_plus w_max (x_plus - x_plus_rise);  pre: w -= learning_rate A_minus w_max (y_minus - y_minus_rise): "
      "a pair Delta apart changes the weight by A (exp(-Delta/tau) - exp(-Delta/tau_rise))",
      "Morrison, Diesmann and Gerstner (2008), Biol Cybern 98:459, doi:10.1007/s00422-008-0233-1, for windows of other shapes"};

  struct Parameters {
    double learning_rate, A_plus, A_minus, tau_plus, tau_plus_rise, tau_minus, tau_minus_rise, w_max, pairing;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.01, unit::none, at_least(0), "step size, as a fraction of w_max"}},
      Parameter<Parameters>{&Parameters::A_plus,
                            {"A_plus", 1.0, unit::none, any(), "amplitude of potentiation (post after pre), before the rise is taken off"}},
      Parameter<Parameters>{&Parameters::A_minus,
                            {"A_minus", 1.05, unit::none, any(), "amplitude of depression (pre after post), before the rise is taken off"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of decay of potentiation"}},
      Parameter<Parameters>{&Parameters::tau_plus_rise,
                            {"tau_plus_rise", 5.0, unit::ms, above_up_to(0, longest_trace), "time constant of rise of potentiation, below tau_plus"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of decay of depression"}},
      Parameter<Parameters>{&Parameters::tau_minus_rise,
                            {"tau_minus_rise", 5.0, unit::ms, above_up_to(0, longest_trace), "time constant of rise of depression, below tau_minus"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 1.0, "weight", above(0), "upper bound of the weight's magnitude"}},
      Parameter<Parameters>{&Parameters::pairing, choice("pairing", "all|nearest", "which spikes pair: all, or nearest neighbours")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<DoubleExponentialStdpVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) {
    const Pairing pairing = p.pairing == 1 ? Pairing::nearest : Pairing::all;
    return {.pre = {{p.tau_plus, pairing}, {p.tau_plus_rise, pairing}}, .post = {{p.tau_minus, pairing}, {p.tau_minus_rise, pairing}}, .w_max = p.w_max};
  }
  static std::string_view conflict(const Parameters& p) {
    if (p.tau_plus_rise >= p.tau_plus) return "tau_plus_rise must be below tau_plus";
    return p.tau_minus_rise < p.tau_minus ? "" : "tau_minus_rise must be below tau_minus";
  }

  template <class R>
  static DoubleExponentialStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double gain = p.learning_rate * p.w_max;
    return {static_cast<R>(gain * p.A_plus), static_cast<R>(gain * p.A_minus), static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
