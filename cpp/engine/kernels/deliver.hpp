// Spikes onto synapses, row by row.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "network/row_head.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Index, bool shared>
PLASTICA_FN void add_row(const Index* target, const R* weight, R common, std::uint32_t count, R* input) {
  for (std::uint32_t s = 0; s < count; ++s) input[target[s]] += shared ? common : weight[s];
}

template <class R, class Index>
PLASTICA_FN constexpr std::size_t words_of_targets(std::size_t count) {
  return (count * sizeof(Index) + sizeof(R) - 1) / sizeof(R);
}

// `scale`: a factor for each row, if they are scaled.
template <class R, class Index, bool shared, bool scaled>
void static_kernel(const StaticRows<R>& rows, const std::uint32_t* due, const R* scale, std::size_t count, R* input) {
  // Short rows lie anywhere in memory: they must be on the way to the cache before their turn comes.
  constexpr std::size_t ahead = 6, line = 64 / sizeof(R);
  for (std::size_t r = 0; r < count; ++r) {
    if (r + ahead < count) {
      const R* const next = rows.store + due[r + ahead];
      __builtin_prefetch(next);
      __builtin_prefetch(next + line);
    }
    const R* const record = rows.store + due[r];
    const std::uint32_t synapses = reinterpret_cast<const RowHead*>(record)->bits & RowHead::most_synapses;
    const auto* const target = reinterpret_cast<const Index*>(record + rows.head);
    const R* const weight = record + rows.head + words_of_targets<R, Index>(synapses);
    if constexpr (scaled) {
      const R factor = scale[r], common = rows.shared * factor;
      for (std::uint32_t s = 0; s < synapses; ++s) input[target[s]] += shared ? common : weight[s] * factor;
    } else {
      add_row<R, Index, shared>(target, weight, rows.shared, synapses, input);
    }
  }
}

// The words that a member's row takes after its head.
template <class R, class Index>
PLASTICA_FN std::size_t add_member_row(const R* row, std::uint32_t count, const BundleMember<R>& member) {
  const auto* const target = reinterpret_cast<const Index*>(row);
  const std::size_t targets = words_of_targets<R, Index>(count);
  if (member.weights) {
    add_row<R, Index, false>(target, row + targets, member.shared, count, member.input);
    return targets + count;
  }
  add_row<R, Index, true>(target, nullptr, member.shared, count, member.input);
  return targets;
}

template <class R>
void bundle_kernel(const R* store, const std::uint32_t* records, std::size_t count, const BundleMember<R>* members) {
  constexpr std::size_t ahead = 3, line = 64 / sizeof(R);
  const auto size = [&](std::size_t r) { return reinterpret_cast<const RowHead*>(store + records[r])->bits & RowHead::most_synapses; };
  for (std::size_t r = 0; r < count; ++r) {
    if (r + ahead < count)
      for (std::size_t word = line; word < size(r + ahead) + line; word += line) __builtin_prefetch(store + records[r + ahead] + word);
    const R* row = store + records[r] + 1;
    const R* const end = store + records[r] + size(r);
    while (row < end) {
      const std::uint32_t bits = reinterpret_cast<const MemberHead*>(row++)->bits;
      const BundleMember<R>& member = members[bits >> 16];
      row += member.narrow ? add_member_row<R, std::uint16_t>(row, bits & 0xffff, member) : add_member_row<R, std::uint32_t>(row, bits & 0xffff, member);
    }
  }
}

}  // namespace plastica::inline PLASTICA_ISA
