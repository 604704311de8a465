// Making recorders, and reading what they hold. Every share appends what its own neurons and synapses do; reading merges.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void sample_controller(const Network<R>& net, Recorder<R>& recorder, Step k);

template <class R>
std::vector<char> membership(const Network<R>& net, std::size_t p, const Ids& ids);

template <class R>
void sample_elements(Network<R>& net, Recorder<R>& recorder, Step k);

}  // namespace plastica
