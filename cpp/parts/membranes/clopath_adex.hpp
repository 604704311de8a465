#pragma once
#include <cmath>

#include "base/vector.hpp"
#include "parts/membranes/membrane.hpp"

namespace plastica::inline PLASTICA_ISA {

// AdEx, as voltage-based plasticity reads it: a spike has a shape, and leaves a current and a raised threshold behind.
struct ClopathAdEx {
  static constexpr Text text{
      "ClopathAdEx",
      "Adaptive exponential integrate-and-fire neuron with an adaptive threshold, a depolarising current after each spike and spikes of a given height and "
      "length; integrated as AdEx is.",
      "C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T) - w + z + I_e + I;  tau_w dw/dt = a (V - E_L) - w;  tau_z dz/dt = -z;  "
      "tau_V_th dV_th/dt = V_th_rest - V_th;  V >= V_peak: spike, w += b, z = I_sp, V_th = V_th_max, V = V_clamp for t_clamp, then V = V_reset",
      "Clopath et al. (2010), Nat Neurosci 13:344, doi:10.1038/nn.2479; V_clamp, V_reset and the order of things as in the authors' code, ModelDB 144566"};

  struct Parameters {
    double C_m, g_L, E_L, V_th_rest, V_th_max, tau_V_th, Delta_T, V_peak, V_clamp, t_clamp, V_reset, t_ref, a, b, tau_w, I_sp, tau_z, I_e;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::C_m, {"C_m", 281.0, unit::pF, above(0), "membrane capacitance"}},
      Parameter<Parameters>{&Parameters::g_L, {"g_L", 30.0, unit::nS, above(0), "leak conductance"}},
      Parameter<Parameters>{&Parameters::E_L, {"E_L", -70.6, unit::mV, any(), "leak reversal potential"}},
      Parameter<Parameters>{&Parameters::V_th_rest, {"V_th_rest", -50.4, unit::mV, any(), "threshold of the exponential at rest"}},
      Parameter<Parameters>{&Parameters::V_th_max, {"V_th_max", -30.4, unit::mV, any(), "threshold of the exponential after a spike"}},
      Parameter<Parameters>{&Parameters::tau_V_th, {"tau_V_th", 50.0, unit::ms, above(0), "time constant of the threshold"}},
      Parameter<Parameters>{&Parameters::Delta_T, {"Delta_T", 2.0, unit::mV, above(0), "slope factor of the exponential"}},
      Parameter<Parameters>{&Parameters::V_peak, {"V_peak", 20.0, unit::mV, any(), "potential at which a spike is counted"}},
      Parameter<Parameters>{&Parameters::V_clamp, {"V_clamp", 31.131, unit::mV, any(), "potential during a spike"}},
      Parameter<Parameters>{&Parameters::t_clamp, {"t_clamp", 2.0, unit::ms, at_least(0), "length of a spike, rounded to the grid"}},
      Parameter<Parameters>{&Parameters::V_reset, {"V_reset", -49.5, unit::mV, any(), "potential after a spike, below V_peak"}},
      Parameter<Parameters>{&Parameters::t_ref, {"t_ref", 0.0, unit::ms, at_least(0), "refractory time at V_reset after a spike, rounded to the grid"}},
      Parameter<Parameters>{&Parameters::a, {"a", 4.0, unit::nS, any(), "subthreshold adaptation"}},
      Parameter<Parameters>{&Parameters::b, {"b", 80.5, unit::pA, any(), "spike-triggered adaptation"}},
      Parameter<Parameters>{&Parameters::tau_w, {"tau_w", 144.0, unit::ms, above(0), "time constant of adaptation"}},
      Parameter<Parameters>{&Parameters::I_sp, {"I_sp", 400.0, unit::pA, any(), "depolarising current after a spike"}},
      Parameter<Parameters>{&Parameters::tau_z, {"tau_z", 40.0, unit::ms, above(0), "time constant of that current"}},
      Parameter<Parameters>{&Parameters::I_e, {"I_e", 0.0, unit::pA, any(), "constant input current"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{goes_on({"V", 0, unit::mV, any(), "membrane potential; starts at E_L"}),
                                     goes_on({"w", 0, unit::pA, any(), "adaptation current; starts at 0"}),
                                     goes_on({"z", 0, unit::pA, any(), "depolarising current after a spike; starts at 0"}),
                                     goes_on({"V_th", 0, unit::mV, any(), "threshold of the exponential; starts at V_th_rest"}),
                                     goes_on({"refractory", 0, "steps", at_least(0), "steps left of the spike and of the refractory time after it"})};

  static MeanResponse response(const Parameters& /*p*/, double h) { return {h}; }

  template <class R>
  struct State {
    R V, w, z, V_th, refractory;
    PLASTICA_FN constexpr auto tie() { return std::tie(V, w, z, V_th, refractory); }
  };
  template <class R>
  struct Constants {
    R h, per_capacitance, g_L, E_L, V_th_rest, V_th_max, V_th_half, V_th_decay, slope_factor, per_slope, spike_gain, swing, V_peak, V_spike, V_clamp, V_reset,
        refractory_steps, held_steps, a, b, per_tau_w, I_sp, z_half, z_decay, I_e;
    PLASTICA_FN constexpr auto tie() {
      return std::tie(h, per_capacitance, g_L, E_L, V_th_rest, V_th_max, V_th_half, V_th_decay, slope_factor, per_slope, spike_gain, swing, V_peak, V_spike,
                      V_clamp, V_reset, refractory_steps, held_steps, a, b, per_tau_w, I_sp, z_half, z_decay, I_e);
    }
  };

  static State<double> initial(const Parameters& p) { return {p.E_L, 0, 0, p.V_th_rest, 0}; }

  static Constants<double> derive(const Parameters& p, double h) {
    const double refractory = std::floor(p.t_ref / h + 0.5), clamped = std::floor(p.t_clamp / h + 0.5);
    return {h,
            1 / p.C_m,
            p.g_L,
            p.E_L,
            p.V_th_rest,
            p.V_th_max,
            math::exp(-0.5 * h / p.tau_V_th),
            math::exp(-h / p.tau_V_th),
            p.Delta_T,
            1 / p.Delta_T,
            p.g_L * p.Delta_T,
            2 * p.Delta_T,
            p.V_peak,
            clamped > 0 ? p.V_clamp : p.V_reset,
            p.V_clamp,
            p.V_reset,
            refractory,
            refractory + clamped,
            p.a,
            p.b,
            1 / p.tau_w,
            p.I_sp,
            math::exp(-0.5 * h / p.tau_z),
            math::exp(-h / p.tau_z),
            p.I_e};
  }

  static std::string_view conflict(const Parameters& p) { return p.V_reset < p.V_peak ? "" : "V_reset must be below V_peak"; }

  template <class R>
  struct Slope {
    R V, w;
  };

  // All currents but the exponential one.
  template <class R, bool Conductances>
  PLASTICA_FN static R ordinary(R V, R w, R z, const Constants<R>& c, const Input<R>& in) {
    R current = c.I_e + in.current - c.g_L * (V - c.E_L) - w + z;
    if constexpr (Conductances) current += in.reversal - in.conductance * V;
    return current;
  }

  // The potential is limited to V_peak and the exponent to 20, so that a step that is not taken stays finite.
  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> slope(R V, R w, R z, R V_th, R free, const Constants<R>& c, const Input<R>& in) {
    V = V < c.V_peak ? V : c.V_peak;
    R exponent = (V - V_th) * c.per_slope;
    exponent = exponent < 20 ? exponent : 20;
    const R current = ordinary<R, Conductances>(V, w, z, c, in) + c.spike_gain * math::exp(exponent);
    return {free * (current * c.per_capacitance), (c.a * (V - c.E_L) - w) * c.per_tau_w};
  }

  // z and V_th decay by themselves: their values at the start, in the middle and at the end of the step.
  template <class R>
  struct Course {
    R start, middle, end;
  };

  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> runge_kutta(R V, R w, const Course<R>& z, const Course<R>& V_th, R free, const Constants<R>& c, const Input<R>& in) {
    using Number = math::Number<R>;
    const R h = c.h, half = c.h * Number(0.5), sixth = c.h * Number(1.0 / 6.0);
    const Slope<R> k1 = slope<R, Conductances>(V, w, z.start, V_th.start, free, c, in);
    const Slope<R> k2 = slope<R, Conductances>(V + half * k1.V, w + half * k1.w, z.middle, V_th.middle, free, c, in);
    const Slope<R> k3 = slope<R, Conductances>(V + half * k2.V, w + half * k2.w, z.middle, V_th.middle, free, c, in);
    const Slope<R> k4 = slope<R, Conductances>(V + h * k3.V, w + h * k3.w, z.end, V_th.end, free, c, in);
    return {V + sixth * (k1.V + 2 * (k2.V + k3.V) + k4.V), w + sixth * (k1.w + 2 * (k2.w + k3.w) + k4.w)};
  }

  // In u = exp(-(V - V_th) / Delta_T), V_th as the step starts, the upswing is nearly a straight line:
  // C_m du/dt = -g_L exp((V_th - V_th(t)) / Delta_T) - u (other currents) / Delta_T.
  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> slope_of_u(R u, R w, R z, R V_th, R gain, R u_peak, const Constants<R>& c, const Input<R>& in) {
    u = u > u_peak ? u : u_peak;
    const R V = V_th - c.slope_factor * math::log(u);
    return {-(c.g_L * gain + u * c.per_slope * ordinary<R, Conductances>(V, w, z, c, in)) * c.per_capacitance, (c.a * (V - c.E_L) - w) * c.per_tau_w};
  }

  template <class R, bool Conductances>
  PLASTICA_FN static Slope<R> upswing(R V, R w, const Course<R>& z, const Course<R>& V_th, const Constants<R>& c, const Input<R>& in) {
    using Number = math::Number<R>;
    const R h = c.h, half = c.h * Number(0.5), sixth = c.h * Number(1.0 / 6.0), from = V_th.start;
    const R gain_middle = math::exp((from - V_th.middle) * c.per_slope), gain_end = math::exp((from - V_th.end) * c.per_slope);
    const R peak = math::exp((from - c.V_peak) * c.per_slope);
    const R u_peak = peak > Number(1e-30) ? peak : Number(1e-30);
    const R u = math::exp((from - V) * c.per_slope);
    const Slope<R> k1 = slope_of_u<R, Conductances>(u, w, z.start, from, R{} + 1, u_peak, c, in);
    const Slope<R> k2 = slope_of_u<R, Conductances>(u + half * k1.V, w + half * k1.w, z.middle, from, gain_middle, u_peak, c, in);
    const Slope<R> k3 = slope_of_u<R, Conductances>(u + half * k2.V, w + half * k2.w, z.middle, from, gain_middle, u_peak, c, in);
    const Slope<R> k4 = slope_of_u<R, Conductances>(u + h * k3.V, w + h * k3.w, z.end, from, gain_end, u_peak, c, in);
    const R end = u + sixth * (k1.V + 2 * (k2.V + k3.V) + k4.V);
    const auto below = end > u_peak;
    const R V_end = from - c.slope_factor * math::log(below ? end : u_peak);
    return {below ? V_end : (end == end ? c.V_peak : end), w + sixth * (k1.w + 2 * (k2.w + k3.w) + k4.w)};
  }

  template <class R, bool Conductances>
  PLASTICA_FN static auto step(State<R>& s, const Constants<R>& c, const Input<R>& in) {
    using Number = math::Number<R>;
    const R free = s.refractory > 0 ? Number(0) : Number(1);
    const R V = s.refractory > 0 ? c.V_reset : s.V;
    const R away = s.V_th - c.V_th_rest;
    const Course<R> z{s.z, s.z * c.z_half, s.z * c.z_decay}, V_th{s.V_th, c.V_th_rest + away * c.V_th_half, c.V_th_rest + away * c.V_th_decay};
    Slope<R> next = runge_kutta<R, Conductances>(V, s.w, z, V_th, free, c, in);
    const auto swinging = (V > s.V_th + c.swing) & (free > 0);
    if (any_of(swinging)) {
      const Slope<R> steep = upswing<R, Conductances>(V, s.w, z, V_th, c, in);
      next.V = swinging ? steep.V : next.V;
      next.w = swinging ? steep.w : next.w;
    }
    const auto quiet = next.V < c.V_peak;
    // while the spike lasts, everything but V stands still
    const auto spiking = s.refractory > c.refractory_steps;
    const R left = s.refractory > 0 ? s.refractory - 1 : 0;
    s.V = next.V >= c.V_peak ? c.V_spike : (left > c.refractory_steps ? c.V_clamp : next.V);
    s.w = quiet ? (spiking ? s.w : next.w) : next.w + c.b;
    s.z = quiet ? (spiking ? s.z : z.end) : c.I_sp;
    s.V_th = quiet ? (spiking ? s.V_th : V_th.end) : c.V_th_max;
    s.refractory = quiet ? left : c.held_steps;
    return !quiet;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
