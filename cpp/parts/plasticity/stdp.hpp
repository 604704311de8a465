#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

enum class Dependence { additive, multiplicative, power };

template <class R>
struct StdpConstants {
  R gain_plus, gain_minus, w_max, per_w_max, mu_plus, mu_minus, per_tau_plus;
};

// gain is learning_rate * A * w_max.
template <Dependence dependence, bool centred>
struct StdpVariant : RuleDefaults {
  // Centred pairing needs, per synapse, the trace of the arrivals that no postsynaptic event has followed yet.
  static constexpr int variables = centred ? 1 : 0;
  static constexpr bool separable = dependence == Dependence::additive && !centred;
  static constexpr bool evolves = centred, reads_y_at_post = false;
  static constexpr std::array states{goes_on({"unpaired", 0, unit::none, at_least(0), "trace of the arrivals that no postsynaptic spike has followed yet"})};
  template <class R>
  using Constants = StdpConstants<R>;

  template <class R>
  PLASTICA_FN static R power(R base, R mu) {
    if constexpr (dependence == Dependence::additive) return R(1);
    if constexpr (dependence == Dependence::multiplicative) return base;
    if constexpr (dependence == Dependence::power) return math::Power<R>(mu)(base);  // w per_w_max can round to a little more than 1
  }

  template <class R>
  PLASTICA_FN static void advance(R& /*w*/, R* own, const Constants<R>& c, const Span<R, StdpVariant>& s) {
    own[0] = own[0] * math::exp(-s.gap * c.per_tau_plus);
  }
  template <class R>
  PLASTICA_FN static void potentiate(R& w, const Constants<R>& c, R x) {
    w = clipped(w + c.gain_plus * power(R(1) - w * c.per_w_max, c.mu_plus) * x, R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& w, R* own, const Constants<R>& c, const Moment<R, StdpVariant>& m) {
    potentiate(w, c, centred ? own[0] : m.x[0]);
    if constexpr (centred) own[0] = 0;
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, StdpVariant>& m) {
    if constexpr (centred) own[0] = own[0] + R(1);
    w = clipped(w - c.gain_minus * power(w * c.per_w_max, c.mu_minus) * m.y[0], R(0), c.w_max);
  }
};

struct STDP {
  static constexpr Text text{"STDP", "Spike-timing-dependent plasticity of pairs, with exponential windows.",
                             "post: w += learning_rate A_plus f_plus(w) x;  pre: w -= learning_rate A_minus f_minus(w) y;  "
                             "additive f = w_max; multiplicative f_plus = w_max - w, f_minus = w; power f_plus = w_max (1 - w/w_max)^mu_plus, "
                             "f_minus = w_max (w/w_max)^mu_minus",
                             "Song, Miller and Abbott (2000), Nat Neurosci 3:919, doi:10.1038/78829; Guetig et al. (2003), J Neurosci 23:3697; "
                             "Morrison, Diesmann and Gerstner (2008), Biol Cybern 98:459, doi:10.1007/s00422-008-0233-1"};

  struct Parameters {
    double learning_rate, A_plus, A_minus, tau_plus, tau_minus, mu_plus, mu_minus, w_max, dependence, pairing;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.01, unit::none, at_least(0), "step size, as a fraction of w_max"}},
      Parameter<Parameters>{&Parameters::A_plus, {"A_plus", 1.0, unit::none, any(), "amplitude of potentiation (post after pre)"}},
      Parameter<Parameters>{&Parameters::A_minus, {"A_minus", 1.05, unit::none, any(), "amplitude of depression (pre after post)"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::mu_plus, {"mu_plus", 0.0, unit::none, at_least(0), "exponent of potentiation, with dependence='power'"}},
      Parameter<Parameters>{&Parameters::mu_minus, {"mu_minus", 0.0, unit::none, at_least(0), "exponent of depression, with dependence='power'"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 1.0, "weight", above(0), "upper bound of the weight's magnitude"}},
      Parameter<Parameters>{&Parameters::dependence, choice("dependence", "additive|multiplicative|power", "how a change depends on the weight")},
      Parameter<Parameters>{&Parameters::pairing,
                            choice("pairing", "all|nearest|presynaptic", "which spikes pair: all, nearest neighbours, or presynaptic-centred nearest")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<StdpVariant<Dependence::additive, false>, StdpVariant<Dependence::multiplicative, false>, StdpVariant<Dependence::power, false>,
                              StdpVariant<Dependence::additive, true>, StdpVariant<Dependence::multiplicative, true>, StdpVariant<Dependence::power, true>>;
  static std::size_t variant(const Parameters& p) { return static_cast<std::size_t>(p.dependence) + (p.pairing == 2 ? 3 : 0); }
  static RuleNeeds needs(const Parameters& p) {
    const Pairing post = p.pairing != 0 ? Pairing::nearest : Pairing::all;
    return {.pre = {{p.tau_plus, p.pairing == 1 ? Pairing::nearest : Pairing::all}}, .post = {{p.tau_minus, post}}, .w_max = p.w_max};
  }

  template <class R>
  static StdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double gain = p.learning_rate * p.w_max;
    return {static_cast<R>(gain * p.A_plus), static_cast<R>(gain * p.A_minus), static_cast<R>(p.w_max),       static_cast<R>(1 / p.w_max),
            static_cast<R>(p.mu_plus),       static_cast<R>(p.mu_minus),       static_cast<R>(1 / p.tau_plus)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
