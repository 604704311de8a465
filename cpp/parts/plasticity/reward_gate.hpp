#pragma once
#include "parts/plasticity/third_factor.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct RewardGateConstants {
  R rate, per_tau, per_rise;  // 1/ms
};

// Without eligibility: a change counts as much as there is modulator at the event.
struct InstantGateVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, levels = 1;
  static constexpr bool compares = true, reads_y_at_post = false;
  template <class R>
  using Constants = RewardGateConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& /*c*/, const Moment<R, InstantGateVariant>& m) {
    w = clipped((w - m.change) + m.level[0] * m.change, R(0), m.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, InstantGateVariant>& m) {
    at_post(w, own, c, m);
  }
};

template <bool rising>
struct RewardGateVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0;
  static constexpr int variables = rising ? 2 : 1, integrals = rising ? 2 : 1;
  static constexpr bool compares = true, evolves = true, reads_y_at_post = false;
  static constexpr auto states = [] {
    constexpr Field eligibility = stands_still({"eligibility", 0, "weight", any(), "changes that wait for the modulator"});
    constexpr Field waiting = stands_still({"rising", 0, "weight", any(), "changes that have not become eligible yet"});
    if constexpr (variables == 2)
      return std::array{eligibility, waiting};
    else
      return std::array{eligibility};
  }();
  template <class R>
  using Constants = RewardGateConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, RewardGateVariant>& s) {
    R converted;
    if constexpr (rising) {
      converted = RisingEligibility<R>{c.per_tau, c.per_rise}.advance(own, s.gap, s.integral[0], s.integral[1]);
    } else {
      converted = own[0] * s.integral[0];
      own[0] = own[0] * math::exp(-s.gap * c.per_tau);
    }
    w = clipped(w + c.rate * converted, R(0), s.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& w, R* own, const Constants<R>& /*c*/, const Moment<R, RewardGateVariant>& m) {
    w = clipped(w - m.change, R(0), m.w_max);  // the difference can round to just outside
    R& waiting = own[rising ? 1 : 0];
    waiting = waiting + m.change;
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, RewardGateVariant>& m) {
    at_post(w, own, c, m);
  }
};

struct RewardGate {
  static constexpr Text text{"RewardGate", "Makes changes by the rules before it wait for a modulator, which turns what is left of them into weight.",
                             "change q of the rules before it at an event: w -= q, q becomes eligible;  w' = learning_rate modulator(t) e(t);  "
                             "e = q exp(-t/tau), or q (exp(-t/tau) - exp(-t/tau_rise)); with tau = 0: w += (modulator - 1) q at once",
                             "Izhikevich (2007), Cereb Cortex 17:2443, doi:10.1093/cercor/bhl152; Fremaux and Gerstner (2016), Front Neural Circuits 9:85, "
                             "doi:10.3389/fncir.2015.00085"};

  struct Parameters {
    double modulator, tau, tau_rise, learning_rate;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::modulator, modulator_field("modulator", "the signal that turns eligibility into weight")},
      Parameter<Parameters>{&Parameters::tau,
                            {"tau", 1000.0, unit::ms, at_least(0), "decay of the eligibility; 0: none, changes count as the modulator stands"}},
      Parameter<Parameters>{&Parameters::tau_rise, {"tau_rise", 0.0, unit::ms, at_least(0), "rise of the eligibility, below tau; 0: at once"}},
      Parameter<Parameters>{&Parameters::learning_rate,
                            {"learning_rate", 0.001, unit::per_ms, at_least(0),
                             "speed of conversion by a modulator of 1; 1/tau passes a change on unchanged while the modulator is 1; not used with tau = 0"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<RewardGateVariant<false>, RewardGateVariant<true>, InstantGateVariant>;
  static std::size_t variant(const Parameters& p) { return p.tau == 0 ? 2 : (p.tau_rise > 0 ? 1 : 0); }
  static RuleNeeds needs(const Parameters& p) {
    const int modulator = modulator_index(p.modulator);
    if (p.tau == 0) return {.levels = {modulator}};
    if (p.tau_rise > 0) return {.integrals = {{modulator, p.tau}, {modulator, p.tau_rise}}};
    return {.integrals = {{modulator, p.tau}}};
  }
  static std::string_view conflict(const Parameters& p) { return p.tau_rise > 0 && p.tau_rise >= p.tau ? "tau_rise must be below tau" : std::string_view{}; }

  template <class R>
  static RewardGateConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.learning_rate), static_cast<R>(p.tau > 0 ? 1 / p.tau : 0.0), static_cast<R>(p.tau_rise > 0 ? 1 / p.tau_rise : 0.0)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
