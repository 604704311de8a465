// The vocabulary of the engine.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace plastica {

using Step = std::int64_t;     // a moment on the grid of dt
using Neuron = std::uint32_t;  // index of a neuron within its population

// Long ago, on the scale of 32-bit steps.
inline constexpr std::int32_t never = -(1 << 30);

// A time in whole steps, rounded; what is longer than any run is as good as for ever.
inline Step steps_in(double ms, double dt) { return static_cast<Step>(std::min(ms / dt + 0.5, 0x1p60)); }

// A number of things that is kept as a real one, rounded down.
inline std::uint64_t whole_part(double number) { return static_cast<std::uint64_t>(std::clamp(number, 0.0, 0x1p60)); }

// Neurons are dealt to threads in chunks of this many, so that vector loops never need a remainder
// and a chunk's random numbers do not depend on who draws them.
inline constexpr Neuron chunk_size = 64;

// What different threads write lies so far apart; processors fetch lines of 64 bytes in pairs.
inline constexpr std::size_t apart = 128;

constexpr std::size_t padded(std::size_t n) { return (n + chunk_size - 1) / chunk_size * chunk_size; }

}  // namespace plastica
