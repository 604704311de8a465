#pragma once
#include "parts/controllers/controller.hpp"

namespace plastica::inline PLASTICA_ISA {

struct SlidingThreshold : ControllerDefaults {
  static constexpr Text text{
      "SlidingThreshold",
      "Metaplasticity: the depression of all synapses onto a neuron grows with a power of the neuron's mean rate, so that the rate at which "
      "potentiation takes over slides along. Acts on a projection with a rule whose depression has a factor per neuron: "
      "TripletSTDP(threshold=\"per neuron\").",
      "ltd_factor = (rate / target_rate)^exponent;  rate: an exponential trace of the target's spikes",
      "Bienenstock, Cooper and Munro (1982), J Neurosci 2:32; Pfister and Gerstner (2006), J Neurosci 26:9673; Zenke, Hennequin and Gerstner "
      "(2013), PLoS Comput Biol 9:e1003330, doi:10.1371/journal.pcbi.1003330"};

  static constexpr std::string_view targets = "projection";

  struct Parameters {
    double target_rate, tau, exponent, low, high, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::target_rate, {"target_rate", 3.0, unit::Hz, above(0), "rate at which depression is what the rule says"}},
      sensor_tau_of<Parameters>(1e4),
      Parameter<Parameters>{&Parameters::exponent, {"exponent", 2.0, unit::none, at_least(0), "exponent"}},
      Parameter<Parameters>{&Parameters::low, {"low", 0.0, unit::none, at_least(0), "the least factor"}},
      Parameter<Parameters>{&Parameters::high, {"high", 100.0, unit::none, above(0), "the greatest factor"}},
      interval_of<Parameters>(10.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{rate_state, stands_still({"factor", 1, unit::none, at_least(0), "ltd_factor of the neuron"})};
  struct State {
    double rate, factor;
    constexpr auto tie() { return std::tie(rate, factor); }
  };
  static Act act(const Parameters& /*p*/) { return Act::set; }
  static std::string_view conflict(const Parameters& p) { return p.low < p.high ? "" : "low must be below high"; }
  static Sensor sensor(const Parameters& p) { return rate_sensor(p.tau); }
  static State initial(const Parameters& p) { return {p.target_rate, within(1, p.low, p.high)}; }
  static void tick(const Parameters& p, double rate, double /*seconds*/, State& s) {
    s.factor = within(math::pow(rate / p.target_rate, p.exponent), p.low, p.high);
  }
  static double effect(const Parameters& /*p*/, const State& s) { return s.factor; }
};

}  // namespace plastica::inline PLASTICA_ISA
