// Random values of many synapses at once.
#pragma once
#include "base/random.hpp"
#include "engine/kernels/kernels.hpp"

namespace plastica::inline PLASTICA_ISA {

// The first standard normal number of each of the streams first .. first + count - 1.
inline void normal_kernel(RandomKey key, std::uint64_t first, std::size_t count, double* out) {
  constexpr std::size_t block = 32;
  for (std::size_t begin = 0; begin < count; begin += block) {
    alignas(64) std::uint32_t high[block], low[block];
    alignas(64) double z[block];
    const auto base = first + begin;
#pragma GCC ivdep
    for (std::uint32_t i = 0; i < block; ++i) {
      const std::uint64_t index = base + i;
      const auto words = threefry(key, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), 0, 0);
      high[i] = words[0];
      low[i] = words[1];
    }
#pragma GCC ivdep
    for (std::size_t i = 0; i < block; ++i) z[i] = normal_double(high[i], low[i]);
    const std::size_t wanted = count - begin < block ? count - begin : block;
    for (std::size_t i = 0; i < wanted; ++i) out[begin + i] = z[i];
  }
}

}  // namespace plastica::inline PLASTICA_ISA
