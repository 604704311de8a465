// Fills what concerns rows of plastic synapses, whatever their rules, in the table of kernels for one instruction set.
#include <algorithm>

#include "engine/kernels/plastic.hpp"
#include "engine/kernels/rules.hpp"
#include "engine/kernels/running.hpp"
#include "engine/kernels/table.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
void take_variables(const SynapseRound<R>& round, int variables, R (*own)[synapse_block]) {
  const std::uint32_t count = round.count, filled = filled_up(count);
  const Position* const position = round.position;
  const bool whole = position == all_positions.data();  // a block as it lies in memory
  for (int v = 0; v < variables; ++v) {
    const R* const column = round.variables + static_cast<std::size_t>(v) * round.stride;
    if (whole)
      std::copy_n(column, count, own[v]);
    else
      for (std::uint32_t j = 0; j < count; ++j) own[v][j] = column[position[j]];
    for (std::uint32_t j = count; j < filled; ++j) own[v][j] = R(0);
  }
}

template <class R>
void return_variables(const SynapseRound<R>& round, int variables, const bool* stays, const R (*own)[synapse_block]) {
  const std::uint32_t count = round.count;
  const Position* const position = round.position;
  const bool whole = position == all_positions.data();
  for (int v = 0; v < variables; ++v) {
    if (round.held && stays[v]) continue;
    R* const column = round.variables + static_cast<std::size_t>(v) * round.stride;
    if (whole)
      std::copy_n(own[v], count, column);
    else
      for (std::uint32_t j = 0; j < count; ++j) column[position[j]] = own[v][j];
  }
}

template <class R>
void take_weights(const SynapseRound<R>& round, R* before) {
  std::copy_n(round.weight, filled_up(round.count), before);
}
template <class R>
void return_weights(const SynapseRound<R>& round, const R* before) {
  std::copy_n(before, filled_up(round.count), round.weight);
}

namespace {

template <class R, class Index>
void fill_rows_of(RowKernels<R>& rows, std::size_t narrow) {
  rows.arrive[narrow] = arrive_kernel<R, Index>;
  rows.catch_up[narrow] = catch_up_kernel<R, Index>;
  rows.advance[narrow] = advance_kernel<R, Index>;
  rows.tick[narrow] = tick_kernel<R, Index>;
  rows.fetch_table[narrow] = fetch_table_kernel<R, Index>;
}

}  // namespace

template <class R>
void fill_rows(Kernels<R>& table) {
  fill_rows_of<R, std::uint32_t>(table.rows, 0);
  fill_rows_of<R, std::uint16_t>(table.rows, 1);
  table.decay = decay_kernel<R>;
  table.filter = filter_kernel<R>;
}

#define PLASTICA_ROWS_FOR(R)                                                                                                       \
  template void take_variables<R>(const SynapseRound<R>& round, int variables, R(*own)[synapse_block]);                            \
  template void return_variables<R>(const SynapseRound<R>& round, int variables, const bool* stays, const R(*own)[synapse_block]); \
  template void take_weights<R>(const SynapseRound<R>& round, R* before);                                                          \
  template void return_weights<R>(const SynapseRound<R>& round, const R* before);                                                  \
  template void fill_rows<R>(Kernels<R> & table)

PLASTICA_ROWS_FOR(float);
PLASTICA_ROWS_FOR(double);

}  // namespace plastica::inline PLASTICA_ISA
