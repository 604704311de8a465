// Bringing plastic rows up to date: in sweeps, and before an edit.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// Every row consumes the events up to `done - 2 dendritic`, where all arrivals up to the step `done` have been worked out.
template <class R>
void catch_up(Network<R>& net, std::size_t p, std::size_t share, Step done);

template <class R>
void sweep(Network<R>& net, std::size_t share, std::size_t population, Step done);

// Events up to and including this one may be forgotten, but for one.
template <class R>
std::int32_t needed_history(const Network<R>& net, std::size_t share, std::size_t p, Step stamp);

// Called in the step before `stamp`, when a neuron's ring is full. Sweeping often costs more than a longer ring.
template <class R>
void make_room(Network<R>& net, std::size_t share, std::size_t p, Neuron neuron, Step stamp);

template <class R>
void rebase(Network<R>& net, std::size_t share, Step k);

// Works out, now, the arrivals that have passed the synapse but not yet reached the soma, and keeps the weights they transmit.
template <class R>
void settle_in_flight(Network<R>& net, std::size_t p, std::size_t share);

// Brings every row up to date, before a user changes weights or rules.
template <class R>
void settle(Network<R>& net, std::size_t p);

}  // namespace plastica
