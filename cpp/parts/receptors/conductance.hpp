// Receptors whose arrivals are felt as a conductance.
#pragma once
#include "parts/receptors/receptor.hpp"

namespace plastica::inline PLASTICA_ISA {

struct ConductanceExp {
  static constexpr Text text{"ConductanceExp", "Exponentially decaying conductance; an arrival of weight w raises it by w.",
                             "tau dg/dt = -g;  at an arrival g += w;  I = g (E_rev - V)", ""};
  static constexpr Effect effect = Effect::conductance;
  static constexpr std::string_view weight_unit = unit::nS;
  static constexpr bool fused = true;
  struct Parameters {
    double tau, E_rev;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::tau, {"tau", 5.0, unit::ms, above(0), "time constant of decay"}},
                                         Parameter<Parameters>{&Parameters::E_rev, {"E_rev", 0.0, unit::mV, any(), "reversal potential"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{goes_on({"g", 0, unit::nS, at_least(0), "conductance"})};
  template <class R>
  struct State {
    R g;
    PLASTICA_FN constexpr auto tie() { return std::tie(g); }
  };
  template <class R>
  using Constants = OneStageConstants<R>;
  static Constants<double> derive(const Parameters& p, double h, const Response& response) {
    return {math::exp(-h / p.tau), response.decaying(p.tau), p.E_rev};
  }
  template <class R>
  PLASTICA_FN static R step(State<R>& s, const Constants<R>& c, R arrivals, R /*V*/) {
    s.g += arrivals;
    const R out = s.g * c.response;
    s.g *= c.decay;
    return out;
  }
};

// Shared by the receptors with a rising phase; they differ in their parameters alone, but for NMDA.
struct TwoStageConductance {
  static constexpr Effect effect = Effect::conductance;
  static constexpr std::string_view weight_unit = unit::nS;
  static constexpr std::array states{goes_on({"g", 0, unit::nS, at_least(0), "conductance"}), goes_on({"rise", 0, "nS/ms", at_least(0), "rising variable"})};
  template <class R>
  using State = TwoStageState<R>;
  template <class R>
  using Constants = TwoStageConstants<R>;
  template <class R>
  PLASTICA_FN static R step(State<R>& s, const Constants<R>& c, R arrivals, R /*V*/) {
    return two_stage_step(s, c, arrivals);
  }
};

struct ConductanceAlpha : TwoStageConductance {
  using Arithmetic = TwoStageConductance;
  static constexpr Text text{"ConductanceAlpha", "Alpha-shaped conductance whose peak, at tau after the arrival, is the weight w.",
                             "g(t) = w (t / tau) exp(1 - t / tau);  I = g (E_rev - V)", ""};
  struct Parameters {
    double tau, E_rev;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::tau, {"tau", 2.0, unit::ms, above(0), "time to the peak"}},
                                         Parameter<Parameters>{&Parameters::E_rev, {"E_rev", 0.0, unit::mV, any(), "reversal potential"}}};
  static constexpr auto fields = fields_of(parameters);
  static Constants<double> derive(const Parameters& p, double h, const Response& response) {
    return constants_of(TwoStage::make(p.tau, p.tau, h, response), p.E_rev);
  }
};

struct ConductanceBiExp : TwoStageConductance {
  using Arithmetic = TwoStageConductance;
  static constexpr Text text{"ConductanceBiExp", "Conductance that rises and decays exponentially; its peak is the weight w.",
                             "g(t) = w n (exp(-t / tau_decay) - exp(-t / tau_rise));  I = g (E_rev - V)", ""};
  struct Parameters {
    double tau_rise, tau_decay, E_rev;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::tau_rise, {"tau_rise", 0.5, unit::ms, above(0), "time constant of the rise"}},
                                         Parameter<Parameters>{&Parameters::tau_decay, {"tau_decay", 5.0, unit::ms, above(0), "time constant of the decay"}},
                                         Parameter<Parameters>{&Parameters::E_rev, {"E_rev", 0.0, unit::mV, any(), "reversal potential"}}};
  static constexpr auto fields = fields_of(parameters);
  static Constants<double> derive(const Parameters& p, double h, const Response& response) {
    return constants_of(TwoStage::make(p.tau_rise, p.tau_decay, h, response), p.E_rev);
  }
};

struct NMDA : TwoStageConductance {
  static constexpr Text text{"NMDA", "NMDA conductance with the voltage-dependent block by magnesium.",
                             "g(t) = w n (exp(-t / tau_decay) - exp(-t / tau_rise));  I = g (E_rev - V) / (1 + Mg / 3.57 exp(-0.062 V))",
                             "Jahr and Stevens (1990), J Neurosci 10:3178, doi:10.1523/JNEUROSCI.10-09-03178.1990"};
  struct Parameters {
    double tau_rise, tau_decay, E_rev, Mg;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::tau_rise, {"tau_rise", 2.0, unit::ms, above(0), "time constant of the rise"}},
                                         Parameter<Parameters>{&Parameters::tau_decay, {"tau_decay", 100.0, unit::ms, above(0), "time constant of the decay"}},
                                         Parameter<Parameters>{&Parameters::E_rev, {"E_rev", 0.0, unit::mV, any(), "reversal potential"}},
                                         Parameter<Parameters>{&Parameters::Mg, {"Mg", 1.0, unit::mM, at_least(0), "extracellular magnesium"}}};
  static constexpr auto fields = fields_of(parameters);
  template <class R>
  struct Constants {
    TwoStageConstants<R> kinetics;
    R E_rev, block;
    PLASTICA_FN constexpr auto tie() { return std::tuple_cat(kinetics.tie(), std::tie(E_rev, block)); }
  };
  static Constants<double> derive(const Parameters& p, double h, const Response& response) {
    return {constants_of(TwoStage::make(p.tau_rise, p.tau_decay, h, response), p.E_rev), p.E_rev, p.Mg / 3.57};
  }
  template <class R>
  PLASTICA_FN static R step(State<R>& s, const Constants<R>& c, R arrivals, R V) {
    const R unblocked = 1 / (1 + c.block * math::exp(math::Number<R>(-0.062) * V));
    return two_stage_step(s, c.kinetics, arrivals) * unblocked;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
