#pragma once
#include "parts/plasticity/third_factor.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct RewardStdpConstants {
  R gain_plus, gain_minus, rate, baseline_tau, per_tau, w_max;
};

struct RewardStdpVariant : RuleDefaults {
  static constexpr int variables = 1, integrals = 1;
  static constexpr bool evolves = true, reads_y_at_post = false;
  static constexpr std::array states{stands_still({"eligibility", 0, "weight", any(), "the eligibility c, without bounds"})};
  template <class R>
  using Constants = RewardStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, RewardStdpVariant>& s) {
    const R lost = -math::expm1(-s.gap * c.per_tau);  // the part of c that decays in the gap
    w = clipped(w + c.rate * own[0] * (s.integral[0] + c.baseline_tau * lost), R(0), c.w_max);
    own[0] = own[0] * (R(1) - lost);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, RewardStdpVariant>& m) {
    own[0] = own[0] + c.gain_plus * m.x[0];
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, RewardStdpVariant>& m) {
    own[0] = own[0] - c.gain_minus * m.y[0];
  }
};

struct RewardSTDP {
  static constexpr Text text{
      "RewardSTDP", "Reward-modulated STDP: pairs of spikes make a synapse eligible, dopamine that comes later changes it.",
      "post: c += A_plus x;  pre: c -= A_minus y;  c' = -c/tau;  w' = learning_rate (baseline + modulator(t)) c;  w between 0 and w_max, c without bounds",
      "Izhikevich (2007), Cereb Cortex 17:2443, doi:10.1093/cercor/bhl152"};

  struct Parameters {
    double modulator, A_plus, A_minus, tau_plus, tau_minus, tau, learning_rate, baseline, w_max, pairing;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::modulator, modulator_field("modulator", "the signal of reward: dopamine")},
      Parameter<Parameters>{&Parameters::A_plus, {"A_plus", 0.1, "weight", any(), "eligibility by a pair with post after pre"}},
      Parameter<Parameters>{&Parameters::A_minus, {"A_minus", 0.15, "weight", any(), "loss of eligibility by a pair with pre after post"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau, {"tau", 1000.0, unit::ms, above(0), "decay of the eligibility"}},
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.1, unit::per_ms, at_least(0), "speed of conversion by a modulator of 1"}},
      Parameter<Parameters>{&Parameters::baseline, {"baseline", 0.002, unit::none, any(), "added to the modulator: learning without reward"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 4.0, "weight", above(0), "upper bound of the weight's magnitude"}},
      Parameter<Parameters>{&Parameters::pairing, choice("pairing", "nearest|all", "which spikes pair: nearest neighbours, or all")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<RewardStdpVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) {
    const Pairing pairing = p.pairing == 1 ? Pairing::all : Pairing::nearest;
    return {.pre = {{p.tau_plus, pairing}}, .post = {{p.tau_minus, pairing}}, .integrals = {{modulator_index(p.modulator), p.tau}}, .w_max = p.w_max};
  }

  template <class R>
  static RewardStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.A_plus),           static_cast<R>(p.A_minus), static_cast<R>(p.learning_rate),
            static_cast<R>(p.baseline * p.tau), static_cast<R>(1 / p.tau), static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
