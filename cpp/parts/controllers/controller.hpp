// What a controller is: a slow loop around neurons. It senses the spikes of each of its neurons in a decaying trace, and at its intervals a law
// moves the neuron's own variables, from which follows what it does to a parameter. Everything in double precision.
#pragma once
#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "base/math.hpp"
#include "schema/terms.hpp"

namespace plastica::inline PLASTICA_ISA {

// Parameters that most controllers share.
template <class Parameters>
constexpr Parameter<Parameters> target_rate_of(double rate) {
  return {&Parameters::target_rate, {"target_rate", rate, unit::Hz, at_least(0), "rate that the controller holds"}};
}
template <class Parameters>
constexpr Parameter<Parameters> sensor_tau_of(double tau) {
  return {&Parameters::tau, fixed({"tau", tau, unit::ms, above(0), "time constant of the sensor, an exponential trace of the neuron's spikes"})};
}
template <class Parameters>
constexpr Parameter<Parameters> interval_of(double interval) {
  return {&Parameters::interval, fixed({"interval", interval, unit::ms, above(0), "time between updates, rounded to the grid"})};
}
template <class Parameters>
constexpr Parameter<Parameters> sensor_of() {
  return {&Parameters::sensor, choice("sensor", "cell|population", "whose rate a neuron goes by: its own, or the mean of all that are controlled")};
}

inline constexpr Field rate_state = stands_still({"rate", 0, unit::Hz, at_least(0), "what the sensor says; starts at target_rate"});

// A sensor of the firing rate.
inline Sensor rate_sensor(double tau) { return {tau, 1e3 / tau}; }

struct ControllerDefaults {
  static constexpr Senses senses = Senses::spikes;
  static constexpr std::string_view targets = "population";
  template <class Parameters>
  static std::string_view conflict(const Parameters& /*p*/) {
    return "";
  }
  template <class Parameters>
  static bool of_population(const Parameters& p) {
    if constexpr (requires { p.sensor; })
      return p.sensor == 1;
    else
      return false;
  }
};

inline double within(double x, double low, double high) { return std::clamp(x, low, high); }

}  // namespace plastica::inline PLASTICA_ISA
