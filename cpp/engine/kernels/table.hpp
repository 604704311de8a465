// Plastic delivery for rules whose change at a postsynaptic event is a factor of the row's trace (Variant::separable): what the events
// since the last arrival add up to is read from a table of epochs (network/epochs.hpp). The walk that replays them one by one
// (plastic.hpp) is its oracle.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "engine/kernels/plastic.hpp"
#include "network/epoch_entry.hpp"
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// What the events of neuron i in the epoch of the last arrival, after it and up to `last`, make of the row's trace. Mostly it is one.
template <class R>
PLASTICA_FN R inside_sum(const TableRow<R>& row, std::size_t i, std::uint16_t entry) {
  const std::int32_t last = (entry & EpochEntry::offset) - row.arrival_offset;
  if ((entry & EpochEntry::several) == 0) return decay(row.decay_pre, last);
  R sum = 0;
  for (std::uint32_t back = 0; back < row.history.capacity; ++back) {
    const std::int32_t since = row.history.step[back * row.history.neurons + i] - row.arrival;
    if (since <= 0) break;
    if (since <= last) sum += decay(row.decay_pre, since);
  }
  return sum;
}

template <class R, class Index, class Variant>
PLASTICA_FN void add_inside(const TableRow<R>& row, const typename Variant::template Constants<R>& c) {
  const auto* const target = static_cast<const Index*>(row.target);
  for (std::uint32_t s = 0; s < row.count; ++s) {
    const std::uint16_t entry = row.inside[target[s]];
    if ((entry & EpochEntry::offset) <= row.arrival_offset) [[likely]]
      continue;
    Variant::potentiate(row.weight[s], c, row.x * inside_sum(row, target[s], entry));
  }
}

// A long row finds most of what it needs in the cache: its neighbours have just used it.
template <class R, class Index>
void fetch_table_kernel(const TableRow<R>& row) {
  constexpr std::uint32_t long_row = 64;
  if (row.inside == nullptr || row.count > long_row) return;
  const auto* const target = static_cast<const Index*>(row.target);
  for (std::uint32_t s = 0; s < row.count; ++s) {
    __builtin_prefetch(row.later + target[s]);
    __builtin_prefetch(row.inside + target[s]);
  }
}

// The row will soon be forgotten by the table: everything it is owed, now. Arrivals seldom call it: a copy in each would be compiled for nothing.
template <class R, class Index, class Variant>
[[gnu::noinline]] void retire_table_kernel(const TableRow<R>& row, const void* constants) {
  if (row.held) return;
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
    Variant::potentiate(w, c, x * later[static_cast<std::int32_t>(target[s])]);
    weight[s] = w;
  }
}

// What the row is owed, then the arrival's own change.
template <class R, class Index, class Variant>
PLASTICA_FN void learn_from_table(const TableRow<R>& row, const void* constants, const R* y, R w_max) {
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
    Variant::potentiate(w, c, x * later[i]);
    Moment<R, Variant> m;
    m.y[0] = y[i];
    m.w_max = w_max;
    Variant::at_pre(w, static_cast<R*>(nullptr), c, m);
    weight[s] = w;
  }
}

template <class R, class Index, class Variant>
void arrive_table_kernel(const TableRow<R>& row, const void* constants, const R* y, R w_max, R sign, R* input) {
  if (row.held || row.inert)
    retire_table_kernel<R, Index, Variant>(row, constants);
  else
    learn_from_table<R, Index, Variant>(row, constants, y, w_max);
  const auto* const target = static_cast<const Index*>(row.target);
  const R* const weight = row.weight;
  for (std::uint32_t s = 0; s < row.count; ++s) input[target[s]] += sign * weight[s];
}

// value = (value + event at this step) decayed over a step; the events have been added.
template <class R>
void decay_kernel(R* value, R loss, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) value[i] -= value[i] * loss;
}

}  // namespace plastica::inline PLASTICA_ISA
