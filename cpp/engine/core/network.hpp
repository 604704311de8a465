// A network as a whole, and time that passes.
#pragma once
#include <memory>

#include "base/cpu.hpp"
#include "engine/specs.hpp"

namespace plastica {

class Catalogue;
template <class R>
struct Network;

template <class R>
struct Destroy {
  void operator()(Network<R>* net) const;
};
template <class R>
using NetworkPointer = std::unique_ptr<Network<R>, Destroy<R>>;

template <class R>
NetworkPointer<R> make_network(const Settings& settings);
// The parts that it can be made of.
template <class R>
Catalogue& catalogue(Network<R>& net);

template <class R>
Step now(const Network<R>& net);
template <class R>
int threads(const Network<R>& net);
template <class R>
Isa isa(const Network<R>& net);
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
// The same network at the same moment, in memory of its own.
template <class R>
NetworkPointer<R> copy(const Network<R>& net);

}  // namespace plastica
