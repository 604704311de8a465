// A parameter on which controllers, modifiers and modulations act.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/specs.hpp"
#include "schema/schema.hpp"

namespace plastica {

struct Contribution {
  std::size_t id;
  std::string source;  // its name
  bool multiply;
  bool active;
  std::vector<double> values;  // one for all, or one per neuron
};
struct Adjusted {
  Owner owner;
  std::size_t target;
  std::string name;
  std::string_view part = {};
  const Field* field = nullptr;
  int receptor = -1;
  std::size_t rule = 0, index = 0;  // of the rule, and of the parameter
  bool gain = false;                // of what arrives at the receptor, or of the projection
  bool spikes = false;              // whether what neurons fire leaves them
  std::vector<double> base = {};    // of a rule's parameter
  std::vector<Contribution> contributions = {};  // in the order their sources were made
};

}  // namespace plastica
