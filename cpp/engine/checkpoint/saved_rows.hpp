// Rows of synapses as a file holds them.
#pragma once
#include <cstdint>

namespace plastica {

// The rows of some sources. A column is a vector that is filled, or a view of what was read.
template <class R, template <class> class Column>
struct SavedRows {
  Column<std::uint32_t> rows;      // of each source, how many
  Column<std::uint32_t> delays;    // of each row, in steps
  Column<std::uint32_t> segments;  // of each row, how many counts; where there are more than 65,536 targets, else one
  Column<std::uint32_t> counts;    // of synapses
  Column<std::uint16_t> high;      // of each count, the upper half of its targets; where there are so many
  Column<std::uint16_t> targets;   // of each synapse, the lower half
  Column<R> weights;               // of each synapse, if they have weights of their own
  Column<std::uint32_t> births;    // of each synapse, once they come and go
  Column<R> variables;             // of each row, by variable, then by synapse
  Column<std::int32_t> states;     // of each row with rules: arrival, consumed, base
  Column<R> words;                 // of each row with rules: traces, then variables of axons
};

}  // namespace plastica
