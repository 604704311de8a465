#pragma once
#include "parts/plasticity/calcium.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct TaggingCaptureConstants {
  CalciumConstants<R> calcium;
  Relaxation<R> rest;
  R jump_pre, jump_post;
  R theta_tag, theta_pro;
  R capture;                             // interval / tau_z
  R synthesis, protein_part;             // target of the protein while it is made, and 1 - exp(-interval / tau_p)
  R w_rest;
};

template <bool noisy>
struct TaggingCaptureVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 3, neurons = 1;
  static constexpr bool evolves = true, everywhere = true, random = noisy, ticks = true, owns = true;
  static constexpr std::array states{goes_on({"calcium", 0, "", at_least(0), "calcium at the synapse"}),
                                     stands_still({"early", 0, "", any(), "change of the early-phase weight from rest, h / h_0 - 1"}),
                                     stands_still({"late", 0, "", between(-100, 100), "late-phase weight z, -0.5 to 1; the weight is h_0 (1 + early + late)"}),
                                     stands_still({"protein", 0, "", at_least(0), "amount of plasticity-related proteins in the target neuron"})};
  template <class R>
  using Constants = TaggingCaptureConstants<R>;

  template <class R>
  PLASTICA_FN static R weight(const R* own, const Constants<R>& c) {
    const R sum = R(1) + (own[1] + own[2]);
    return c.w_rest * (sum < R(0) ? R(0) : sum);
  }

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, TaggingCaptureVariant>& s) {
    const TimesAbove<R> above = times_above(own[0], s.gap, c.calcium);
    own[0] = own[0] * math::exp(-s.gap * c.calcium.per_tau);
    const Spread<R> stimulated = relaxed(relaxed(Spread<R>{own[1], R(0)}, c.calcium.both, above.both), c.calcium.one, above.one);
    Spread<R> early = relaxed(stimulated, c.rest, s.gap - (above.both + above.one));
    if constexpr (noisy) early.mean = early.mean + std::sqrt(early.variance) * normal<R>(s.word[0], s.word[1]);
    own[1] = early.mean;
    w = weight(own, c);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, TaggingCaptureVariant>& /*m*/) {
    own[0] = own[0] + c.jump_post;
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, TaggingCaptureVariant>& /*m*/) {
    own[0] = own[0] + c.jump_pre;
  }

  template <class R>
  PLASTICA_FN static R contribution(R /*w*/, const R* own, const Constants<R>& /*c*/) {
    return own[1] < R(0) ? -own[1] : own[1];
  }
  PLASTICA_FN static void neuron_tick(double* state, const Constants<double>& c, double sum) {
    const double target = sum >= c.theta_pro ? c.synthesis : 0.0;
    state[0] = state[0] + (target - state[0]) * c.protein_part;
  }
  template <class R>
  PLASTICA_FN static void at_tick(R& w, R* own, const Constants<R>& c, const Tick<R, TaggingCaptureVariant>& t) {
    const R captured = -math::expm1(-t.neuron[0] * c.capture);
    const R up = own[2] + (R(1) - own[2]) * captured, down = own[2] - (own[2] + R(0.5)) * captured;
    own[2] = own[1] >= c.theta_tag ? up : (own[1] <= -c.theta_tag ? down : own[2]);
    w = weight(own, c);
  }
};

struct TaggingCapture {
  static constexpr Text text{
      "TaggingCapture",
      "Synaptic tagging and capture: calcium changes an early weight that fades within hours; where the change has set a tag and the neuron makes "
      "proteins, a late weight takes it over.",
      "calcium' = -calcium/tau_Ca;  post: calcium += C_post;  pre, delay_Ca later: calcium += C_pre;  tau_h h' = leak (1 - h) "
      "+ gamma_p (h_max - h) [calcium > theta_p] - gamma_d h [calcium > theta_d] + sigma sqrt(tau_h ([calcium > theta_p] + [calcium > theta_d])) xi;  "
      "tau_p p' = synthesis [sum over the neuron's synapses of abs(h - 1) >= theta_pro] - p;  "
      "tau_z z' = p (1 - z) [h - 1 >= theta_tag] - p (z + 1/2) [1 - h >= theta_tag];  weight = h_0 (h + z)",
      "Luboeinski and Tetzlaff (2021), Commun Biol 4:275, doi:10.1038/s42003-021-01778-y"};

