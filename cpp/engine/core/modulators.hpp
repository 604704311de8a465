// Modulators.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
std::size_t add_modulator(Network<R>& net, double tau, double baseline);
template <class R>
double modulator_level(const Network<R>& net, std::size_t modulator);
template <class R>
double modulator_baseline(const Network<R>& net, std::size_t modulator);
template <class R>
void set_modulator_baseline(Network<R>& net, std::size_t modulator, double baseline);
template <class R>
void release(Network<R>& net, std::size_t modulator, const std::vector<Step>& steps, const Values& amounts);
template <class R>
void release_by(Network<R>& net, std::size_t modulator, std::size_t population, const Ids& ids, double amount, Step delay);

}  // namespace plastica
