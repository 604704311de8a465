#pragma once
#include <cmath>

#include "parts/membranes/membrane.hpp"

namespace plastica::inline PLASTICA_ISA {

struct LIF {
  static constexpr Text text{"LIF", "Leaky integrate-and-fire neuron; exact with current receptors, second order in dt with conductances.",
                             "C_m dV/dt = -(C_m / tau_m) (V - E_L) + I_e + I;  V >= V_th: spike, V = V_reset for t_ref",
                             "Rotter and Diesmann (1999), Biol Cybern 81:381, doi:10.1007/s004220050570"};

  struct Parameters {
    double C_m, tau_m, E_L, V_th, V_reset, t_ref, I_e;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::C_m, {"C_m", 250.0, unit::pF, above(0), "membrane capacitance"}},
      Parameter<Parameters>{&Parameters::tau_m, {"tau_m", 10.0, unit::ms, above(0), "membrane time constant"}},
      Parameter<Parameters>{&Parameters::E_L, {"E_L", -70.0, unit::mV, any(), "resting potential"}},
      Parameter<Parameters>{&Parameters::V_th, {"V_th", -55.0, unit::mV, any(), "spike threshold"}},
      Parameter<Parameters>{&Parameters::V_reset, {"V_reset", -70.0, unit::mV, any(), "potential after a spike, below V_th"}},
      Parameter<Parameters>{&Parameters::t_ref, {"t_ref", 2.0, unit::ms, at_least(0), "refractory time, rounded to the grid"}},
      Parameter<Parameters>{&Parameters::I_e, {"I_e", 0.0, unit::pA, any(), "constant input current"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{goes_on({"V", 0, unit::mV, any(), "membrane potential; starts at E_L"}),
                                     goes_on({"refractory", 0, "steps", at_least(0), "steps left of the refractory time"})};

  // Solves its linear equation exactly, and lets receptors propagate their input through it.
  struct Response {
    static constexpr bool exact = true;
    double h, tau_m, C_m;
    friend bool operator==(const Response&, const Response&) = default;
    double constant() const { return -tau_m / C_m * math::expm1(-h / tau_m); }
    double decaying(double tau) const {
      const double x = h * (1 / tau_m - 1 / tau);
      const double ratio = std::fabs(x) < 1e-8 ? 1 + x / 2 : math::expm1(x) / x;
      return h / C_m * math::exp(-h / tau_m) * ratio;
    }
    double ramping(double tau) const {
      const double x = h * (1 / tau_m - 1 / tau);
      const double series = 0.5 + x / 3 + x * x / 8 + x * x * x / 30 + x * x * x * x / 144;
      const double ratio = std::fabs(x) < 1e-2 ? series + x * x * x * x * x / 840 + x * x * x * x * x * x / 5760 : (math::exp(x) - math::expm1(x) / x) / x;
      return h * h / C_m * math::exp(-h / tau_m) * ratio;
    }
  };
  static Response response(const Parameters& p, double h) { return {h, p.tau_m, p.C_m}; }

  template <class R>
  struct State {
    R V, refractory;
    PLASTICA_FN constexpr auto tie() { return std::tie(V, refractory); }
  };
  template <class R>
  struct Constants {
    R approach, V_infinity, V_th, V_reset, refractory_steps;  // without conductances
    R leak, leak_current, step_per_capacitance;               // with conductances
    PLASTICA_FN constexpr auto tie() { return std::tie(approach, V_infinity, V_th, V_reset, refractory_steps, leak, leak_current, step_per_capacitance); }
  };

  // The constant that is the threshold, which moves more often than others. It is this parameter as it stands, on which no other constant depends.
  static constexpr std::size_t threshold = 2;
  static constexpr auto threshold_parameter = &Parameters::V_th;

  static constexpr bool fused = true;

  static State<double> initial(const Parameters& p) { return {p.E_L, 0}; }

  static Constants<double> derive(const Parameters& p, double h) {
    const double leak = p.C_m / p.tau_m;
    return {-math::expm1(-h / p.tau_m), p.E_L + p.I_e / leak, p.V_th, p.V_reset, std::floor(p.t_ref / h + 0.5), leak, leak * p.E_L + p.I_e, h / p.C_m};
  }

  static std::string_view conflict(const Parameters& p) { return p.V_reset < p.V_th ? "" : "V_reset must be below V_th"; }

  template <class R, bool Conductances>
  PLASTICA_FN static auto step(State<R>& s, const Constants<R>& c, const Input<R>& in) {
    R V;
    if constexpr (Conductances) {
      const R total = c.leak + in.conductance;
      const R away = c.leak_current + in.current + in.reversal - total * s.V;
      V = s.V + away * c.step_per_capacitance * math::mean_decay(total * c.step_per_capacitance);
    } else {
      V = s.V + (c.approach * (c.V_infinity - s.V) + in.current);
    }
    V = s.refractory > 0 ? c.V_reset : V;
    const auto quiet = V < c.V_th;  // false for NaN too: a neuron that blew up is looked at as if it had spiked
    s.V = V >= c.V_th ? c.V_reset : V;
    const R left = s.refractory > 0 ? s.refractory - 1 : 0;
    s.refractory = quiet ? left : c.refractory_steps;
    return !quiet;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
