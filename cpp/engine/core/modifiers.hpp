// Modifiers and guards, and what acts on a parameter.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

// In force from `start` on, until `stop`.
template <class R>
std::size_t add_modifier(Network<R>& net, const std::string& name, const std::vector<Modification>& changes, Step start, std::optional<Step> stop);
// the user's switch
template <class R>
bool modifier_active(const Network<R>& net, std::size_t modifier);
template <class R>
void set_modifier_active(Network<R>& net, std::size_t modifier, bool active);
template <class R>
bool modifier_acts(const Network<R>& net, std::size_t modifier);
template <class R>
void remove_modifier(Network<R>& net, std::size_t modifier);
// Watches the mean rate of neurons (Hz) or the weights of a projection, at every multiple of the window.
template <class R>
std::size_t add_guard(Network<R>& net, Owner owner, std::size_t target, const Ids& ids, double low, double high, Step window, bool stop);
template <class R>
bool guard_active(const Network<R>& net, std::size_t guard);
template <class R>
void set_guard_active(Network<R>& net, std::size_t guard, bool on);
template <class R>
std::vector<GuardEvent> guard_events(const Network<R>& net, std::size_t guard);
template <class R>
Values effective(const Network<R>& net, Owner owner, std::size_t target, const std::string& name);

}  // namespace plastica
