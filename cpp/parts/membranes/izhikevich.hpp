#pragma once
#include "parts/membranes/membrane.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Izhikevich {
  static constexpr Text text{"Izhikevich", "Izhikevich's quadratic neuron with recovery variable; V in two half-steps, then u, as published.",
                             "dV/dt = 0.04 V^2 + 5 V + 140 - u + I_e + I;  du/dt = a (b V - u);  V >= V_peak: spike, V = c, u += d",
                             "Izhikevich (2003), IEEE Trans Neural Netw 14:1569, doi:10.1109/TNN.2003.820440"};

  struct Parameters {
    double a, b, c, d, V_peak, I_e;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::a, {"a", 0.02, unit::per_ms, above(0), "rate of recovery"}},
                                         Parameter<Parameters>{&Parameters::b, {"b", 0.2, unit::per_ms, any(), "sensitivity of recovery to V"}},
                                         Parameter<Parameters>{&Parameters::c, {"c", -65.0, unit::mV, any(), "potential after a spike, below V_peak"}},
                                         Parameter<Parameters>{&Parameters::d, {"d", 8.0, unit::mV_per_ms, any(), "jump of recovery at a spike"}},
                                         Parameter<Parameters>{&Parameters::V_peak, {"V_peak", 30.0, unit::mV, any(), "potential at which a spike is counted"}},
                                         Parameter<Parameters>{&Parameters::I_e, {"I_e", 0.0, unit::mV_per_ms, any(), "constant input"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{goes_on({"V", 0, unit::mV, any(), "membrane potential; starts at c"}),
                                     goes_on({"u", 0, unit::mV_per_ms, any(), "recovery; starts at b V"})};

  static MeanResponse response(const Parameters& /*p*/, double h) { return {h}; }

  template <class R>
  struct State {
    R V, u;
    PLASTICA_FN constexpr auto tie() { return std::tie(V, u); }
  };
  template <class R>
  struct Constants {
    R h, half, a, b, c, d, V_peak, I_e;
    PLASTICA_FN constexpr auto tie() { return std::tie(h, half, a, b, c, d, V_peak, I_e); }
  };

  static State<double> initial(const Parameters& p) { return {p.c, p.b * p.c}; }
  static Constants<double> derive(const Parameters& p, double h) { return {h, h / 2, p.a, p.b, p.c, p.d, p.V_peak, p.I_e}; }
  static std::string_view conflict(const Parameters& p) { return p.c < p.V_peak ? "" : "c must be below V_peak"; }

  template <class R, bool Conductances>
  PLASTICA_FN static R slope(R V, R u, const Constants<R>& c, const Input<R>& in) {
    R sum = (math::Number<R>(0.04) * V + 5) * V + 140 - u + c.I_e + in.current;
    if constexpr (Conductances) sum += in.reversal - in.conductance * V;
    return sum;
  }

  template <class R, bool Conductances>
  PLASTICA_FN static auto step(State<R>& s, const Constants<R>& c, const Input<R>& in) {
    R V = s.V;
    V += c.half * slope<R, Conductances>(V, s.u, c, in);
    V += c.half * slope<R, Conductances>(V, s.u, c, in);
    const R u = s.u + c.h * c.a * (c.b * V - s.u);
    const auto quiet = V < c.V_peak;
    s.V = V >= c.V_peak ? c.c : V;
    s.u = quiet ? u : u + c.d;
    return !quiet;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
