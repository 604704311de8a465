// Time that passes, and what stands still meanwhile.
#pragma once
#include <array>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
Step now(const Network<R>& net);
template <class R>
void run(Network<R>& net, Step steps);
// So many silent steps, and then only slow variables are left to move: a rest moves them through a longer quiet period at once.
template <class R>
Step memory(const Network<R>& net);
template <class R>
void rest(Network<R>& net, Step steps);
template <class R>
void profile(Network<R>& net, bool on);
template <class R>
std::array<double, phase_names.size()> timings(const Network<R>& net);
// Whatever the switches say: no weight learns and no controller moves, until as many calls have said false as have said true. What changes in between,
// and the switches, take effect when the network next runs.
template <class R>
void freeze(Network<R>& net, bool on);
template <class R>
bool frozen(const Network<R>& net);

}  // namespace plastica
