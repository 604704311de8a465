// Modulators: their levels, and the integrals of them that rules read.
#pragma once
#include "engine/network.hpp"

namespace plastica {

inline constexpr std::int32_t longest_look_back = 1 << 18;  // steps, of what rules read of modulators

// Rings of levels long enough that every row is visited before they come round, and integrals from a common origin.
template <class R>
void use_modulators(Network<R>& net, std::size_t id);

// What rules look back at of modulators is kept for every step.
template <class R>
void check_look_back(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set, std::uint32_t delay);

// Rings of levels and integrals reach as far back as the longest dendritic delay, and ahead over an interval.
template <class R>
void make_room_for_delays(Network<R>& net, std::size_t id);

// The levels at the steps begin .. end-1, and integrals up to `end`.
template <class R>
void know_modulators(Network<R>& net, std::size_t share, Step begin, Step end);

template <class R>
void extend(const Network<R>& net, Integral& integral, const ModulatorState& state, Step end);

// Spikes of this interval release what acts in a later one.
template <class R>
void release_by_spikes(Network<R>& net, std::size_t share, Step begin, Step end, std::size_t parity);

}  // namespace plastica
