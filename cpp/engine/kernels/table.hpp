// Plastic delivery for rules whose change at a postsynaptic event is a factor of the row's trace (Variant::separable): what the events
// since the last arrival add up to is read from a table of epochs (network/epochs.hpp). The walk that replays them one by one
// (plastic.hpp) is its oracle.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "engine/kernels/plastic.hpp"

namespace plastica::inline PLASTICA_ISA {

// Events inside the epoch of the last arrival, after it: rare.
template <class R, class Index, class Variant>
void add_inside(const TableRow<R>& row, const typename Variant::template Constants<R>& c) {
  constexpr std::uint32_t stride = 64;
  const auto* const target = static_cast<const Index*>(row.target);
  const std::uint32_t mask = row.history.capacity - 1;
  for (std::uint32_t begin = 0; begin < row.count; begin += stride) {
    const std::uint32_t end = begin + stride < row.count ? begin + stride : row.count;
    std::int32_t any = 0;
    for (std::uint32_t s = begin; s < end; ++s) any |= row.inside[static_cast<std::int32_t>(target[s])] > row.arrival ? 1 : 0;
    if (any == 0) continue;
    for (std::uint32_t s = begin; s < end; ++s) {
      const std::size_t i = target[s];
      if (row.inside[i] <= row.arrival) continue;
      const std::int32_t* const ring = row.history.ring + i * row.history.capacity;
      R sum = 0;
      for (std::uint32_t e = row.history.count[i] - 1; row.history.count[i] - e <= row.history.capacity; --e) {
        const std::int32_t step = ring[e & mask];
        if (step <= row.arrival) break;
        if (step <= row.inside[i]) sum += decay(row.decay_pre, step - row.arrival);
      }
      Variant::at_post(row.weight[s], static_cast<R*>(nullptr), c, row.x * sum, R(0));
    }
  }
}

template <class R, class Index, class Variant>
void arrive_table_kernel(const TableRow<R>& row, const void* constants, const R* y, R sign, R* input) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  const auto* const target = static_cast<const Index*>(row.target);
  R* const weight = row.weight;
  const R* const later = row.later;
  const R x = row.x_at_start;
  const std::uint32_t count = row.count;
  if (row.inside != nullptr) add_inside<R, Index, Variant>(row, c);
#pragma GCC ivdep
  for (std::uint32_t s = 0; s < count; ++s) {
    const auto i = static_cast<std::int32_t>(target[s]);
    R w = weight[s];
    Variant::at_post(w, static_cast<R*>(nullptr), c, x * later[i], R(0));
    Variant::at_pre(w, static_cast<R*>(nullptr), c, y[i], R(0));
    weight[s] = w;
  }
  for (std::uint32_t s = 0; s < count; ++s) input[target[s]] += sign * weight[s];
}

// The row will soon be forgotten by the table: everything it is owed, now.
template <class R, class Index, class Variant>
void retire_table_kernel(const TableRow<R>& row, const void* constants) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  const auto* const target = static_cast<const Index*>(row.target);
  R* const weight = row.weight;
  const R* const later = row.later;
  const R x = row.x_at_start;
  const std::uint32_t count = row.count;
  if (row.inside != nullptr) add_inside<R, Index, Variant>(row, c);
#pragma GCC ivdep
  for (std::uint32_t s = 0; s < count; ++s) {
    R w = weight[s];
    Variant::at_post(w, static_cast<R*>(nullptr), c, x * later[static_cast<std::int32_t>(target[s])], R(0));
    weight[s] = w;
  }
}

// value = (value + event at this step) decayed over a step; the events have been added.
template <class R>
void decay_kernel(R* value, R loss, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) value[i] -= value[i] * loss;
}

}  // namespace plastica::inline PLASTICA_ISA
