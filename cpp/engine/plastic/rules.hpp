// Parameters of rules: which can change while a network lives, and what follows when they do.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// Time constants, bounds and pairings decide what is stored; what can change while a network lives is how fast it learns.
template <class R>
bool can_change(const Network<R>& net, std::size_t p, std::size_t k, const std::vector<double>& parameters);

template <class R>
void change_rule(Network<R>& net, std::size_t p, std::size_t k, std::vector<double> parameters);

}  // namespace plastica
