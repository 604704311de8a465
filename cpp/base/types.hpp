// The vocabulary of the engine.
#pragma once
#include <cstddef>
#include <cstdint>

namespace plastica {

using Step = std::int64_t;     // a moment on the grid of dt
using Neuron = std::uint32_t;  // index of a neuron within its population

// Long ago, on the scale of 32-bit steps.
inline constexpr std::int32_t never = -(1 << 30);

// Neurons are dealt to threads in chunks of this many, so that vector loops never need a remainder
// and a chunk's random numbers do not depend on who draws them.
inline constexpr Neuron chunk_size = 64;

// What different threads write lies so far apart; processors fetch lines of 64 bytes in pairs.
inline constexpr std::size_t apart = 128;

constexpr std::size_t padded(std::size_t n) { return (n + chunk_size - 1) / chunk_size * chunk_size; }

}  // namespace plastica
