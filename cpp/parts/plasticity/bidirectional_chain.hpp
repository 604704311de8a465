#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

inline constexpr int longest_chain = 12;

// into[k] is the rate, per interval, at which variable k+1 follows the one before it; back[k] that at which it follows the one after it, the
// last one the resting value. Beyond the last variable both are 0.
template <class R>
struct BidirectionalChainConstants {
  R w_mean;
  R into[longest_chain], back[longest_chain];
};

// `hidden` variables besides the weight, which is the first.
template <int hidden>
struct BidirectionalChainVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = hidden;
  static constexpr bool ticks = true, reads_y_at_post = false;
  static constexpr auto states = [] {
    constexpr std::string_view names[] = {"u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9", "u10", "u11", "u12"};
    std::array<Field, hidden> fields{};
    for (int k = 0; k < hidden; ++k)
      fields[static_cast<std::size_t>(k)] = stands_still({names[k], 0, "weight", any(), "hidden variable, as a deviation from w_mean"});
    return fields;
  }();
  template <class R>
  using Constants = BidirectionalChainConstants<R>;

  // The linear flow over one interval, exp(A) u, by its Taylor series, to the precision of the numbers: the norm of A is below 1.
  template <class R>
  PLASTICA_FN static void at_tick(R& w, R* own, const Constants<R>& c, const Tick<R, BidirectionalChainVariant>& t) {
    constexpr int orders = sizeof(R) > 4 ? 16 : 8;
    R term[hidden + 1];
    R change[hidden + 1];
    term[0] = w - c.w_mean;
    for (int k = 0; k < hidden; ++k) term[k + 1] = own[k];
    for (int k = 0; k <= hidden; ++k) change[k] = R(0);
    for (int order = 1; order <= orders; ++order) {
      R before = R(0);
      for (int k = 0; k <= hidden; ++k) {
        const R here = term[k];
        const R after = k < hidden ? term[k + 1] : R(0);
        term[k] = (c.into[k] * (before - here) + c.back[k] * (after - here)) * R(1.0 / order);
        before = here;
      }
      for (int k = 0; k <= hidden; ++k) change[k] += term[k];
    }
    w = clipped(w + change[0], R(0), t.w_max);
    for (int k = 0; k < hidden; ++k) own[k] += change[k + 1];
  }
};

struct BidirectionalChain {
  static constexpr Text text{
      "BidirectionalChain", "Ever slower variables in a chain behind the weight, so that what other rules do to it fades as 1/sqrt(t).",
      "C_k du_k/dt = g_(k-1) (u_(k-1) - u_k) - g_k (u_k - u_(k+1)), u_1 = w - w_mean, u_(m+1) = 0, C_k = n^(k-1), g_k = alpha n^(1-k)/tau, g_0 = 0, "
      "exactly over every interval",
      "Benna and Fusi (2016), Nat Neurosci 19:1697, doi:10.1038/nn.4401"};

  struct Parameters {
    double variables, n, alpha, tau, w_mean, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::variables,
                            {"variables", 8.0, unit::none, between(1, longest_chain),
                             "number m of variables, the weight among them, a whole number; with more than 10, use double precision"}},
      Parameter<Parameters>{&Parameters::n,
                            {"n", 2.0, unit::none, at_least(1), "ratio of the sizes of neighbouring variables, and of the couplings between them"}},
      Parameter<Parameters>{&Parameters::alpha, {"alpha", 0.25, unit::none, at_least(0), "coupling of the first two variables"}},
      Parameter<Parameters>{&Parameters::tau, {"tau", 1000.0, unit::ms, above(0), "unit of time; the interval between events of plasticity in the paper"}},
      Parameter<Parameters>{&Parameters::w_mean, {"w_mean", 0.5, "weight", at_least(0), "resting weight, between the bounds of the other rules"}},
      Parameter<Parameters>{&Parameters::interval, {"interval", 1000.0, unit::ms, above(0), "time between steps, rounded to the grid"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<BidirectionalChainVariant<1>, BidirectionalChainVariant<3>, BidirectionalChainVariant<7>, BidirectionalChainVariant<11>>;
  static std::size_t variant(const Parameters& p) { return p.variables <= 2 ? 0 : p.variables <= 4 ? 1 : p.variables <= 8 ? 2 : 3; }
  static RuleNeeds needs(const Parameters& p) { return {.interval = p.interval}; }
  static std::string_view conflict(const Parameters& p) {
    if (p.variables != static_cast<double>(static_cast<int>(p.variables))) return "variables must be a whole number";
    return p.alpha * p.interval <= 0.5 * p.tau ? "" : "alpha interval must be at most tau / 2";
  }

  template <class R>
  static BidirectionalChainConstants<R> derive(const Parameters& p, double /*dt*/) {
    BidirectionalChainConstants<R> c{};
    c.w_mean = static_cast<R>(p.w_mean);
    const double first = p.alpha * p.interval / p.tau;
    double size = 1;
    for (int k = 0; k < static_cast<int>(p.variables); ++k) {
      if (k > 0) c.into[k] = static_cast<R>(first * p.n / (size * size));
      c.back[k] = static_cast<R>(first / (size * size));
      size *= p.n;
    }
    return c;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
