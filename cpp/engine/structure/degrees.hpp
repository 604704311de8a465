// Counting synapses by neuron, and finding those that go.
#pragma once
#include "engine/network.hpp"
#include "engine/structure/edit.hpp"

namespace plastica {

// How many synapses leave each source, and reach each target.
struct Degrees {
  std::vector<std::uint32_t> out, in;
};

template <class R>
Degrees degrees_of(Network<R>& net, std::size_t p);

// Those of a source's synapses that come at these places, ascending, by delay, then target, then as they were made.
template <class R>
void take_from_source(const Network<R>& net, std::size_t p, Neuron source, std::span<const std::uint64_t> places, StructuralEdit<R>& change, Degrees& degrees);

// Of the synapses of one thread's neurons that are not gone already: `wait[target]` more to pass, then the next one goes.
template <class R>
void take_from_targets(const Network<R>& net, std::size_t p, std::size_t share, const std::vector<std::vector<std::uint64_t>>& places,
                       StructuralEdit<R>& change, std::vector<std::uint32_t>& lost);

template <class R>
bool connected(const Network<R>& net, std::size_t p, Neuron source, Neuron target);

}  // namespace plastica
