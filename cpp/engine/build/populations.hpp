// Neurons with membranes: making them, and the constants that follow from their parameters.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// The declaration of what the neurons are: a source or a membrane.
template <class R>
const Schema& schema_of(const Population<R>& population) {
  return population.source ? population.source->part->schema : population.model->schema;
}

template <class R>
struct MembraneConstants {
  std::vector<Column<R>> columns;
  Differs differs;
};

std::vector<ParameterColumn> resolve(const Schema& schema, const Parameters& given, std::size_t size);

// The constants of the membrane, one value each or one per neuron; only those that differ between neurons count as doing so.
template <class R>
MembraneConstants<R> membrane_constants(const Network<R>& net, const Population<R>& population);

// Whether each neuron's membrane responds to its input as it did with other parameters.
template <class R>
bool same_responses(const Population<R>& population, const std::vector<ParameterColumn>& before);

template <class R>
void derive(Network<R>& net, Population<R>& population);

template <class R>
void take_constants(const Network<R>& net, Population<R>& population, MembraneConstants<R> constants);

}  // namespace plastica
