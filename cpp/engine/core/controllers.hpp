// Controllers.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

// `acts_on`: the parameter, or the gain of a receptor, that the controller moves.
template <class R>
std::size_t add_controller(Network<R>& net, const std::string& name, Owner owner, std::size_t target, const Ids& ids, const std::string& acts_on,
                           const PartSpec& part);
// A parameter or a state: one value for all, or one per neuron of the population.
template <class R>
Values controller_get(const Network<R>& net, std::size_t controller, const std::string& name);
template <class R>
void controller_set(Network<R>& net, std::size_t controller, const std::string& name, const Values& values);
template <class R>
bool controller_active(const Network<R>& net, std::size_t controller);
template <class R>
void set_controller_active(Network<R>& net, std::size_t controller, bool on);

}  // namespace plastica
