#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct VanRossumStdpConstants {
  R c_p, c_d, sigma;
};

enum class PairingNoise { none, fading, constant };

// Fading noise: x[1], y[1] are the sums of the squares of what x[0], y[0] sum: the variance of independent noise on every pair.
template <PairingNoise noise>
struct VanRossumStdpVariant : RuleDefaults {
  static constexpr int pre = noise == PairingNoise::fading ? 2 : 1, post = pre;
  static constexpr bool random = noise != PairingNoise::none, reads_y_at_post = false;
  template <class R>
  using Constants = VanRossumStdpConstants<R>;
  template <class R>
  using Event = Moment<R, VanRossumStdpVariant>;

  template <class R>
  PLASTICA_FN static R noise_of(const R* trace, const Constants<R>& c, const Event<R>& m) {
    if constexpr (noise == PairingNoise::none) return R(0);
    if constexpr (noise == PairingNoise::fading) return c.sigma * std::sqrt(trace[1]) * normal<R>(m.word[0], m.word[1]);
    if constexpr (noise == PairingNoise::constant) return (trace[0] > R(0) ? c.sigma : R(0)) * normal<R>(m.word[0], m.word[1]);
  }

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Event<R>& m) {
    const R grown = w + (c.c_p * m.x[0] + noise_of(m.x, c, m) * w);
    w = grown < R(0) ? R(0) : grown;  // NaN stays NaN, to be found
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Event<R>& m) {
    const R left = w - (c.c_d * m.y[0] - noise_of(m.y, c, m)) * w;
    w = left < R(0) ? R(0) : left;
  }
};

struct VanRossumSTDP {
  static constexpr Text text{
      "VanRossumSTDP",
      "Spike-timing-dependent plasticity with potentiation that does not depend on the weight, proportional depression and noise: weights have one mode and no "
      "upper bound.",
      "post: w += c_p x + noise;  pre: w -= c_d w y + noise;  w at least 0;  noise sigma w N(0, 1), fading: times exp(-Delta/tau) and of its own for "
      "every pair, constant: once per event that pairs",
      "van Rossum, Bi and Turrigiano (2000), J Neurosci 20:8812, doi:10.1523/JNEUROSCI.20-23-08812.2000"};

  struct Parameters {
    double c_p, c_d, sigma, tau_plus, tau_minus, pairing, noise;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::c_p, {"c_p", 0.001, "weight", at_least(0), "potentiation by a pair that is very close (post after pre)"}},
      Parameter<Parameters>{&Parameters::c_d,
                            {"c_d", 0.003, unit::none, between(0, 1), "part of the weight that a pair that is very close takes (pre after post)"}},
      Parameter<Parameters>{&Parameters::sigma,
                            {"sigma", 0.015, unit::none, at_least(0), "standard deviation of the noise of a pair, as a part of the weight"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::pairing, choice("pairing", "all|nearest", "which spikes pair: all, or nearest neighbours")},
      Parameter<Parameters>{&Parameters::noise,
                            choice("noise", "fading|constant",
                                   "whether the noise of a pair fades with the interval between its spikes, or every event that pairs has all of it")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants =
      std::tuple<VanRossumStdpVariant<PairingNoise::none>, VanRossumStdpVariant<PairingNoise::fading>, VanRossumStdpVariant<PairingNoise::constant>>;
  static std::size_t variant(const Parameters& p) { return p.sigma == 0 ? 0 : static_cast<std::size_t>(p.noise) + 1; }
  static RuleNeeds needs(const Parameters& p) {
    const Pairing pairing = p.pairing == 1 ? Pairing::nearest : Pairing::all;
    RuleNeeds needs{.pre = {{p.tau_plus, pairing}}, .post = {{p.tau_minus, pairing}}, .w_max = infinity};
    if (variant(p) != 1) return needs;
    needs.pre.push_back({p.tau_plus / 2, pairing});
    needs.post.push_back({p.tau_minus / 2, pairing});
    return needs;
  }

  template <class R>
  static VanRossumStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.c_p), static_cast<R>(p.c_d), static_cast<R>(p.sigma)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
