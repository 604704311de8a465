// Synaptic elements: they grow with calcium, and synapses bind them.
#pragma once
#include "engine/network.hpp"

namespace plastica {

void take_parameters(ElementColumns& columns);

// Elements of the axons, or of the dendrites of one projection: bound as they are, and some vacant.
template <class R>
void begin_elements(Network<R>& net, Rewiring& rewiring, const PartSpec& spec, std::size_t population, std::optional<std::size_t> dendritic);

template <class R>
void note_in_elements(const Network<R>& net, Rewiring& rewiring, std::size_t p, const std::vector<Neuron>& neurons, Step stamp);

// Growth is taken at the mean calcium of the interval, which is known exactly from where calcium began, its spikes, and where it ended.
template <class R>
void grow(const Network<R>& net, Rewiring& rewiring, ElementColumns& columns, Step k);

template <class R>
void renew_elements(Network<R>& net, std::size_t p, const std::vector<Neuron>& ids);

// What a file holds of them; `present`: the time that their law knows.
template <class R>
void archive_elements(Network<R>& net, Archive& a, Step present, ElementColumns& columns, std::size_t population);

}  // namespace plastica
