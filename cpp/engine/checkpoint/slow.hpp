// In a file, what happens between steps: drives, controllers, adjustments, modifiers, guards, laws of structure, the agenda.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void archive_drive(Network<R>& net, Archive& a, std::size_t d);

template <class R>
void archive_controller(Network<R>& net, Archive& a, std::size_t c);

template <class R>
void archive_adjusted(Network<R>& net, Archive& a, std::size_t i);

template <class R>
void require_contribution(const Network<R>& net, const Archive& a, const std::string& name, std::size_t adjusted, std::size_t id);

template <class R>
void archive_modifier(Network<R>& net, Archive& a, std::size_t m);

template <class R>
void archive_guard(Network<R>& net, Archive& a, std::size_t g);

template <class R>
void archive_rewiring(Network<R>& net, Archive& a, std::size_t r);

template <class R>
void archive_agenda(Network<R>& net, Archive& a);

}  // namespace plastica
