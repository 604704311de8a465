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

// Calls f(place, target) for every synapse of a row.
template <class R, class F>
void for_each_target(const Shard<R>& shard, RowPosition at, F&& f) {
  const std::uint32_t count = shard.head(at).count();
  if (shard.layout.narrow()) {
    const auto* const targets = static_cast<const std::uint16_t*>(shard.targets(at));
    for (std::uint32_t place = 0; place < count; ++place) f(place, std::uint32_t{targets[place]});
  } else {
    const auto* const targets = static_cast<const std::uint32_t*>(shard.targets(at));
    for (std::uint32_t place = 0; place < count; ++place) f(place, targets[place]);
  }
}

}  // namespace plastica
