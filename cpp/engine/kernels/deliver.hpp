// Spikes onto synapses, row by row.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Index, bool shared>
void static_kernel(const StaticRows<R>& rows, const std::uint32_t* due, std::size_t count, R* input) {
  const auto* const target = static_cast<const Index*>(rows.target);
  const R* const weight = rows.weight;
  const R common = rows.shared;
  // Short rows lie anywhere in memory: first where they are, then what is there, must be on the way to the cache.
  constexpr std::size_t near = 4, far = 12;
  for (std::size_t r = 0; r < count; ++r) {
    if (r + far < count) __builtin_prefetch(rows.offset + due[r + far]);
    if (r + near < count) {
      const std::uint64_t ahead = rows.offset[due[r + near]];
      __builtin_prefetch(target + ahead);
      __builtin_prefetch(target + ahead + 64 / sizeof(Index));
      if constexpr (!shared) __builtin_prefetch(weight + ahead);
      if constexpr (!shared) __builtin_prefetch(weight + ahead + 64 / sizeof(R));
    }
    const std::uint64_t end = rows.offset[due[r] + 1];
    for (std::uint64_t s = rows.offset[due[r]]; s < end; ++s) input[target[s]] += shared ? common : weight[s];
  }
}

}  // namespace plastica::inline PLASTICA_ISA
