// Adjustments: what sources (controllers, modifiers, modulations) contribute to a parameter, beside what the user sets it to.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// The parameter of a name, as one that is acted on: its place in the list.
template <class R>
std::size_t adjusted_parameter(Network<R>& net, Owner owner, std::size_t index, const std::string& name);

template <class R>
Owned<Target<R>> locate(const Network<R>& net, Owner owner, std::size_t index, const std::string& name);

// What acts on a parameter; null: nothing ever has.
template <class R>
const Adjusted<R>* adjusted_of(const Network<R>& net, Owner owner, std::size_t index, const std::string& name);

template <class R>
std::size_t add_contribution(Network<R>& net, std::size_t a, const std::string& source, bool multiply, bool active, std::vector<double> values);

template <class R>
Contribution& contribution_of(Network<R>& net, std::size_t a, std::size_t id);

std::string named_sources(const std::vector<Contribution>& contributions);

// What contributions make of a value. Throws if that is out of bounds.
template <class R>
std::vector<double> checked_effect(const Adjusted<R>& adjusted, std::span<const double> base);

template <class R>
std::vector<double> adjusted_values(const Network<R>& net, Owner owner, std::size_t index, const std::string& name, std::span<const double> base);

// What contributions make of the user's value, in bounds or not.
template <class R>
std::vector<double> acted_upon(const Network<R>& net, const Target<R>& target);

template <class R>
void put_in_force(Network<R>& net, std::size_t a);

// What a file holds of a target and what acts on it.
template <class R>
void archive_adjusted(Network<R>& net, Archive& a, std::size_t i);

// In a file something refers to a contribution.
template <class R>
void require_contribution(const Network<R>& net, const Archive& a, const std::string& name, std::size_t adjusted, std::size_t id);

}  // namespace plastica
