// Synapses that come and go, between intervals, in a network that lives.
#pragma once
#include "engine/network.hpp"
#include "network/row_editor.hpp"

namespace plastica {

// Synapses that go and come, by share, sorted.
template <class R>
struct StructuralEdit {
  std::vector<std::vector<typename RowEditor<R>::Place>> gone;
  std::vector<std::vector<typename RowEditor<R>::Fresh>> fresh;
  R sign;  // of the weights, where there are none yet
};

// All threads' shares of an edit. Nothing can fail here but memory.
template <class R>
void edit(Network<R>& net, std::size_t p, StructuralEdit<R>& change);

// Gives every synapse a weight of its own instead of one for all.
template <class R>
void separate_weights(Network<R>& net, std::size_t p);

template <class R>
StructuralEdit<R> no_change(const Network<R>& net, std::size_t p);

// A new synapse in the share of the thread that owns its target; `sort_change` follows.
template <class R>
void plan_synapse(const Network<R>& net, std::size_t p, StructuralEdit<R>& change, Neuron source, Neuron target, std::uint32_t delay, double weight);

template <class R>
void sort_change(StructuralEdit<R>& change);

}  // namespace plastica
