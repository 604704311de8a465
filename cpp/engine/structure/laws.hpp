// Laws of structure: putting them in force, reading and setting them.
#pragma once
#include "engine/network.hpp"
#include "schema/operations.hpp"

namespace plastica {

// Of a law, or of the elements that it has.
template <class Operations>
void check_law(const Operations& operations, const std::vector<double>& parameters) {
  const std::string_view name = operations.schema.text.name;
  for (std::size_t i = 0; i < parameters.size(); ++i) check_magnitudes(name, operations.schema.parameters[i], {&parameters[i], 1});
  if (const auto conflict = operations.conflict(parameters.data()); !conflict.empty()) throw Error(std::string(name) + ": " + std::string(conflict));
}

inline std::size_t parameter_index(const Schema& schema, std::string_view name) {
  return static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data());
}

// Whether synapses that a law forms can be those of a projection.
template <class R>
void check_formed(const Network<R>& net, const Rewiring& rewiring, const Projection<R>& projection);

// What a file holds of one.
template <class R>
void archive_rewiring(Network<R>& net, Archive& a, std::size_t r);

}  // namespace plastica
