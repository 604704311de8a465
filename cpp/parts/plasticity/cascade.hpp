#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// slope is log(x); last is 1/(1 - x), by which a switch from the last level is likelier; deeper is x/(1 - x).
template <class R>
struct CascadeConstants {
  R accepted, levels, slope, last, deeper, w_low, w_high;
};

struct CascadeVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 1;
  static constexpr bool compares = true, random = true, reads_y_at_post = false, owns = true;
  static constexpr std::array states{
      stands_still({"state", 0, "", any(), "-1 to -n: levels of the weak synapse, 1 to n: of the strong one; the larger the level, the less plastic"})};
  template <class R>
  using Constants = CascadeConstants<R>;

  template <class R>
  PLASTICA_FN static void candidate(R& w, R* own, const Constants<R>& c, const Moment<R, CascadeVariant>& m) {
    const R side = own[0] > R(0) ? R(1) : R(-1);
    const R level = side * own[0];
    const R wanted = m.change > R(0) ? R(1) : R(-1);
    const R scale = math::exp((level - R(1)) * c.slope);
    const R switching = scale * (level < c.levels ? R(1) : c.last);
    const R deepening = level < c.levels ? scale * c.deeper : R(0);
    const R likely = c.accepted * (side == wanted ? deepening : switching);
    const R entered = side == wanted ? own[0] + side : wanted;
    const R reached = uniform<R>(m.word[0], m.word[1]) < likely ? entered : own[0];
    const R strength = reached > R(0) ? c.w_high : c.w_low;
    own[0] = m.change == R(0) ? own[0] : reached;
    w = m.change == R(0) ? w : strength;
  }
  template <class R>
  PLASTICA_FN static void at_post(R& w, R* own, const Constants<R>& c, const Moment<R, CascadeVariant>& m) {
    candidate(w, own, c, m);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, CascadeVariant>& m) {
    candidate(w, own, c, m);
  }
};

struct Cascade {
  static constexpr Text text{
      "Cascade", "A synapse with two strengths, and levels of growing stability behind each; it takes the changes of other rules as mere candidates.",
      "a change of the rules before it, by its sign, is a candidate and is taken back;  candidate against the strength, at level i: it switches to level 1 "
      "with probability x^(i-1), x^(n-1)/(1-x) at level n > 1;  "
      "candidate for the strength: level i+1 with probability x^i/(1-x), if i < n;  both times learning_rate",
      "Fusi, Drew and Abbott (2005), Neuron 45:599, doi:10.1016/j.neuron.2005.02.001 (as many potentiations as depressions)"};

  struct Parameters {
    double levels, x, learning_rate, w_low, w_high;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::levels,
                            {"levels", 10.0, unit::none, between(1, 64), "number n of levels behind each strength, a whole number; 1: two states"}},
      Parameter<Parameters>{&Parameters::x, {"x", 0.5, unit::none, above_up_to(0, 0.5), "factor by which a level is less plastic than the one before it"}},
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 1.0, unit::none, between(0, 1), "part of the candidates that count"}},
      Parameter<Parameters>{&Parameters::w_low, {"w_low", 0.25, "weight", above(0), "weak strength, above 0 so that the rules before it can lower it"}},
      Parameter<Parameters>{&Parameters::w_high, {"w_high", 0.75, "weight", above(0), "strong strength, below the w_max of the rules before it"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<CascadeVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& /*p*/) { return {}; }
  static std::string_view conflict(const Parameters& p) {
    if (p.levels != static_cast<double>(static_cast<int>(p.levels))) return "levels must be a whole number";
    return p.w_low < p.w_high ? "" : "w_low must be below w_high";
  }
  // A weight nearer to the strong strength than to the weak one belongs to a strong synapse; it is on the first level.
  static void initial(const Parameters& p, double w, double* own) { own[0] = 2 * w > p.w_low + p.w_high ? 1 : -1; }
  static void adopt(const Parameters& p, double w, double* own) { initial(p, w, own); }
  static double express(const Parameters& p, double /*w*/, const double* own) { return own[0] > 0 ? p.w_high : p.w_low; }

  template <class R>
  static CascadeConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.learning_rate), static_cast<R>(p.levels), static_cast<R>(math::log(p.x)), static_cast<R>(p.levels > 1 ? 1 / (1 - p.x) : 1.0),
            static_cast<R>(p.x / (1 - p.x)), static_cast<R>(p.w_low),  static_cast<R>(p.w_high)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
