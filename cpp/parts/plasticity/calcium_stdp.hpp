#pragma once
#include "parts/plasticity/calcium.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct CalciumStdpConstants {
  CalciumConstants<R> calcium;
  R jump_pre, jump_post;
  R per_two_tau;        // 1 / (2 tau): rate of the symmetric cubic
  R bias;               // (1/2 - rho_star) / tau: rate of the logistic part
  R rho_star;
  R w_0, w_1, range;
};

// `noisy`: sigma is above 0. `symmetric`: the unstable fixed point is 1/2.
template <bool noisy, bool symmetric>
struct CalciumStdpVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 2;
  static constexpr bool evolves = true, everywhere = true, random = noisy, owns = true;
  static constexpr std::array states{
      goes_on({"calcium", 0, "", at_least(0), "calcium at the synapse"}),
      stands_still({"efficacy", 0, "", between(-100, 100),
                    "efficacy rho: the weight is w_0 + rho (w_1 - w_0), within w_0 and w_1; noise may carry rho a little beyond 0 and 1"})};
  template <class R>
  using Constants = CalciumStdpConstants<R>;

  // rho' = 2 rate rho (1 - rho) (rho - 1/2) over a time of which `gone` = 1 - exp(-rate time): with u = rho - 1/2, u^2 obeys a logistic equation.
  template <class R>
  PLASTICA_FN static R bistable(R rho, R gone) {
    const R d = R(2) * rho - R(1);
    R square = (R(1) - gone) + gone * d * d;
    square = square < R(1e-30) ? R(1e-30) : square;  // at the unstable fixed point, after a long time
    const R s = std::sqrt(square);
    return rho + (rho - R(0.5)) * (R(4) * rho * (R(1) - rho) * gone) / (s * (R(1) + s));
  }

  // tau rho' = -rho (1 - rho) (rho_star - rho). The cubic about 1/2 has the closed form above, and what is left is logistic,
  // (1/2 - rho_star) rho (1 - rho): both are exact flows, alternating in `steps` symmetric steps.
  template <class R>
  PLASTICA_FN static R drifted(R rho, const Constants<R>& c, R time) {
    if constexpr (symmetric) {
      return bistable(rho, -math::expm1(-c.per_two_tau * time));
    } else {
      constexpr int steps = 4;
      const R step = time * R(1.0 / steps);
      const R gone = -math::expm1(R(-0.5) * c.per_two_tau * step);
      const R grown = math::expm1(clipped(-c.bias * step, R(-10), R(10)));
      // Outside of 0 to 1 the logistic flow alone would run away.
      const R low = rho < R(0) ? rho : (rho > R(1) ? R(1) : R(0)), high = rho > R(1) ? rho : (rho < R(0) ? R(0) : R(1));
      R x = rho;
      for (int i = 0; i < steps; ++i) {
        x = bistable(x, gone);
        x = clipped(x / (R(1) + (R(1) - x) * grown), low, high);
        x = bistable(x, gone);
      }
      // Between 0 and 1 the flow leads away from rho_star: no step, however long, may cross it.
      const R up = x < rho ? rho : x, down = x > rho ? rho : x;
      const R away = rho > c.rho_star ? up : down;
      return rho > R(0) && rho < R(1) ? away : x;
    }
  }

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, CalciumStdpVariant>& s) {
    const TimesAbove<R> above = times_above(own[0], s.gap, c.calcium);
    own[0] = own[0] * math::exp(-s.gap * c.calcium.per_tau);
    Spread<R> rho = relaxed(relaxed(Spread<R>{own[1], R(0)}, c.calcium.both, above.both), c.calcium.one, above.one);
    if constexpr (noisy) rho.mean = rho.mean + std::sqrt(rho.variance) * normal<R>(s.word[0], s.word[1]);
    own[1] = drifted(rho.mean, c, s.gap);
    w = clipped(c.w_0 + own[1] * c.range, c.w_0, c.w_1);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, CalciumStdpVariant>& /*m*/) {
    own[0] = own[0] + c.jump_post;
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, CalciumStdpVariant>& /*m*/) {
    own[0] = own[0] + c.jump_pre;
  }
};

struct CalciumSTDP {
  static constexpr Text text{
      "CalciumSTDP",
      "Calcium-based plasticity: pre- and postsynaptic spikes add calcium, and a bistable efficacy is potentiated and depressed, with noise, "
      "while calcium is above two thresholds.",
      "calcium' = -calcium/tau_Ca;  post: calcium += C_post;  pre, delay_Ca later: calcium += C_pre;  tau rho' = -rho (1 - rho) (rho_star - rho) "
      "+ gamma_p (1 - rho) [calcium > theta_p] - gamma_d rho [calcium > theta_d] + sigma sqrt(tau ([calcium > theta_p] + [calcium > theta_d])) xi;  "
      "weight = w_0 + rho (w_1 - w_0)",
      "Graupner and Brunel (2012), PNAS 109:3991, doi:10.1073/pnas.1109359109, noise as in the erratum, doi:10.1073/pnas.1220044110"};

