#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// step is an eighth of interval / tau_reference, half is w_P / 2.
template <class R>
struct HeterosynapticConstants {
  R beta, step, P, half, w_P;
};

struct HeterosynapticVariant : RuleDefaults {
  static constexpr int pre = 0, variables = 1;
  static constexpr bool everywhere = true, ticks = true;
  static constexpr std::array states{stands_still({"reference", 0, "weight", any(), "weight that a burst leads back to; starts at the weight of the synapse"})};
  template <class R>
  using Constants = HeterosynapticConstants<R>;

  // A step that would lead past the reference ends there: far above any rate of a neuron, beta y^3 exceeds 1.
  template <class R>
  PLASTICA_FN static void at_post(R& w, R* own, const Constants<R>& c, const Moment<R, HeterosynapticVariant>& m) {
    const R part = c.beta * m.y[0] * m.y[0] * m.y[0];
    w = clipped(w + (part < R(1) ? part : R(1)) * (own[0] - w), R(0), m.w_max);
  }

  template <class R>
  PLASTICA_FN static R drift(R reference, R w, const Constants<R>& c) {
    return w - reference - c.P * reference * (reference - c.half) * (reference - c.w_P);
  }
  // Runge-Kutta steps, an eighth of the interval each: references far above w_P fall fast.
  template <class R>
  PLASTICA_FN static void at_tick(R& w, R* own, const Constants<R>& c, const Tick<R, HeterosynapticVariant>& /*t*/) {
    R reference = own[0];
    for (int part = 0; part < 8; ++part) {
      const R k1 = drift(reference, w, c);
      const R k2 = drift(reference + R(0.5) * c.step * k1, w, c);
      const R k3 = drift(reference + R(0.5) * c.step * k2, w, c);
      const R k4 = drift(reference + c.step * k3, w, c);
      reference += c.step * R(1.0 / 6) * (k1 + R(2) * k2 + R(2) * k3 + k4);
    }
    own[0] = reference;
  }
};

struct Heterosynaptic {
  static constexpr Text text{"Heterosynaptic", "Synapses of a neuron that fires in bursts return to their reference weights, which follow them slowly.",
                             "post: w -= beta y^3 (w - reference), at most as far as the reference;  "
                             "tau_reference d(reference)/dt = w - reference - P reference (reference - w_P/2) (reference - w_P), every interval",
                             "Zenke, Agnes and Gerstner (2015), Nat Commun 6:6922, doi:10.1038/ncomms7922"};

  struct Parameters {
    double beta, tau, tau_reference, P, w_P, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::beta, {"beta", 0.05, unit::none, at_least(0), "strength: the part of w - reference lost at a spike where y = 1"}},
      Parameter<Parameters>{&Parameters::tau, {"tau", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace y"}},
      Parameter<Parameters>{&Parameters::tau_reference,
                            {"tau_reference", infinity, unit::ms, above(0), "time constant of consolidation, 1.2e6 ms in the paper; inf: constant references"}},
      Parameter<Parameters>{&Parameters::P,
                            {"P", 20.0, "1/weight^2", at_least(0), "depth of the two wells at 0 and w_P; two stable states for one w if P w_P^2 > 4"}},
      Parameter<Parameters>{&Parameters::w_P, {"w_P", 0.5, "weight", above(0), "upper stable reference weight"}},
      Parameter<Parameters>{&Parameters::interval,
                            {"interval", 1000.0, unit::ms, above(0), "time between steps of consolidation, far below tau_reference; rounded to the grid"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<HeterosynapticVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) { return {.post = {{p.tau}}, .interval = p.tau_reference < infinity ? p.interval : 0}; }
  static std::string_view conflict(const Parameters& p) {
    return p.interval * (1 + p.P * p.w_P * p.w_P) <= p.tau_reference ? "" : "interval (1 + P w_P^2) must be at most tau_reference";
  }
  static void initial(const Parameters& /*p*/, double w, double* own) { own[0] = w; }

  template <class R>
  static HeterosynapticConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.beta), static_cast<R>(p.interval / p.tau_reference / 8), static_cast<R>(p.P), static_cast<R>(p.w_P / 2), static_cast<R>(p.w_P)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
