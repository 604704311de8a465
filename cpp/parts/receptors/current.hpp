// Receptors whose arrivals are felt as a current or a jump of the potential.
#pragma once
#include "parts/receptors/receptor.hpp"

namespace plastica::inline PLASTICA_ISA {

struct CurrentDelta {
  static constexpr Text text{"CurrentDelta", "An arrival of weight w raises V by w at once; lost while the neuron is refractory.", "V += w", ""};
  static constexpr Effect effect = Effect::jump;
  static constexpr std::string_view weight_unit = unit::mV;
  static constexpr bool fused = true;
  struct Parameters {};
  static constexpr std::array<Parameter<Parameters>, 0> parameters{};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array<Field, 0> states{};
  template <class R>
  struct State {
    PLASTICA_FN constexpr auto tie() { return std::tuple<>{}; }
  };
  template <class R>
  struct Constants {
    R E_rev;
    PLASTICA_FN constexpr auto tie() { return std::tie(E_rev); }
  };
  static Constants<double> derive(const Parameters& /*p*/, double /*h*/, const Response& /*response*/) { return {0}; }
  template <class R>
  PLASTICA_FN static R step(State<R>& /*s*/, const Constants<R>& /*c*/, R arrivals, R /*V*/) {
    return arrivals;
  }
};

struct CurrentExp {
  static constexpr Text text{"CurrentExp", "Exponentially decaying current; an arrival of weight w raises it by w.", "tau dI/dt = -I;  at an arrival I += w",
                             ""};
  static constexpr Effect effect = Effect::current;
  static constexpr std::string_view weight_unit = unit::pA;
  static constexpr bool fused = true;
  struct Parameters {
    double tau;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::tau, {"tau", 5.0, unit::ms, above(0), "time constant of decay"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{goes_on({"I", 0, unit::pA, any(), "current"})};
  template <class R>
  struct State {
    R I;
    PLASTICA_FN constexpr auto tie() { return std::tie(I); }
  };
  template <class R>
  using Constants = OneStageConstants<R>;
  static Constants<double> derive(const Parameters& p, double h, const Response& response) { return {math::exp(-h / p.tau), response.decaying(p.tau), 0}; }
  template <class R>
  PLASTICA_FN static R step(State<R>& s, const Constants<R>& c, R arrivals, R /*V*/) {
    s.I += arrivals;
    const R out = s.I * c.response;
    s.I *= c.decay;
    return out;
  }
};

struct CurrentAlpha {
  static constexpr Text text{"CurrentAlpha", "Alpha-shaped current whose peak, at tau after the arrival, is the weight w.",
                             "I(t) = w (t / tau) exp(1 - t / tau)", "Rotter and Diesmann (1999), Biol Cybern 81:381"};
  static constexpr Effect effect = Effect::current;
  static constexpr std::string_view weight_unit = unit::pA;
  struct Parameters {
    double tau;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::tau, {"tau", 2.0, unit::ms, above(0), "time to the peak"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{goes_on({"I", 0, unit::pA, any(), "current"}), goes_on({"rise", 0, "pA/ms", any(), "rising variable"})};
  template <class R>
  using State = TwoStageState<R>;
  template <class R>
  using Constants = TwoStageConstants<R>;
  static Constants<double> derive(const Parameters& p, double h, const Response& response) {
    return constants_of(TwoStage::make(p.tau, p.tau, h, response), 0);
  }
  template <class R>
  PLASTICA_FN static R step(State<R>& s, const Constants<R>& c, R arrivals, R /*V*/) {
    return two_stage_step(s, c, arrivals);
  }
};

}  // namespace plastica::inline PLASTICA_ISA
