// Making recorders.
#pragma once
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
// Takes back the recorder that was added last, if what goes with it turns out to be impossible.
template <class R>
void withdraw_recorder(Network<R>& net);

}  // namespace plastica
