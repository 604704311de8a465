#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace plastica {

// The first word of the record of a row of synapses.
struct RowHead {
  static constexpr std::uint32_t most_synapses = 0xffff, most_gap = 0x7fff;
  std::uint32_t bits;

  static RowHead make(std::uint32_t count, std::uint32_t gap, bool last) { return {count | gap << 16 | (last ? 1u << 31 : 0u)}; }
  std::uint32_t count() const { return bits & most_synapses; }
  // Steps after the arrival of the source's previous row; the first row's after the least delay of the projection.
  std::uint32_t gap() const { return bits >> 16 & most_gap; }
  bool last() const { return bits >> 31 != 0; }  // of its source

  // Where a row that begins with synapse `from` ends, of synapses sorted by target. Several onto one neuron stay together, as far as one row holds
  // them: random numbers count them within it, whatever else a thread has in it.
  template <class Target>
  static std::size_t together(std::size_t from, std::size_t end, const Target& target) {
    if (end - from <= most_synapses) return end;
    std::size_t to = from + most_synapses;
    while (to > from && target(to - 1) == target(from + most_synapses)) --to;
    return to > from ? to : from + most_synapses;
  }
  // Of so many synapses, the rows that there are only because none holds more.
  static constexpr std::uint64_t most_divisions(std::uint64_t synapses) { return 2 * synapses / most_synapses; }
};

// In a bundle, the first word of a member's row.
struct MemberHead {
  static constexpr std::uint32_t most_synapses = 1u << 14, most_members = 1u << 16;
  std::uint32_t bits;

  static MemberHead make(std::size_t member, std::uint32_t count) { return {static_cast<std::uint32_t>(member) << 16 | count}; }
  std::uint32_t member() const { return bits >> 16; }
  std::uint32_t count() const { return bits & 0xffff; }
};

}  // namespace plastica
