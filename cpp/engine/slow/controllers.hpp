// Controllers: what they sense, and what they do at their control steps.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// What decides how a controller is built, and so is one value and stays.
bool fixed_in_controller(const Field& field);

template <class R>
void check_controller(const Network<R>& net, const Controller& controller, const std::vector<ParameterColumn>& parameters);

// The rule of the projection that keeps a factor of depression for each target neuron, and which of its neurons' columns that is.
template <class R>
Probe factor_of_depression(const Network<R>& net, const Controller& controller);

// A spike counts as what will be left of it at the next control step. Neurons that spike now are anywhere in a column that has left the cache:
// their spikes are written down one after the other, and added up when there are many.
template <class R>
void sense(const Network<R>& net, Controller& controller, std::size_t share, const std::vector<Neuron>& neurons, Step stamp);

void count_sensed(Controller& controller, std::size_t share);

// What follows from the variables as they are.
template <class R>
void apply_controller(Network<R>& net, Controller& controller);

// What a file holds of one.
template <class R>
void archive_controller(Network<R>& net, Archive& a, std::size_t c);

}  // namespace plastica
