// What the rules of a projection need, made when the projection is: traces, tables, variables.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
std::shared_ptr<const Decay<R>> decay_table(Network<R>& net, const TraceSpec& spec);

template <class R>
void make_plastic(Network<R>& net, std::size_t id);

// The traces of the history that a rule reads, and a trace that is kept up at every step: rules of the same that began at the same step share them.
template <class R>
void use_traces(Network<R>& net, std::size_t id, RuleSlot<R>& slot);
template <class R>
std::size_t use_dense(Network<R>& net, std::size_t id, const TraceSpec& spec);

// How far back in the dendrites of a projection's targets its rows look. Edits may bring a longer delay than any before, whose synapses see spikes that
// are in the dendrite already; where that is not longer than foreseen here, the history has kept them all.
template <class R>
std::uint32_t reach_of(const Network<R>& net, const Projection<R>& projection);

// Rows will look further back than any before. Threads have kept what they had room for beyond what was needed: from here on all have the same.
template <class R>
void lengthen_reach(Network<R>& net, std::size_t population, std::uint32_t reach);

// The thread's neurons that spiked in the last step of the last run, whose spikes are stamped with the present one.
template <class R>
std::vector<Neuron> newest_spikes(const Network<R>& net, std::size_t share, std::size_t population);

// A row whose synapses have seen nothing yet.
template <class R>
void begin_row(Network<R>& net, std::size_t id, std::size_t share, RowPosition at);

}  // namespace plastica
