#pragma once
#include "parts/controllers/controller.hpp"

namespace plastica::inline PLASTICA_ISA {

struct SpikeTriggeredThreshold : ControllerDefaults {
  static constexpr Text text{"SpikeTriggeredThreshold",
                             "Raises a parameter of the neuron, its threshold by default, a little at each of its spikes; the rise fades slowly.",
                             "at a spike theta += amount;  tau dtheta/dt = -theta;  parameter = its value + theta, as of the last interval",
                             "Diehl and Cook (2015), Front Comput Neurosci 9:99, doi:10.3389/fncom.2015.00099"};

  struct Parameters {
    double amount, tau, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::amount,
                            fixed({"amount", 0.05, "unit", any(), "what a spike adds, in the parameter's unit; the same for all neurons"})},
      Parameter<Parameters>{&Parameters::tau, fixed({"tau", 1e7, unit::ms, above(0), "time constant with which it fades"})}, interval_of<Parameters>(10.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{stands_still({"theta", 0, "unit", any(), "what has been added"})};
  struct State {
    double theta;
    constexpr auto tie() { return std::tie(theta); }
  };
  static Act act(const Parameters& /*p*/) { return Act::add; }
  static Sensor sensor(const Parameters& p) { return {p.tau, p.amount}; }
  static State initial(const Parameters& /*p*/) { return {0}; }
  static void tick(const Parameters& /*p*/, double /*theta*/, double /*seconds*/, State& /*s*/) {}
  static double effect(const Parameters& /*p*/, const State& s) { return s.theta; }
};

}  // namespace plastica::inline PLASTICA_ISA
