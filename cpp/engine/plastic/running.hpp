// The walk by running sums: what rows need of them, and what enters them at each step.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// The same for running sums, each of one projection; then the events of this step enter them.
template <class R>
void begin_running_epochs(Network<R>& net, std::size_t share, std::size_t population, Step stamp);

// What the kernels of running sums need of a row at the step `now`.
template <class R>
RunningRow<R> running_row(const Network<R>& net, std::size_t p, std::size_t share, RowPosition at, std::int32_t now);

template <class R>
RunningInput<R> running_input(const Network<R>& net, std::size_t p, std::size_t share);

// The spikes of one step, stamped with the next, enter the running sums with the factors that the rules give them. The history has them already.
template <class R>
void push_factors(Network<R>& net, std::size_t share, std::size_t population, const std::vector<Neuron>& fired, Step stamp);

// Likewise every neuron whose membrane potential is high; then the filters move on.
template <class R>
void push_gates(Network<R>& net, std::size_t share, std::size_t population, Step stamp);

// What is stamped with the present step has its factors from the rules as they were. It has yet to act: with the rules as they are.
template <class R>
void announce_again(Network<R>& net, std::size_t p);

// The potential of some neurons (none listed: of all) was set: rules that watch it see what it is now, not what it was.
template <class R>
void watch_again(Network<R>& net, std::size_t population, const std::vector<char>& member);

}  // namespace plastica
