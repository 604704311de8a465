#pragma once
#include "parts/plasticity/third_factor.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct RetroactiveConversionConstants {
  RisingEligibility<R> eligibility;
  R rate;  // 1/ms
};

struct RetroactiveConversionVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 2, integrals = 2;
  static constexpr bool compares = true, evolves = true, reads_y_at_post = false;
  static constexpr std::array states{stands_still({"eligibility", 0, "weight", any(), "depression that the modulator would turn into potentiation"}),
                                     stands_still({"rising", 0, "weight", at_least(0), "depression that has not become eligible yet"})};
  template <class R>
  using Constants = RetroactiveConversionConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, RetroactiveConversionVariant>& s) {
    const R converted = c.eligibility.advance(own, s.gap, s.integral[0], s.integral[1]);
    w = clipped(w + c.rate * converted, R(0), s.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& /*w*/, R* own, const Constants<R>& /*c*/, const Moment<R, RetroactiveConversionVariant>& m) {
    const R depression = m.change > R(0) ? R(0) : -m.change;  // NaN goes here, to be found
    own[1] = own[1] + depression;
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, RetroactiveConversionVariant>& m) {
    at_post(w, own, c, m);
  }
};

struct RetroactiveConversion {
  static constexpr Text text{
      "RetroactiveConversion",
      "Lets a modulator that comes later turn depression into potentiation: what the rules before it do is done at once, but depression leaves "
      "a trace that the modulator converts into weight.",
      "depression q < 0 by the rules before it at an event stays, and leaves e = |q| (exp(-t/tau) - exp(-t/tau_rise));  "
      "w' = learning_rate modulator(t) e(t)",
      "Brzosko, Schultz and Paulsen (2015), eLife 4:e09685, doi:10.7554/eLife.09685; Yagishita et al. (2014), Science 345:1616, "
      "doi:10.1126/science.1255514"};

  struct Parameters {
    double modulator, tau, tau_rise, learning_rate;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::modulator, modulator_field("modulator", "the signal that converts, such as dopamine")},
      Parameter<Parameters>{&Parameters::tau, {"tau", 1000.0, unit::ms, above(0), "decay of the trace of depression"}},
      Parameter<Parameters>{&Parameters::tau_rise, {"tau_rise", 300.0, unit::ms, above(0), "rise of the trace of depression, below tau"}},
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.001, unit::per_ms, at_least(0), "speed of conversion by a modulator of 1"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<RetroactiveConversionVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) {
    const int modulator = modulator_index(p.modulator);
    return {.integrals = {{modulator, p.tau}, {modulator, p.tau_rise}}};
  }
  static std::string_view conflict(const Parameters& p) { return p.tau_rise >= p.tau ? "tau_rise must be below tau" : std::string_view{}; }

  template <class R>
  static RetroactiveConversionConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {{static_cast<R>(1 / p.tau), static_cast<R>(1 / p.tau_rise)}, static_cast<R>(p.learning_rate)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
