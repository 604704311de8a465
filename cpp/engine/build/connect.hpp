// Connecting populations. Everything is validated here, before anything is created.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// Whether a plastic projection has positive or negative weights.
template <class R>
R sign_of(std::span<const double> weights) {
  return std::any_of(weights.begin(), weights.end(), [](double w) { return w < 0; }) ? R(-1) : R(1);
}

// A delay in steps, rounded to the grid. `drawn`: from a distribution, whose bounds the message of an error recommends.
std::uint32_t delay_steps(double delay, double dt, bool drawn = false);

// `first` is the number of the first one's connection.
template <class R>
void check_weights(const Network<R>& net, const Projection<R>& projection, std::span<const double> weights, std::uint64_t first = 0);

// Within an interval nobody needs anybody else's spikes. Where nobody ever does, its lists of spikes must not grow with the run.
template <class R>
void choose_interval(Network<R>& net);

}  // namespace plastica
