// What is recorded.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
std::size_t record_spikes(Network<R>& net, std::size_t population, const Ids& ids);
template <class R>
std::size_t record_states(Network<R>& net, std::size_t population, const std::string& name, const Ids& ids, Step interval);
template <class R>
std::size_t record_rate(Network<R>& net, std::size_t population, const Ids& ids, Step interval);
// Of a state of the rules, or of the weights, where there is none.
template <class R>
std::size_t record_synapses(Network<R>& net, std::size_t projection, std::optional<std::size_t> state, std::optional<std::vector<std::int64_t>> indices,
                            Step interval);
template <class R>
std::size_t record_modulator(Network<R>& net, std::size_t modulator, Step interval);
template <class R>
std::size_t record_structure(Network<R>& net, std::size_t projection);
template <class R>
std::size_t record_controller(Network<R>& net, std::size_t controller, const std::string& name, const Ids& ids, Step interval);
template <class R>
std::size_t record_elements(Network<R>& net, std::size_t rewiring, std::size_t column, const std::string& name, Step interval);
template <class R>
StructureLog structure_log(const Network<R>& net, std::size_t recorder);
template <class R>
std::pair<std::vector<Step>, std::vector<Neuron>> spikes(const Network<R>& net, std::size_t recorder);
// [sample][index]
template <class R>
std::pair<std::vector<Step>, Values> samples(const Network<R>& net, std::size_t recorder);
template <class R>
std::pair<std::vector<Step>, std::vector<std::int64_t>> spike_counts(const Network<R>& net, std::size_t recorder);
// Takes back the recorder that was added last, if what goes with it turns out to be impossible.
template <class R>
void withdraw_recorder(Network<R>& net);
template <class R>
void clear_recorder(Network<R>& net, std::size_t recorder);
// Bytes that what it has recorded takes; and, after that has been taken away, everything but a bin that is not complete yet is dropped.
template <class R>
std::size_t recorded_bytes(const Network<R>& net, std::size_t recorder);
template <class R>
void drop_recorded(Network<R>& net, std::size_t recorder);

}  // namespace plastica
