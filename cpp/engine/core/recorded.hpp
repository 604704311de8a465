// Reading what recorders hold.
#pragma once
#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
StructureLog structure_log(const Network<R>& net, std::size_t recorder);
template <class R>
std::pair<std::vector<Step>, std::vector<Neuron>> spikes(const Network<R>& net, std::size_t recorder);
// [sample][index]
template <class R>
std::pair<std::vector<Step>, Values> samples(const Network<R>& net, std::size_t recorder);
template <class R>
std::pair<std::vector<Step>, std::vector<std::int64_t>> spike_counts(const Network<R>& net, std::size_t recorder);
template <class R>
void clear_recorder(Network<R>& net, std::size_t recorder);
// Bytes that what it has recorded takes; and, after that has been taken away, everything but a bin that is not complete yet is dropped.
template <class R>
std::size_t recorded_bytes(const Network<R>& net, std::size_t recorder);
template <class R>
void drop_recorded(Network<R>& net, std::size_t recorder);

}  // namespace plastica
