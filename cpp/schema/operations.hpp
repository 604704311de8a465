// What the engine needs of a part besides its schema, with the part's type erased: used once per neuron or projection when
// parameters change, never in a loop over steps.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.hpp"

namespace plastica {

// How a receptor's input weighs on the membrane over one step; defined by the parts.
struct MembraneResponse {
  virtual ~MembraneResponse() = default;
  virtual double constant() const = 0;
  virtual double decaying(double tau) const = 0;
  virtual double ramping(double tau) const = 0;
};

struct MembraneOperations {
  Schema schema;
  std::size_t constants;
  std::size_t threshold;  // the constant that is the threshold; `constants` where none is marked
  std::size_t threshold_parameter;  // the parameter that it equals, and on which nothing else depends
  bool exact;             // currents alone are propagated exactly
  bool conductances;      // takes receptors that are conductances
  void (*derive)(const double* parameters, double h, double* constants);
  void (*initial)(const double* parameters, double* state);
  std::string_view (*conflict)(const double* parameters);
  std::unique_ptr<MembraneResponse> (*exact_response)(const double* parameters, double h);
  bool (*same_response)(const double* parameters, const double* others);
};

struct ReceptorOperations {
  Schema schema;
  std::size_t constants;
  bool jump, conductance;
  std::string_view weight_unit;
  void (*derive)(const double* parameters, double h, const MembraneResponse& response, double* constants);
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

struct VariantTraits {
  int pre, post, variables, neurons, levels, integrals;
  bool axon, separable, weighted, evolves, everywhere, compares, owns, reads_y_at_post, random, transmits, ticks, voltage;
  std::span<const Field> states;  // its variables, then those of neurons
};

struct RuleOperations {
  Schema schema;
  std::size_t (*variant)(const double* parameters);
  std::vector<VariantTraits> variants;
  // `samples`: what the rule was given besides numbers.
  RuleNeeds (*needs)(const double* parameters, std::span<const double> samples, double dt);
  std::string_view (*conflict)(const double* parameters);
  // The variables of a new synapse of weight w, then those of a neuron.
  void (*initial)(const double* parameters, double w, double* own);
  // The variables of a synapse whose weight was set to w; null if they do not depend on it.
  void (*adopt)(const double* parameters, double w, double* own);
  // The weight of a synapse whose variables were set; null if it does not depend on them.
  double (*express)(const double* parameters, double w, const double* own);
  // Writes the constants of the kernel in the precision of the network; room for max_constants numbers.
  void (*derive_float)(const double* parameters, double dt, float* constants);
  void (*derive_double)(const double* parameters, double dt, double* constants);
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

// One interval of some neurons: columns of the variables of each, the first of which is the sensor's trace, and what comes of them.
struct ControllerBlock {
  const double* const* parameters;      // columns
  const std::size_t* parameter_varies;  // masks of the neuron's index: 0 where one value holds for all
  double* const* state;
  const double* sensed;  // per neuron, or
  double common;         // of all of them, where it is null
  std::size_t count;
  double seconds;
  bool moves;  // or only what follows from the variables as they are
  double* effect;
};

// What happens to the magnitude of every weight that belongs to a neuron.
struct WeightChange {
  double factor = 1, addend = 0;
};

struct ControllerOperations {
  Schema schema;
  Senses senses;
  Act (*act)(const double* parameters);
  std::string_view (*conflict)(const double* parameters);
  // Of controllers that have variables; null where they do not.
  Sensor (*sensor)(const double* parameters);       // of spikes
  bool (*of_population)(const double* parameters);  // neurons go by the mean of their sensors
  void (*initial)(const double* parameters, double* state);
  void (*tick)(const ControllerBlock& block);
  // Of those that rewrite weights: what a weight's magnitude adds to its neuron's sum, and what follows from the sum of so many weights and from
  // that at the start.
  bool (*of_source)(const double* parameters);
  double (*term)(const double* parameters, double magnitude);
  WeightChange (*change)(const double* parameters, double sum, double at_start, double count);
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

struct LawOperations {
  Schema schema;
  bool elements;  // synapses bind synaptic elements
  bool forms;     // new synapses
  double (*interval)(const double* parameters);
  std::string_view (*conflict)(const double* parameters);
  NewSynapses (*fresh)(const double* parameters);
  // Of laws that look at every synapse; null where they do not.
  void (*revise)(const double* parameters, std::span<const SynapseView> synapses, double* weights);
  bool (*reads_weight)(const double* parameters);
  bool (*writes_weight)(const double* parameters);
  bool (*draws)(const double* parameters);
  bool (*replaces)(const double* parameters);
  // Of laws that give every target so many new synapses; null otherwise.
  double (*attempts)(const double* parameters, double seconds);
};

// Synaptic elements of one kind, on the neurons of one population.
struct ElementsOperations {
  Schema schema;
  std::string_view (*conflict)(const double* parameters);
  double (*growth)(const double* parameters, double calcium);
};

const std::vector<LawOperations>& laws();
const std::vector<ElementsOperations>& elements();
const std::vector<ControllerOperations>& controllers();
const std::vector<MembraneOperations>& membranes();
const std::vector<ReceptorOperations>& receptors();
const std::vector<RuleOperations>& rules();
std::unique_ptr<MembraneResponse> mean_response(double h);

// Where a list has the part of a name. Throws UnknownName.
template <class Operations>
std::size_t find_part(const std::vector<Operations>& list, std::string_view name, std::string_view kind) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].schema.text.name == name) return i;
    names.emplace_back(list[i].schema.text.name);
  }
  throw UnknownName("there is no " + std::string(kind) + " '" + std::string(name) + "'; " + suggestion(name, names));
}

}  // namespace plastica
