#pragma once
#include <cmath>

#include "base/vector.hpp"
#include "parts/membranes/membrane.hpp"

namespace plastica::inline PLASTICA_ISA {

struct AdEx {
  static constexpr Text text{
      "AdEx", "Adaptive exponential integrate-and-fire neuron; Runge-Kutta of fourth order, and the upswing of a spike in a variable in which it is smooth.",
      "C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T) - w + I_e + I;  tau_w dw/dt = a (V - E_L) - w;  "
      "V >= V_peak: spike, V = V_reset, w += b",
      "Brette and Gerstner (2005), J Neurophysiol 94:3637, doi:10.1152/jn.00686.2005"};

  struct Parameters {
    double C_m, g_L, E_L, V_th, Delta_T, V_peak, V_reset, t_ref, a, b, tau_w, I_e;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::C_m, {"C_m", 281.0, unit::pF, above(0), "membrane capacitance"}},
      Parameter<Parameters>{&Parameters::g_L, {"g_L", 30.0, unit::nS, above(0), "leak conductance"}},
      Parameter<Parameters>{&Parameters::E_L, {"E_L", -70.6, unit::mV, any(), "leak reversal potential"}},
      Parameter<Parameters>{&Parameters::V_th, {"V_th", -50.4, unit::mV, any(), "threshold of the exponential"}},
      Parameter<Parameters>{&Parameters::Delta_T, {"Delta_T", 2.0, unit::mV, above(0), "slope factor of the exponential"}},
      Parameter<Parameters>{&Parameters::V_peak, {"V_peak", 0.0, unit::mV, any(), "potential at which a spike is counted"}},
      Parameter<Parameters>{&Parameters::V_reset, {"V_reset", -60.0, unit::mV, any(), "potential after a spike, below V_peak"}},
      Parameter<Parameters>{&Parameters::t_ref, {"t_ref", 0.0, unit::ms, at_least(0), "refractory time, rounded to the grid"}},
      Parameter<Parameters>{&Parameters::a, {"a", 4.0, unit::nS, any(), "subthreshold adaptation"}},
      Parameter<Parameters>{&Parameters::b, {"b", 80.5, unit::pA, any(), "spike-triggered adaptation"}},
      Parameter<Parameters>{&Parameters::tau_w, {"tau_w", 144.0, unit::ms, above(0), "time constant of adaptation"}},
      Parameter<Parameters>{&Parameters::I_e, {"I_e", 0.0, unit::pA, any(), "constant input current"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{goes_on({"V", 0, unit::mV, any(), "membrane potential; starts at E_L"}),
                                     goes_on({"w", 0, unit::pA, any(), "adaptation current; starts at 0"}),
                                     goes_on({"refractory", 0, "steps", at_least(0), "steps left of the refractory time"})};

  static MeanResponse response(const Parameters& /*p*/, double h) { return {h}; }

  template <class R>
  struct State {
    R V, w, refractory;
    PLASTICA_FN constexpr auto tie() { return std::tie(V, w, refractory); }
  };
  template <class R>
  struct Constants {
    R h, per_capacitance, g_L, E_L, V_th, slope_factor, per_slope, spike_gain, V_peak, V_reset, refractory_steps, a, b, per_tau_w, I_e, V_upswing, u_peak;
    PLASTICA_FN constexpr auto tie() {
      return std::tie(h, per_capacitance, g_L, E_L, V_th, slope_factor, per_slope, spike_gain, V_peak, V_reset, refractory_steps, a, b, per_tau_w, I_e,
                      V_upswing, u_peak);
    }
  };

  static State<double> initial(const Parameters& p) { return {p.E_L, 0, 0}; }

  static Constants<double> derive(const Parameters& p, double h) {
    return {h,
            1 / p.C_m,
            p.g_L,
            p.E_L,
            p.V_th,
            p.Delta_T,
            1 / p.Delta_T,
            p.g_L * p.Delta_T,
            p.V_peak,
            p.V_reset,
            std::floor(p.t_ref / h + 0.5),
            p.a,
            p.b,
            1 / p.tau_w,
            p.I_e,
            p.V_th + 2 * p.Delta_T,
            std::fmax(math::exp(-(p.V_peak - p.V_th) / p.Delta_T), 1e-30)};
  }

  static std::string_view conflict(const Parameters& p) { return p.V_reset < p.V_peak ? "" : "V_reset must be below V_peak"; }

  template <class R>
  struct Slope {
    R V, w;
  };

  // All currents but the exponential one.
  template <class R, bool Conductances>
  PLASTICA_FN static R ordinary(R V, R w, const Constants<R>& c, const Input<R>& in) {
    R current = c.I_e + in.current - c.g_L * (V - c.E_L) - w;
    if constexpr (Conductances) current += in.reversal - in.conductance * V;
    return current;
  }

  // The potential is limited to V_peak and the exponent to 20, so that a step that is not taken stays finite.
  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> slope(R V, R w, R held, const Constants<R>& c, const Input<R>& in) {
    V = V < c.V_peak ? V : c.V_peak;
    R exponent = (V - c.V_th) * c.per_slope;
    exponent = exponent < 20 ? exponent : 20;
    const R current = ordinary<R, Conductances>(V, w, c, in) + c.spike_gain * math::exp(exponent);
    return {held * (current * c.per_capacitance), (c.a * (V - c.E_L) - w) * c.per_tau_w};
  }

  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> runge_kutta(R V, R w, R free, const Constants<R>& c, const Input<R>& in) {
    using Number = math::Number<R>;
    const R h = c.h, half = c.h * Number(0.5), sixth = c.h * Number(1.0 / 6.0);
    const Slope<R> k1 = slope<R, Conductances>(V, w, free, c, in);
    const Slope<R> k2 = slope<R, Conductances>(V + half * k1.V, w + half * k1.w, free, c, in);
    const Slope<R> k3 = slope<R, Conductances>(V + half * k2.V, w + half * k2.w, free, c, in);
    const Slope<R> k4 = slope<R, Conductances>(V + h * k3.V, w + h * k3.w, free, c, in);
    return {V + sixth * (k1.V + 2 * (k2.V + k3.V) + k4.V), w + sixth * (k1.w + 2 * (k2.w + k3.w) + k4.w)};
  }

  // In u = exp(-(V - V_th) / Delta_T) the upswing is nearly a straight line: C_m du/dt = -g_L - u (other currents) / Delta_T.
  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> slope_of_u(R u, R w, const Constants<R>& c, const Input<R>& in) {
    u = u > c.u_peak ? u : c.u_peak;
    const R V = c.V_th - c.slope_factor * math::log(u);
    return {-(c.g_L + u * c.per_slope * ordinary<R, Conductances>(V, w, c, in)) * c.per_capacitance, (c.a * (V - c.E_L) - w) * c.per_tau_w};
  }

  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> upswing(R V, R w, const Constants<R>& c, const Input<R>& in) {
    using Number = math::Number<R>;
    const R h = c.h, half = c.h * Number(0.5), sixth = c.h * Number(1.0 / 6.0);
    const R u = math::exp(-(V - c.V_th) * c.per_slope);
    const Slope<R> k1 = slope_of_u<R, Conductances>(u, w, c, in);
    const Slope<R> k2 = slope_of_u<R, Conductances>(u + half * k1.V, w + half * k1.w, c, in);
    const Slope<R> k3 = slope_of_u<R, Conductances>(u + half * k2.V, w + half * k2.w, c, in);
    const Slope<R> k4 = slope_of_u<R, Conductances>(u + h * k3.V, w + h * k3.w, c, in);
    const R end = u + sixth * (k1.V + 2 * (k2.V + k3.V) + k4.V);
    const auto below = end > c.u_peak;
    const R V_end = c.V_th - c.slope_factor * math::log(below ? end : c.u_peak);
    return {below ? V_end : (end == end ? c.V_peak : end), w + sixth * (k1.w + 2 * (k2.w + k3.w) + k4.w)};
  }

  template <class R, bool Conductances>
  PLASTICA_FN static auto step(State<R>& s, const Constants<R>& c, const Input<R>& in) {
    using Number = math::Number<R>;
    const R free = s.refractory > 0 ? Number(0) : Number(1);
    const R V = s.refractory > 0 ? c.V_reset : s.V;
    Slope<R> next = runge_kutta<R, Conductances>(V, s.w, free, c, in);
    const auto swinging = (V > c.V_upswing) & (free > 0);
    if (any_of(swinging)) {
      const Slope<R> steep = upswing<R, Conductances>(V, s.w, c, in);
      next.V = swinging ? steep.V : next.V;
      next.w = swinging ? steep.w : next.w;
    }
    const auto quiet = next.V < c.V_peak;
    s.V = next.V >= c.V_peak ? c.V_reset : next.V;
    s.w = quiet ? next.w : next.w + c.b;
    const R left = s.refractory > 0 ? s.refractory - 1 : 0;
    s.refractory = quiet ? left : c.refractory_steps;
    return !quiet;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
