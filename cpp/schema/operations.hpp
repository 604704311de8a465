// What the engine needs of a part besides its schema, with the part's type erased: used once per neuron or projection when
// parameters change, never in a loop over steps.
#pragma once
#include <cstddef>
#include <memory>
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
  bool exact;  // currents alone are propagated exactly
  void (*derive)(const double* parameters, double h, double* constants);
  void (*initial)(const double* parameters, double* state);
  std::string_view (*conflict)(const double* parameters);
  std::unique_ptr<MembraneResponse> (*exact_response)(const double* parameters, double h);
};

struct ReceptorOperations {
  Schema schema;
  std::size_t constants;
  bool jump, conductance;
  std::string_view weight_unit;
  void (*derive)(const double* parameters, double h, const MembraneResponse& response, double* constants);
};

struct RuleTraces {
  double tau_pre, tau_post;
  bool nearest_pre, nearest_post;
};

struct RuleOperations {
  Schema schema;
  std::size_t (*variant)(const double* parameters);
  int (*variables)(const double* parameters);
  RuleTraces (*traces)(const double* parameters);
  double (*w_max)(const double* parameters);
  // Writes the constants of the kernel in the precision of the network; room for 16 numbers.
  void (*derive_float)(const double* parameters, bool frozen, float* constants);
  void (*derive_double)(const double* parameters, bool frozen, double* constants);
};

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
