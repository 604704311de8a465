// Rules of a projection, and what they keep.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
double rule_get(const Network<R>& net, std::size_t projection, std::size_t rule, const std::string& name);
// Throws if these parameters of a rule could not all be set to these values.
template <class R>
void check_rule_set(const Network<R>& net, std::size_t projection, std::size_t rule, const std::map<std::string, double>& values);
template <class R>
void rule_set(Network<R>& net, std::size_t projection, std::size_t rule, const std::string& name, double value);
// What the rules keep, besides weights: per synapse, per axon (given and taken per synapse) or per neuron of the target population.
template <class R>
std::vector<RuleState> rule_states(const Network<R>& net, std::size_t projection);
template <class R>
Values state_get(Network<R>& net, std::size_t projection, std::size_t state);
template <class R>
void state_set(Network<R>& net, std::size_t projection, std::size_t state, const Values& values);

}  // namespace plastica
