#pragma once
#include "parts/controllers/controller.hpp"

namespace plastica::inline PLASTICA_ISA {

struct IntrinsicExcitability : ControllerDefaults {
  static constexpr Text text{
      "IntrinsicExcitability",
      "Moves a parameter of each neuron until it fires at its target rate: a threshold with eta above 0, a bias or a resting potential with eta "
      "below 0, an adaptation with eta above 0.",
      "addend: d(change)/dt = eta (rate - target_rate), parameter = its value + change;  factor: d(change)/dt = eta (rate - target_rate) "
      "change, parameter = its value * change;  rate: an exponential trace of spikes",
      "Desai, Rutherford and Turrigiano (1999), Nat Neurosci 2:515, doi:10.1038/9165; Lazar, Pipa and Triesch (2009), Front Comput Neurosci "
      "3:23, doi:10.3389/neuro.10.023.2009"};

  struct Parameters {
    double target_rate, tau, eta, mode, sensor, low, high, interval;
  };
  static constexpr std::array parameters{
      target_rate_of<Parameters>(5.0),
      sensor_tau_of<Parameters>(1e4),
      Parameter<Parameters>{&Parameters::eta, {"eta", 0.01, "unit/(s Hz)", any(), "speed, in the parameter's unit for an addend, in 1 for a factor"}},
      Parameter<Parameters>{&Parameters::mode, choice("mode", "addend|factor", "what the change is to the parameter")},
      sensor_of<Parameters>(),
      Parameter<Parameters>{&Parameters::low, {"low", -infinity, "unit", {.high = infinity, .high_open = true}, "the least change"}},
      Parameter<Parameters>{&Parameters::high, {"high", infinity, "unit", {.low = -infinity, .low_open = true}, "the greatest change"}},
      interval_of<Parameters>(100.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{rate_state, stands_still({"change", 0, "unit", any(), "the addend, which starts at 0, or the factor, which starts at 1"})};
  struct State {
    double rate, change;
    constexpr auto tie() { return std::tie(rate, change); }
  };
  static Act act(const Parameters& p) { return p.mode == 1 ? Act::multiply : Act::add; }

  static std::string_view conflict(const Parameters& p) {
    if (p.mode == 1 && p.low < 0 && p.low > -infinity) return "low of a factor must be at least 0";
    return p.low < p.high ? "" : "low must be below high";
  }
  static Sensor sensor(const Parameters& p) { return rate_sensor(p.tau); }
  static State initial(const Parameters& p) { return {p.target_rate, within(p.mode, p.low, p.high)}; }
  static void tick(const Parameters& p, double rate, double seconds, State& s) {
    const double step = p.eta * (rate - p.target_rate) * seconds;
    s.change = within(p.mode == 1 ? s.change * math::exp(step) : s.change + step, p.low, p.high);
  }
  static double effect(const Parameters& /*p*/, const State& s) { return s.change; }
};

}  // namespace plastica::inline PLASTICA_ISA
