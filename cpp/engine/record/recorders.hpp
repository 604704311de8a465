// What all recorders have in common: how they begin, and how they are dealt with.
#pragma once
#include "engine/network.hpp"
#include "engine/record/all.hpp"

namespace plastica {

template <class R>
std::vector<char> membership(const Network<R>& net, std::size_t p, const Ids& ids);

template <class R>
void check_interval(const Network<R>& net, Step interval);

// A recorder of its kind that listens to its target, not yet part of the network.
template <class Special, class R>
std::unique_ptr<Special> new_recorder(const Network<R>& net, std::size_t target, Step interval) {
  check_interval(net, interval);
  auto recorder = std::make_unique<Special>();
  recorder->target = target;
  recorder->interval = interval;
  recorder->created = net.now;
  recorder->listen(net);
  return recorder;
}

// Returns its number.
template <class R>
std::size_t add_recorder(Network<R>& net, std::unique_ptr<Recorder<R>> recorder);

}  // namespace plastica
