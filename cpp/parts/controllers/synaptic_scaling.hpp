#pragma once
#include <cmath>

#include "parts/controllers/controller.hpp"

namespace plastica::inline PLASTICA_ISA {

struct SynapticScaling : ControllerDefaults {
  static constexpr Text text{
      "SynapticScaling",
      "Multiplies all that arrives at a receptor by a factor of the neuron's own, which moves until the neuron fires at its target rate; weights stay what "
      "they "
      "are, and so do their ratios.",
      "dfactor/dt = beta factor (target_rate - rate) + gamma factor integral;  dintegral/dt = target_rate - rate;  rate: an exponential trace of spikes;  "
      "at a bound that the factor presses against, the integral stands still",
      "van Rossum, Bi and Turrigiano (2000), J Neurosci 20:8812, doi:10.1523/JNEUROSCI.20-23-08812.2000"};

  struct Parameters {
    double target_rate, tau, beta, gamma, sensor, low, high, interval;
  };
  static constexpr std::array parameters{target_rate_of<Parameters>(5.0),
                                         sensor_tau_of<Parameters>(1e5),
                                         Parameter<Parameters>{&Parameters::beta, {"beta", 4e-5, "1/(s Hz)", at_least(0), "proportional gain"}},
                                         Parameter<Parameters>{&Parameters::gamma, {"gamma", 1e-7, "1/(s^2 Hz)", at_least(0), "integral gain"}},
                                         sensor_of<Parameters>(),
                                         Parameter<Parameters>{&Parameters::low, {"low", 0.1, unit::none, at_least(0), "the least factor"}},
                                         Parameter<Parameters>{&Parameters::high, {"high", 10.0, unit::none, above(0), "the greatest factor"}},
                                         interval_of<Parameters>(100.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{rate_state, stands_still({"factor", 1, unit::none, at_least(0), "what arrivals are multiplied by"}),
                                     stands_still({"integral", 0, "Hz s", any(), "integral of target_rate - rate"})};
  struct State {
    double rate, factor, integral;
    constexpr auto tie() { return std::tie(rate, factor, integral); }
  };
  static Act act(const Parameters& /*p*/) { return Act::multiply; }

  static std::string_view conflict(const Parameters& p) { return p.low < p.high ? "" : "low must be below high"; }
  static Sensor sensor(const Parameters& p) { return rate_sensor(p.tau); }
  static State initial(const Parameters& p) { return {p.target_rate, within(1, p.low, p.high), 0}; }

  // Exact over an interval with a constant rate, in which the logarithm of the factor is a parabola.
  static void tick(const Parameters& p, double rate, double seconds, State& s) {
    const double error = p.target_rate - rate;
    const double slope = p.beta * error + p.gamma * s.integral, bend = p.gamma * error / 2;
    const double factor = s.factor * math::exp(seconds * (slope + bend * seconds));
    const bool pressed = (factor >= p.high && error > 0) || (factor <= p.low && error < 0);
    const double bound = error > 0 ? p.high : p.low, sign = error > 0 ? 1 : -1;
    s.integral += error * (pressed ? std::min(seconds, reached(sign * math::log(bound / s.factor), sign * slope, sign * bend)) : seconds);
    s.factor = within(factor, p.low, p.high);
  }
  // When the parabola reaches a bound in its way: the later root of bend t^2 + slope t = way, where only slope may be negative.
  static double reached(double way, double slope, double bend) {
    const double root = std::sqrt(slope * slope + 4 * bend * way);
    if (slope >= 0) return slope + root > 0 ? 2 * way / (slope + root) : 0;
    return (root - slope) / (2 * bend);
  }
  static double effect(const Parameters& /*p*/, const State& s) { return s.factor; }
};

}  // namespace plastica::inline PLASTICA_ISA
