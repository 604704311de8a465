// Spikes onto synapses, row by row.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "network/row_head.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Index, bool shared>
void static_kernel(const StaticRows<R>& rows, const std::uint32_t* due, std::size_t count, R* input) {
  // Short rows lie anywhere in memory: they must be on the way to the cache before their turn comes.
  constexpr std::size_t ahead = 6, line = 64 / sizeof(R);
  const R common = rows.shared;
  for (std::size_t r = 0; r < count; ++r) {
    if (r + ahead < count) {
      const R* const next = rows.store + due[r + ahead];
      __builtin_prefetch(next);
      __builtin_prefetch(next + line);
    }
    const R* const record = rows.store + due[r];
    const std::uint32_t synapses = reinterpret_cast<const RowHead*>(record)->bits & RowHead::most_synapses;
    const auto* const target = reinterpret_cast<const Index*>(record + rows.head);
    const R* const weight = record + rows.head + (synapses * sizeof(Index) + sizeof(R) - 1) / sizeof(R);
    for (std::uint32_t s = 0; s < synapses; ++s) input[target[s]] += shared ? common : weight[s];
  }
}

}  // namespace plastica::inline PLASTICA_ISA
