// Rules of axons, whose variables all synapses of a row share, and the traces of rows.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void advance_axons(const Network<R>& net, const PlasticSet<R>& set, R* words, std::int32_t steps);

template <class R>
R release_axons(const Network<R>& net, const PlasticSet<R>& set, R* words, std::int32_t steps);

// What an arrival adds to the traces of a row that does not replay.
template <class R>
void mark_traces(const PlasticSet<R>& set, R* words, std::int32_t age);

// The traces of a row so many steps after its last arrival; those before `first` have faded from sight. Whether any is left of the 40 time constants.
template <class R>
bool fade_traces(const PlasticSet<R>& set, R* words, std::int32_t age, int first);

}  // namespace plastica
