#pragma once
#include "parts/controllers/controller.hpp"

namespace plastica::inline PLASTICA_ISA {

struct HomeostaticFactor : ControllerDefaults {
  static constexpr Text text{
      "HomeostaticFactor",
      "The slow one of two factors of a synaptic strength: it multiplies all that arrives at a receptor, beside the weights, which a Hebbian rule "
      "may change much faster.",
      "tau_factor dh/dt = f(factor target_rate / rate) - h;  factor = max(low, h), at most high;  f(z) = 1 + tanh(z - 1) if z > 1.05, else 0, "
      "or with form=\"plain\" f(z) = z, at most high",
      "Toyoizumi, Kaneko, Stryker and Miller (2014), Neuron 84:497, doi:10.1016/j.neuron.2014.09.036"};

  struct Parameters {
    double target_rate, tau, tau_factor, form, sensor, low, high, interval;
  };
  static constexpr std::array parameters{
      target_rate_of<Parameters>(5.0),
      sensor_tau_of<Parameters>(1e5),
      Parameter<Parameters>{&Parameters::tau_factor, {"tau_factor", 3.456e8, unit::ms, above(0), "time constant of the factor; 4 days, as published"}},
      Parameter<Parameters>{&Parameters::form, choice("form", "threshold|plain", "f: 0 unless activity is too low, as published; or proportional")},
      sensor_of<Parameters>(),
      Parameter<Parameters>{&Parameters::low, {"low", 1.0, unit::none, at_least(0), "the least factor"}},
      Parameter<Parameters>{&Parameters::high, {"high", 10.0, unit::none, above(0), "the greatest factor"}},
      interval_of<Parameters>(100.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{rate_state, stands_still({"h", 1, unit::none, any(), "what the factor follows; starts at 1"}),
                                     stands_still({"factor", 1, unit::none, at_least(0), "what arrivals are multiplied by"})};
  struct State {
    double rate, h, factor;
    constexpr auto tie() { return std::tie(rate, h, factor); }
  };
  static Act act(const Parameters& /*p*/) { return Act::multiply; }
  static std::string_view conflict(const Parameters& p) { return p.low < p.high ? "" : "low must be below high"; }
  static Sensor sensor(const Parameters& p) { return rate_sensor(p.tau); }
  static State initial(const Parameters& p) { return {p.target_rate, 1, within(1, p.low, p.high)}; }

  // z is infinite for a silent neuron.
  static double pull(const Parameters& p, double factor, double rate) {
    const double wanted = factor * p.target_rate;
    if (p.form == 1) return wanted < p.high * rate ? wanted / rate : p.high;
    if (!(wanted > 1.05 * rate)) return 0;
    const double falling = wanted < 30 * rate ? math::exp(-2 * (wanted / rate - 1)) : 0;
    return 1 + (1 - falling) / (1 + falling);
  }
  static void tick(const Parameters& p, double rate, double seconds, State& s) {
    const double target = pull(p, s.factor, rate);
    s.h = target + (s.h - target) * math::exp(-1e3 * seconds / p.tau_factor);
    s.factor = within(s.h, p.low, p.high);
  }
  static double effect(const Parameters& /*p*/, const State& s) { return s.factor; }
};

}  // namespace plastica::inline PLASTICA_ISA
