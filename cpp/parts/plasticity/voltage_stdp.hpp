#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct VoltageStdpConstants {
  R gain_plus, gain_minus, theta_plus, theta_minus, dt, per_reference, w_max;
};

// The postsynaptic events are the steps at which V is above theta_plus; y[0] is the low-pass filter of V that depression reads, and
// y[1], with homeostasis, the running mean of (V - V_mean)^2.
template <bool homeostasis>
struct VoltageStdpVariant : RuleDefaults {
  static constexpr int post = homeostasis ? 2 : 1;
  static constexpr bool separable = true, weighted = true, voltage = true, reads_y_at_post = false;
  template <class R>
  using Constants = VoltageStdpConstants<R>;

  template <class R>
  PLASTICA_FN static R positive(R x) {
    return x > R(0) ? x : R(0);
  }

  // What one step adds to the integral that potentiation reads, in mV^2 ms.
  template <class R>
  PLASTICA_FN static R gate(const Constants<R>& c, R V, R V_high) {
    return positive(V - c.theta_plus) * positive(V_high - c.theta_minus) * c.dt;
  }
  template <class R>
  PLASTICA_FN static void potentiate(R& w, const Constants<R>& c, R sum) {
    w = clipped(w + c.gain_plus * sum, R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, VoltageStdpVariant>& m) {
    R change = c.gain_minus * positive(m.y[0] - c.theta_minus);
    if constexpr (homeostasis) change = change * (m.y[1] * c.per_reference);
    w = clipped(w - change, R(0), c.w_max);
  }
};

struct VoltageSTDP {
  static constexpr Text text{
      "VoltageSTDP",
      "Voltage-based plasticity: potentiation while the membrane is depolarised and has been before, depression at presynaptic spikes after depolarisation.",
      "while V > theta_plus: dw/dt = learning_rate A_LTP x [V - theta_plus]+ [u_plus - theta_minus]+;  "
      "pre: w -= learning_rate A_LTD h [u_minus - theta_minus]+, h = 1, or with homeostasis the mean of (V - V_mean)^2 over tau_homeo, divided by u_ref^2;  "
      "tau_x dx/dt = -x + spikes;  u_plus, u_minus: V of delay_u ago, filtered with tau_plus and tau_minus",
      "Clopath et al. (2010), Nat Neurosci 13:344, doi:10.1038/nn.2479; Clopath and Gerstner (2010), Front Synaptic Neurosci 2:25, "
      "doi:10.3389/fnsyn.2010.00025"};

  struct Parameters {
    double learning_rate, A_LTD, A_LTP, theta_minus, theta_plus, tau_minus, tau_plus, tau_x, delay_u, homeostasis, u_ref, tau_homeo, V_mean, w_max;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 1.0, unit::none, at_least(0), "factor of both amplitudes"}},
      Parameter<Parameters>{&Parameters::A_LTD, {"A_LTD", 14e-5, "weight/mV", at_least(0), "amplitude of depression"}},
      Parameter<Parameters>{&Parameters::A_LTP, {"A_LTP", 8e-5, "weight/mV^2", at_least(0), "amplitude of potentiation"}},
      Parameter<Parameters>{&Parameters::theta_minus, {"theta_minus", -70.6, unit::mV, any(), "what the filtered potentials must exceed"}},
      Parameter<Parameters>{&Parameters::theta_plus, {"theta_plus", -45.3, unit::mV, any(), "what the potential must exceed for potentiation"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 10.0, unit::ms, above(0), "filter of the potential, for depression"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 7.0, unit::ms, above(0), "filter of the potential, for potentiation"}},
      Parameter<Parameters>{&Parameters::tau_x, {"tau_x", 15.0, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{
          &Parameters::delay_u,
          {"delay_u", 3.0, unit::ms, between(0, 100), "how old the potential is that the filters take in; longer than a spike, rounded to the grid"}},
      Parameter<Parameters>{&Parameters::homeostasis, flag("homeostasis", false, "whether depression grows with the mean square of the potential")},
      Parameter<Parameters>{&Parameters::u_ref, {"u_ref", 7.745966692414834, unit::mV, above(0), "homeostasis: at this root mean square depression is A_LTD"}},
      Parameter<Parameters>{&Parameters::tau_homeo, {"tau_homeo", 1200.0, unit::ms, above(0), "homeostasis: time constant of the mean square"}},
      Parameter<Parameters>{&Parameters::V_mean, {"V_mean", -70.6, unit::mV, any(), "homeostasis: the potential that deviations are taken from"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 1.0, "weight", above(0), "upper bound of the weight's magnitude"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<VoltageStdpVariant<false>, VoltageStdpVariant<true>>;
  static std::size_t variant(const Parameters& p) { return p.homeostasis != 0 ? 1 : 0; }
  static RuleNeeds needs(const Parameters& p) {
    return {.pre = {{p.tau_x}},
            .w_max = p.w_max,
            .tau_low = p.tau_minus,
            .tau_high = p.tau_plus,
            .tau_mean = p.homeostasis != 0 ? p.tau_homeo : 0,
            .V_mean = p.V_mean,
            .V_delay = p.delay_u};
  }

  // The engine's trace x grows by 1 at an arrival; the paper's by 1/tau_x.
  template <class R>
  static VoltageStdpConstants<R> derive(const Parameters& p, double dt) {
    const double rate = p.learning_rate;
    return {static_cast<R>(rate * p.A_LTP / p.tau_x),
            static_cast<R>(rate * p.A_LTD),
            static_cast<R>(p.theta_plus),
            static_cast<R>(p.theta_minus),
            static_cast<R>(dt),
            static_cast<R>(1 / (p.u_ref * p.u_ref)),
            static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
