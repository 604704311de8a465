#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct LogStdpConstants {
  R gain_plus, gain_minus, per_J0, decay_plus, alpha, per_alpha, noise;
};

// x[1], y[1]: the sums of the squares of what x[0], y[0] sum: the variance of independent noise on every pair.
template <bool noisy>
struct LogStdpVariant : RuleDefaults {
  static constexpr int pre = noisy ? 2 : 1, post = noisy ? 2 : 1;
  static constexpr bool random = noisy, reads_y_at_post = false;
  template <class R>
  using Constants = LogStdpConstants<R>;
  template <class R>
  using Event = Moment<R, LogStdpVariant>;

  template <class R>
  PLASTICA_FN static R f_plus(R w, const Constants<R>& c) {
    return c.gain_plus * math::exp(-(w * c.decay_plus));
  }
  template <class R>
  PLASTICA_FN static R f_minus(R w, const Constants<R>& c) {
    const R ratio = w * c.per_J0;
    const R excess = ratio > R(1) ? ratio - R(1) : R(0);
    const R saturating = R(1) + math::log1p(c.alpha * excess) * c.per_alpha;
    return c.gain_minus * (ratio > R(1) ? saturating : ratio);
  }

  // The traces of all pairs of the event, each with noise of its own.
  template <class R>
  PLASTICA_FN static R pairs(const R* trace, const Constants<R>& c, const Event<R>& m) {
    if constexpr (noisy) {
      return trace[0] + c.noise * std::sqrt(trace[1]) * normal<R>(m.word[0], m.word[1]);
    } else {
      return trace[0];
    }
  }

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Event<R>& m) {
    const R grown = w + f_plus(w, c) * pairs(m.x, c, m);
    w = grown < R(0) ? R(0) : grown;  // NaN stays NaN, to be found
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Event<R>& m) {
    const R left = w - f_minus(w, c) * pairs(m.y, c, m);
    w = left < R(0) ? R(0) : left;
  }
};

struct LogSTDP {
  static constexpr Text text{
      "LogSTDP",
      "Spike-timing-dependent plasticity whose depression grows with the logarithm of strong weights: weights spread over a long tail without an upper bound.",
      "post: w += learning_rate f_plus(w) x (1 + noise);  pre: w -= learning_rate f_minus(w) y (1 + noise);  f_plus = c_plus exp(-w/(beta J0));  "
      "f_minus = c_minus w/J0 up to J0, c_minus (1 + log(1 + alpha (w/J0 - 1))/alpha) above;  noise sigma N(0, 1) of its own for every pair;  w at least 0",
      "Gilson and Fukai (2011), PLoS ONE 6:e25339, doi:10.1371/journal.pone.0025339"};

  struct Parameters {
    double learning_rate, c_plus, c_minus, tau_plus, tau_minus, J0, alpha, beta, sigma, pairing;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.1, "weight", at_least(0), "step size"}},
      Parameter<Parameters>{&Parameters::c_plus, {"c_plus", 1.0, unit::none, at_least(0), "amplitude of potentiation of a weight of 0 (post after pre)"}},
      Parameter<Parameters>{&Parameters::c_minus, {"c_minus", 0.5, unit::none, at_least(0), "amplitude of depression of a weight of J0 (pre after post)"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 17.0, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 34.0, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::J0, {"J0", 0.25, "weight", above(0), "reference weight: below it depression is proportional to the weight"}},
      Parameter<Parameters>{&Parameters::alpha, {"alpha", 5.0, unit::none, above(0), "degree of saturation of depression above J0"}},
      Parameter<Parameters>{&Parameters::beta, {"beta", 50.0, unit::none, above(0), "weight at which potentiation has fallen to 1/e, in units of J0"}},
      Parameter<Parameters>{&Parameters::sigma,
                            {"sigma", 0.6, unit::none, at_least(0), "standard deviation of the noise on the change of every pair, relative to it"}},
      Parameter<Parameters>{&Parameters::pairing, choice("pairing", "all|nearest", "which spikes pair: all, or nearest neighbours")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<LogStdpVariant<false>, LogStdpVariant<true>>;
  static std::size_t variant(const Parameters& p) { return p.sigma > 0 ? 1 : 0; }
  static RuleNeeds needs(const Parameters& p) {
    const Pairing pairing = p.pairing == 1 ? Pairing::nearest : Pairing::all;
    if (p.sigma > 0)
      return {.pre = {{p.tau_plus, pairing}, {p.tau_plus / 2, pairing}}, .post = {{p.tau_minus, pairing}, {p.tau_minus / 2, pairing}}, .w_max = infinity};
    return {.pre = {{p.tau_plus, pairing}}, .post = {{p.tau_minus, pairing}}, .w_max = infinity};
  }

  template <class R>
  static LogStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double rate = p.learning_rate;
    return {static_cast<R>(rate * p.c_plus), static_cast<R>(rate * p.c_minus), static_cast<R>(1 / p.J0), static_cast<R>(1 / (p.beta * p.J0)),
            static_cast<R>(p.alpha),         static_cast<R>(1 / p.alpha),      static_cast<R>(p.sigma)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
