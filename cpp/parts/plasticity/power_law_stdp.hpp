#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// gain_plus is learning_rate w_0^(1 - mu), gain_minus is alpha learning_rate.
template <class R>
struct PowerLawStdpConstants {
  R gain_plus, gain_minus, mu;
};

struct PowerLawStdpVariant : RuleDefaults {
  static constexpr bool reads_y_at_post = false;
  template <class R>
  using Constants = PowerLawStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, PowerLawStdpVariant>& m) {
    w = w + c.gain_plus * math::Power<R>(c.mu)(w) * m.x[0];
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, PowerLawStdpVariant>& m) {
    const R left = w - c.gain_minus * w * m.y[0];
    w = left < R(0) ? R(0) : left;  // NaN stays NaN, to be found
  }
};

struct PowerLawSTDP {
  static constexpr Text text{"PowerLawSTDP", "Spike-timing-dependent plasticity with a power law for potentiation, proportional depression and no upper bound.",
                             "post: w += learning_rate w_0^(1 - mu) w^mu x;  pre: w -= alpha learning_rate w y;  w at least 0, where it stays (unless mu = 0)",
                             "Morrison, Aertsen and Diesmann (2007), Neural Comput 19:1437, doi:10.1162/neco.2007.19.6.1437"};

  struct Parameters {
    double learning_rate, alpha, mu, w_0, tau_plus, tau_minus, pairing;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate,
                            {"learning_rate", 0.1, unit::none, at_least(0), "step size, as a fraction of the weight where w = w_0"}},
      Parameter<Parameters>{&Parameters::alpha, {"alpha", 0.11, unit::none, at_least(0), "depression relative to potentiation"}},
      Parameter<Parameters>{&Parameters::mu, {"mu", 0.4, unit::none, at_least(0), "exponent of the weight in potentiation"}},
      Parameter<Parameters>{&Parameters::w_0, {"w_0", 1.0, "weight", above(0), "reference weight, at which potentiation is learning_rate w_0 x"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::pairing, choice("pairing", "all|nearest", "which spikes pair: all, or nearest neighbours")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<PowerLawStdpVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) {
    const Pairing pairing = p.pairing == 1 ? Pairing::nearest : Pairing::all;
    return {.pre = {{p.tau_plus, pairing}}, .post = {{p.tau_minus, pairing}}, .w_max = infinity};
  }

  template <class R>
  static PowerLawStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double rate = p.learning_rate;
    return {static_cast<R>(rate * math::pow(p.w_0, 1 - p.mu)), static_cast<R>(rate * p.alpha), static_cast<R>(p.mu)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
