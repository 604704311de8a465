// What parts say of themselves in the engine's terms, besides their schema.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schema/field.hpp"

namespace plastica {

// How a receptor's input weighs on the membrane over one step; defined by the parts.
struct MembraneResponse {
  virtual ~MembraneResponse() = default;
  virtual double constant() const = 0;
  virtual double decaying(double tau) const = 0;
  virtual double ramping(double tau) const = 0;
};

// A trace of events: what one event adds, and how it fades.
enum class Pairing {
  all,         // x += 1
  nearest,     // x = 1
  suppressed,  // x += 1 - exp(-(time since the last event)/tau_suppression)
};
struct TraceSpec {
  double tau;
  Pairing pairing = Pairing::all;
  double tau_suppression = 0;
  std::vector<double> window = {};  // instead of exp(-t/tau): the value 0, 1, 2, ... steps after the event, then 0; nearest only
  friend bool operator==(const TraceSpec&, const TraceSpec&) = default;
};

// A modulator over the time between events: the integral of level(t) exp(-t/tau).
struct IntegralSpec {
  int modulator;
  double tau;
  friend bool operator==(const IntegralSpec&, const IntegralSpec&) = default;
};

// What the engine keeps for a rule, given its parameters. Lists are as long as the variant says.
struct RuleNeeds {
  std::vector<TraceSpec> pre = {}, post = {};
  std::vector<int> levels = {};  // modulators
  std::vector<IntegralSpec> integrals = {};
  double w_max = -1;    // the bound of the weight's magnitude: infinity if there is none; negative: as the other rules say
  double w_min = 0;     // no weight may be set below it
  double lag = 0;       // ms from a presynaptic arrival to its event of plasticity
  double interval = 0;  // ms between ticks
  // For a rule that reads the membrane potential V: time constants of two filters of V, and of the mean of (V - V_mean)^2; they are fed
  // the potential of so many ms ago.
  double tau_low = 0, tau_high = 0, tau_mean = 0, V_mean = 0, V_delay = 0;
  friend bool operator==(const RuleNeeds&, const RuleNeeds&) = default;
};

inline constexpr std::size_t max_constants = 48;

// What a controller goes by: the spikes of each of its neurons; the level of a modulator; or the weights themselves, which it rewrites.
enum class Senses { spikes, level, weights };

// A trace with this time constant (ms), which rises by so much at each spike of a neuron.
struct Sensor {
  double tau, amount;
};

// What a controller does: it contributes a factor or an addend to a parameter, or sets a variable that a rule keeps for each neuron.
enum class Act { multiply, add, set };

// What happens to the magnitude of every weight that belongs to a neuron.
struct WeightChange {
  double factor = 1, addend = 0;
};

// What a law of structure goes by where it looks at every synapse: the weight's magnitude, and times in ms.
struct SynapseView {
  double weight, age, unused;
  double seconds;  // since the last update
  std::array<std::uint32_t, 4> random;
};
// Instead of the weight with which a synapse goes on.
inline constexpr double goes_away = -1;

enum class Partners { uniform, distance, activity };

// The synapses that a law forms.
struct NewSynapses {
  double weight = 0, delay = 0, width = 1, speed = infinity, most = infinity, max_in_degree = infinity;
  Partners partners = Partners::uniform;
  bool autapses = false, multapses = true;
};

}  // namespace plastica
