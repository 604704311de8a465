// Adjustments: what sources (controllers, modifiers, modulations) contribute to a parameter, beside what the user sets it to.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
std::size_t adjusted_parameter(Network<R>& net, Owner owner, std::size_t target, const std::string& name);

template <class R>
Adjusted locate(Network<R>& net, Owner owner, std::size_t target, const std::string& name);

// The gain of all that the projection transmits, or "PARAMETER" or "POSITION.PARAMETER" of a rule.
template <class R>
Adjusted find_in_projection(const Network<R>& net, std::size_t target, const std::string& name);

template <class R>
const Adjusted* adjusted_rule(const Network<R>& net, std::size_t projection, std::size_t rule, std::size_t index);

template <class R>
std::size_t add_contribution(Network<R>& net, std::size_t a, const std::string& source, bool multiply, bool active, std::vector<double> values);

template <class R>
Contribution& contribution_of(Network<R>& net, std::size_t a, std::size_t id);

template <class R>
std::vector<double> adjusted_values(const Network<R>& net, Owner owner, std::size_t target, const std::string& name, std::span<const double> base);

template <class R>
void put_in_force(Network<R>& net, std::size_t a);

template <class R>
void put_in_projection(Network<R>& net, const Adjusted& adjusted);

template <class R>
void readjust_controller(Network<R>& net, std::size_t c);

// After the user has set some parameter.
template <class R>
void readjust(Network<R>& net, std::size_t p);

}  // namespace plastica
