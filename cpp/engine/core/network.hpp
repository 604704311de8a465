// A network as a whole.
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
int threads(const Network<R>& net);
template <class R>
Isa isa(const Network<R>& net);
// The same network at the same moment, in memory of its own.
template <class R>
NetworkPointer<R> copy(const Network<R>& net);

}  // namespace plastica