  struct Parameters {
    double tau_Ca, C_pre, C_post, theta_p, theta_d, gamma_p, gamma_d, sigma, tau, rho_star, delay_Ca, w_0, w_1;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::tau_Ca, {"tau_Ca", 22.6936, unit::ms, above_up_to(0, longest_trace), "time constant of calcium"}},
      Parameter<Parameters>{&Parameters::C_pre, {"C_pre", 0.5617539, unit::none, at_least(0), "calcium that a presynaptic spike adds"}},
      Parameter<Parameters>{&Parameters::C_post, {"C_post", 1.23964, unit::none, at_least(0), "calcium that a postsynaptic spike adds"}},
      Parameter<Parameters>{&Parameters::theta_p, {"theta_p", 1.3, unit::none, above(0), "calcium above which the synapse is potentiated"}},
      Parameter<Parameters>{&Parameters::theta_d, {"theta_d", 1.0, unit::none, above(0), "calcium above which the synapse is depressed"}},
      Parameter<Parameters>{&Parameters::gamma_p, {"gamma_p", 725.085, unit::none, at_least(0), "rate of potentiation, in units of 1 / tau"}},
      Parameter<Parameters>{&Parameters::gamma_d, {"gamma_d", 331.909, unit::none, at_least(0), "rate of depression, in units of 1 / tau"}},
      Parameter<Parameters>{&Parameters::sigma, {"sigma", 3.3501, unit::none, at_least(0), "amplitude of the noise"}},
      Parameter<Parameters>{&Parameters::tau, {"tau", 346361.5, unit::ms, above(0), "time constant of the efficacy"}},
      Parameter<Parameters>{&Parameters::rho_star, {"rho_star", 0.5, unit::none, between(0, 1), "efficacy that separates the two stable states, 0 and 1"}},
      Parameter<Parameters>{&Parameters::delay_Ca,
                            {"delay_Ca", 4.6098, unit::ms, at_least(0), "time from a presynaptic arrival to its calcium, rounded to the grid"}},
      Parameter<Parameters>{&Parameters::w_0, {"w_0", 1.0, "weight", at_least(0), "weight of a synapse of efficacy 0"}},
      Parameter<Parameters>{&Parameters::w_1, {"w_1", 5.40988, "weight", at_least(0), "weight of a synapse of efficacy 1, above w_0"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants =
      std::tuple<CalciumStdpVariant<false, true>, CalciumStdpVariant<true, true>, CalciumStdpVariant<false, false>, CalciumStdpVariant<true, false>>;
  static std::size_t variant(const Parameters& p) { return (p.sigma > 0 ? 1 : 0) + (p.rho_star != 0.5 ? 2 : 0); }
  static RuleNeeds needs(const Parameters& p) { return {.w_max = p.w_1, .w_min = p.w_0, .lag = p.delay_Ca}; }
  static std::string_view conflict(const Parameters& p) { return p.w_0 < p.w_1 ? "" : "w_0 must be below w_1"; }

  static void initial(const Parameters& p, double w, double* own) {
    own[0] = 0;
    adopt(p, w, own);
  }
  static void adopt(const Parameters& p, double w, double* own) { own[1] = clipped((w - p.w_0) / (p.w_1 - p.w_0), 0.0, 1.0); }
  static double express(const Parameters& p, double /*w*/, const double* own) { return clipped(p.w_0 + own[1] * (p.w_1 - p.w_0), p.w_0, p.w_1); }

  template <class R>
  static CalciumStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const CalciumDrive drive{.tau_Ca = p.tau_Ca,
                             .theta_p = p.theta_p,
                             .theta_d = p.theta_d,
                             .tau_slow = p.tau,
                             .gain_p = p.gamma_p,
                             .target_p = 1,
                             .gain_d = p.gamma_d,
                             .target_d = 0,
                             .gain_rest = 0,
                             .target_rest = 0,
                             .sigma = p.sigma};
    return {.calcium = calcium_constants<R>(drive),
            .jump_pre = static_cast<R>(p.C_pre),
            .jump_post = static_cast<R>(p.C_post),
            .per_two_tau = static_cast<R>(1 / (2 * p.tau)),
            .bias = static_cast<R>((0.5 - p.rho_star) / p.tau),
            .rho_star = static_cast<R>(p.rho_star),
            .w_0 = static_cast<R>(p.w_0),
            .w_1 = static_cast<R>(p.w_1),
            .range = static_cast<R>(p.w_1 - p.w_0)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