  struct Parameters {
    double h_0, tau_Ca, C_pre, C_post, theta_p, theta_d, gamma_p, gamma_d, h_max, leak, sigma, tau_h, delay_Ca, theta_tag, theta_pro, tau_p, synthesis, tau_z,
        interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::h_0,
                            {"h_0", 4.20075, "weight", above(0), "weight of a synapse at rest; the early and the late weight are in units of it"}},
      Parameter<Parameters>{&Parameters::tau_Ca, {"tau_Ca", 48.8, unit::ms, above_up_to(0, longest_trace), "time constant of calcium"}},
      Parameter<Parameters>{&Parameters::C_pre, {"C_pre", 0.6, unit::none, at_least(0), "calcium that a presynaptic spike adds; 1 for a single synapse"}},
      Parameter<Parameters>{&Parameters::C_post,
                            {"C_post", 0.1655, unit::none, at_least(0), "calcium that a postsynaptic spike adds; 0.2758 for a single synapse"}},
      Parameter<Parameters>{&Parameters::theta_p, {"theta_p", 3.0, unit::none, above(0), "calcium above which the early weight is potentiated"}},
      Parameter<Parameters>{&Parameters::theta_d, {"theta_d", 1.2, unit::none, above(0), "calcium above which the early weight is depressed"}},
      Parameter<Parameters>{&Parameters::gamma_p, {"gamma_p", 1645.6, unit::none, at_least(0), "rate of potentiation, in units of 1 / tau_h"}},
      Parameter<Parameters>{&Parameters::gamma_d, {"gamma_d", 313.1, unit::none, at_least(0), "rate of depression, in units of 1 / tau_h"}},
      Parameter<Parameters>{&Parameters::h_max,
                            {"h_max", 2.38053, unit::none, above(0), "early weight h that potentiation leads to, in units of h_0 (10 mV / 4.20075 mV)"}},
      Parameter<Parameters>{&Parameters::leak, {"leak", 0.1, unit::none, at_least(0), "rate at which the early weight returns to rest, in units of 1 / tau_h"}},
      Parameter<Parameters>{&Parameters::sigma,
                            {"sigma", 0.691391, unit::none, at_least(0), "amplitude of the noise of the early weight (2.90436 mV / 4.20075 mV)"}},
      Parameter<Parameters>{&Parameters::tau_h, {"tau_h", 688400.0, unit::ms, above(0), "time constant of the early weight"}},
      Parameter<Parameters>{&Parameters::delay_Ca,
                            {"delay_Ca", 18.8, unit::ms, at_least(0), "time from a presynaptic arrival to its calcium, rounded to the grid"}},
      Parameter<Parameters>{&Parameters::theta_tag, {"theta_tag", 0.2, unit::none, at_least(0), "change of the early weight that sets a tag"}},
      Parameter<Parameters>{&Parameters::theta_pro,
                            {"theta_pro", 0.5, unit::none, at_least(0), "sum of changes in one neuron from which on it makes proteins"}},
      Parameter<Parameters>{&Parameters::tau_p, {"tau_p", 3600000.0, unit::ms, above(0), "time constant of the proteins"}},
      Parameter<Parameters>{&Parameters::synthesis,
                            {"synthesis", 1.0, unit::none, between(0, 1), "how much protein is made: 0 is a blocker such as anisomycin"}},
      Parameter<Parameters>{&Parameters::tau_z, {"tau_z", 3600000.0, unit::ms, above(0), "time constant of the late weight"}},
      Parameter<Parameters>{&Parameters::interval,
                            {"interval", 1000.0, unit::ms, above(0), "time between updates of proteins and late weights, rounded to the grid"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<TaggingCaptureVariant<false>, TaggingCaptureVariant<true>>;
  static std::size_t variant(const Parameters& p) { return p.sigma > 0 ? 1 : 0; }
  static RuleNeeds needs(const Parameters& p) { return {.w_max = infinity, .lag = p.delay_Ca, .interval = p.interval}; }

  static void initial(const Parameters& p, double w, double* own) {
    own[0] = own[2] = own[3] = 0;
    adopt(p, w, own);
  }
  static void adopt(const Parameters& p, double w, double* own) { own[1] = w / p.h_0 - 1 - own[2]; }
  static double express(const Parameters& p, double /*w*/, const double* own) {
    const double sum = 1 + own[1] + own[2];
    return p.h_0 * (sum < 0 ? 0 : sum);
  }

  template <class R>
  static TaggingCaptureConstants<R> derive(const Parameters& p, double /*dt*/) {
    const CalciumDrive drive{.tau_Ca = p.tau_Ca,
                             .theta_p = p.theta_p,
                             .theta_d = p.theta_d,
                             .tau_slow = p.tau_h,
                             .gain_p = p.gamma_p,
                             .target_p = p.h_max - 1,
                             .gain_d = p.gamma_d,
                             .target_d = -1,
                             .gain_rest = p.leak,
                             .target_rest = 0,
                             .sigma = p.sigma};
    return {.calcium = calcium_constants<R>(drive),
            .rest = cast<R>(relaxation(drive, false, false)),
            .jump_pre = static_cast<R>(p.C_pre),
            .jump_post = static_cast<R>(p.C_post),
            .theta_tag = static_cast<R>(p.theta_tag),
            .theta_pro = static_cast<R>(p.theta_pro),
            .capture = static_cast<R>(p.interval / p.tau_z),
            .synthesis = static_cast<R>(p.synthesis),
            .protein_part = static_cast<R>(-math::expm1(-p.interval / p.tau_p)),
            .w_rest = static_cast<R>(p.h_0)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
