// What other rooms ask of targets.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// After the user has set some parameter of a population: what acts on its parameters is put in force again.
template <class R>
void readjust(Network<R>& net, std::size_t p);

// Likewise of a controller.
template <class R>
void readjust_controller(Network<R>& net, std::size_t c);

// What the user set a rule's parameter to, where something acts on it.
template <class R>
std::optional<double> user_value(const Network<R>& net, std::size_t projection, std::size_t rule, std::size_t parameter);

// Sets it; returns whether something acts on it. Otherwise nothing happens.
template <class R>
bool set_user_value(Network<R>& net, std::size_t projection, std::size_t rule, std::size_t parameter, double value);

}  // namespace plastica
