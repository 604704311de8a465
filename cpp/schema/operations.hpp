// What the engine needs of a part besides its schema, with the part's type erased: used once per neuron or projection when
// parameters change, never in a loop over steps. A function may carry what it needs to know, so that a part need not be a type.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "schema/schema.hpp"
#include "schema/terms.hpp"

namespace plastica {

struct MembraneOperations {
  Schema schema;
  std::size_t constants;
  std::size_t threshold;  // the constant that is the threshold; `constants` where none is marked
  std::size_t threshold_parameter;  // the parameter that it equals, and on which nothing else depends
  bool exact;             // currents alone are propagated exactly
  bool conductances;      // takes receptors that are conductances
  bool has_potential;     // its first state is a membrane potential, and currents move it
  std::string_view receptor;  // the part that its only receptor is, where the model brings one with it; empty: receptors are given
  std::function<void(const double* parameters, double h, double* constants)> derive;
  std::function<void(const double* parameters, double* state)> initial;
  std::function<std::string_view(const double* parameters)> conflict;
  std::function<std::unique_ptr<MembraneResponse>(const double* parameters, double h)> exact_response;
  std::function<bool(const double* parameters, const double* others)> same_response;
};

struct ReceptorOperations {
  Schema schema;
  std::size_t constants;
  bool jump, conductance;
  std::string_view weight_unit;
  std::function<void(const double* parameters, double h, const MembraneResponse& response, double* constants)> derive;
};

struct VariantTraits {
  int pre, post, variables, neurons, levels, integrals;
  bool axon, separable, weighted, evolves, everywhere, compares, owns, reads_y_at_post, random, transmits, ticks, voltage;
  std::vector<Field> states;  // its variables, then those of neurons; their text belongs to the schema
};

struct RuleOperations {
  Schema schema;
  std::function<std::size_t(const double* parameters)> variant;
  std::vector<VariantTraits> variants;
  // `samples`: what the rule was given besides numbers.
  std::function<RuleNeeds(const double* parameters, std::span<const double> samples, double dt)> needs;
  std::function<std::string_view(const double* parameters)> conflict;
  // The variables of a new synapse of weight w, then those of a neuron.
  std::function<void(const double* parameters, double w, double* own)> initial;
  // The variables of a synapse whose weight was set to w; null if they do not depend on it.
  std::function<void(const double* parameters, double w, double* own)> adopt;
  // The weight of a synapse whose variables were set; null if it does not depend on them.
  std::function<double(const double* parameters, double w, const double* own)> express;
  // Writes the constants of the kernel in the precision of the network; room for max_constants numbers.
  std::function<void(const double* parameters, double dt, float* constants)> derive_float;
  std::function<void(const double* parameters, double dt, double* constants)> derive_double;
};

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

struct ControllerOperations {
  Schema schema;
  std::string_view targets;  // what it acts on: some of "population|projection|drive|controller"
  Senses senses;
  std::function<Act(const double* parameters)> act;
  std::function<std::string_view(const double* parameters)> conflict;
  // Of controllers that have variables; null where they do not.
  std::function<Sensor(const double* parameters)> sensor;       // of spikes
  std::function<bool(const double* parameters)> of_population;  // neurons go by the mean of their sensors
  std::function<void(const double* parameters, double* state)> initial;
  std::function<void(const ControllerBlock& block)> tick;
  // Of those that rewrite weights: what a weight's magnitude adds to its neuron's sum, and what follows from the sum of so many weights and from
  // that at the start.
  std::function<bool(const double* parameters)> of_source;
  std::function<double(const double* parameters, double magnitude)> term;
  std::function<WeightChange(const double* parameters, double sum, double at_start, double count)> change;
};

struct LawOperations {
  Schema schema;
  std::string_view elements;  // the kind of synaptic elements that synapses bind; empty: none
  bool forms;                 // new synapses
  std::function<double(const double* parameters)> interval;
  std::function<std::string_view(const double* parameters)> conflict;
  std::function<NewSynapses(const double* parameters)> fresh;
  // Of laws that look at every synapse; null where they do not.
  std::function<void(const double* parameters, std::span<const SynapseView> synapses, double* weights)> revise;
  std::function<bool(const double* parameters)> reads_weight;
  std::function<bool(const double* parameters)> writes_weight;
  std::function<bool(const double* parameters)> draws;
  std::function<bool(const double* parameters)> replaces;
  // Of laws that give every target so many new synapses; null otherwise.
  std::function<double(const double* parameters, double seconds)> attempts;
};

// Synaptic elements of one kind, on the neurons of one population.
struct ElementsOperations {
  Schema schema;
  std::function<std::string_view(const double* parameters)> conflict;
  std::function<double(const double* parameters, double calcium)> growth;
};

std::unique_ptr<MembraneResponse> mean_response(double h);

}  // namespace plastica
