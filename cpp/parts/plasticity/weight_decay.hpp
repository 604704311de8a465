#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// Adds `amount` and what earlier sums have rounded off (Kahan): from spike to spike, single precision would lose a slow decay altogether.
template <class R>
PLASTICA_FN void add_exactly(R& sum, R& carry, R amount) {
  const R wanted = amount + carry;
  const R reached = sum + wanted;
  carry = wanted - (reached - sum);
  sum = reached;
}

template <class R>
struct WeightDecayConstants {
  R rate, w_rest;
};

struct WeightDecayVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 1;
  static constexpr bool evolves = true, reads_y_at_post = false;
  static constexpr std::array states{stands_still({"carry", 0, "weight", any(), "what rounding has kept from the weight so far"})};
  template <class R>
  using Constants = WeightDecayConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, WeightDecayVariant>& s) {
    own[0] = choose(c.rate, own[0], R(0));
    add_exactly(w, own[0], (w - c.w_rest) * math::expm1(-s.gap * c.rate));
    w = clipped(w, R(0), s.w_max);
  }
};

struct WeightDecay {
  static constexpr Text text{"WeightDecay", "The weight decays towards a resting value.", "tau dw/dt = w_rest - w, exactly", ""};

  struct Parameters {
    double tau, w_rest;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::tau, {"tau", 1e6, unit::ms, above(0), "time constant"}},
                                         Parameter<Parameters>{&Parameters::w_rest, {"w_rest", 0.0, "weight", at_least(0), "magnitude of the weight at rest"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<WeightDecayVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& /*p*/) { return {}; }

  // What was rounded off a weight is nothing to the one that replaces it.
  static void adopt(const Parameters& /*p*/, double /*w*/, double* own) { own[0] = 0; }

  template <class R>
  static WeightDecayConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(1 / p.tau), static_cast<R>(p.w_rest)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
