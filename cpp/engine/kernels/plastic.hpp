// Spikes onto plastic synapses: at each presynaptic arrival the postsynaptic events since the last visit are replayed from the
// neurons' histories. Every change is computed from the same numbers whenever it is computed, so a visit more or less
// (a weight that was read, a sweep) leaves no trace in the result.
//
// A row is taken in blocks of synapses, and the events of a block in rounds, oldest first: a round holds at most one event of a synapse, so
// that it is a loop over independent synapses.
#pragma once
#include <algorithm>
#include <array>

#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "parts/plasticity/all.hpp"

namespace plastica::inline PLASTICA_ISA {

// ---- a rule, for the synapses of a round --------------------------------------------------------------------------------------------

PLASTICA_FN std::uint32_t filled_up(std::uint32_t count) { return (count + synapse_lanes - 1) / synapse_lanes * synapse_lanes; }

// Calls change(w, own, j) for each synapse of the round, with its weight and its variables.
template <class R, int variables, class Change>
PLASTICA_FN void for_each_synapse_of(const SynapseRound<R>& round, Change&& change) {
  alignas(64) R own[variables + 1][synapse_block];
  const auto variable = [&](int v, std::uint32_t j) -> R& { return round.variables[round.position[j] * round.stride + static_cast<std::size_t>(v)]; };
  const std::uint32_t count = round.count, filled = filled_up(count);
  for (int v = 0; v < variables; ++v) {
    for (std::uint32_t j = 0; j < count; ++j) own[v][j] = variable(v, j);
    for (std::uint32_t j = count; j < filled; ++j) own[v][j] = R(0);
  }
  R* const weight = round.weight;
#pragma GCC ivdep
  for (std::uint32_t j = 0; j < filled; ++j) {
    R w = weight[j];
    R mine[variables + 1];
    for (int v = 0; v < variables; ++v) mine[v] = own[v][j];
    change(w, mine, j);
    for (int v = 0; v < variables; ++v) own[v][j] = mine[v];
    weight[j] = w;
  }
  for (int v = 0; v < variables; ++v)
    for (std::uint32_t j = 0; j < count; ++j) variable(v, j) = own[v][j];
}

template <class R, class Variant>
void at_post_kernel(const SynapseRound<R>& round, const void* constants, R trace, const R* since) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  for_each_synapse_of<R, Variant::variables>(
      round, [=](R& w, R* own, std::uint32_t j) __attribute__((always_inline)) { Variant::at_post(w, own, c, trace * since[j], since[j]); });
}

template <class R, class Variant>
void at_pre_kernel(const SynapseRound<R>& round, const void* constants, const R* y, R since) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  for_each_synapse_of<R, Variant::variables>(round,
                                             [=](R& w, R* own, std::uint32_t j) __attribute__((always_inline)) { Variant::at_pre(w, own, c, y[j], since); });
}

// ---- a block of a row ---------------------------------------------------------------------------------------------------------------

template <class R>
PLASTICA_FN R decay(const DecayTable<R>& table, std::int32_t steps) {
  return table.value[steps < table.length ? steps : table.length];
}

using Position = std::uint16_t;
inline constexpr auto all_positions = [] {
  std::array<Position, synapse_block> list{};
  for (Position s = 0; s < synapse_block; ++s) list[s] = s;
  return list;
}();

// Lookups do not vectorise, but loops of nothing else run as fast as loads can be issued.
template <class R>
PLASTICA_FN void decays(const DecayTable<R>& table, const std::int32_t* steps, std::uint32_t count, R* out) {
  alignas(64) std::int32_t at[synapse_block];
  for (std::uint32_t j = 0; j < count; ++j) {
    const std::int32_t within = steps[j] < table.length ? steps[j] : table.length;
    at[j] = within > 0 ? within : 0;
  }
#pragma GCC unroll 8
  for (std::uint32_t j = 0; j < count; ++j) out[j] = table.value[at[j]];
}

template <class R, class Index>
struct SynapseBlock {
  const PlasticContext<R>& context;
  const PlasticRow<R>& row;
  const Index* target;
  R* variables;
  std::uint32_t count;
  alignas(64) R weight[synapse_block];

  PLASTICA_FN SynapseBlock(const PlasticContext<R>& rules, const PlasticRow<R>& whole, std::uint32_t first)
      : context(rules),
        row(whole),
        target(static_cast<const Index*>(whole.target) + first),
        variables(whole.variables + static_cast<std::size_t>(first) * static_cast<std::size_t>(rules.variables)),
        count(std::min(synapse_block, whole.count - first)) {
    std::copy_n(row.weight + first, count, weight);
    std::fill_n(weight + count, filled_up(count) - count, R(0));
  }

  PLASTICA_FN SynapseRound<R> round(const RuleView<R>& rule, R* weights, const Position* position, std::uint32_t number) const {
    return {number, weights, variables + rule.first_variable, static_cast<std::size_t>(context.variables), position};
  }
};

// The next block of a row must be on its way to the cache before its turn comes.
template <class Index, class R>
PLASTICA_FN void prefetch_block(const PlasticRow<R>& row, std::uint32_t first) {
  constexpr std::uint32_t line = 64;
  const std::uint32_t end = std::min(row.count, first + synapse_block);
  for (std::uint32_t s = first; s < end; s += line / sizeof(Index)) __builtin_prefetch(static_cast<const Index*>(row.target) + s);
  for (std::uint32_t s = first; s < end; s += line / sizeof(R)) __builtin_prefetch(row.weight + s, 1);
}

// Calls f(block) for the blocks of a row, and keeps the weights that it leaves.
template <class Index, class R, class F>
PLASTICA_FN void for_each_block(const PlasticContext<R>& context, const PlasticRow<R>& row, F&& f) {
  for (std::uint32_t first = 0; first < row.count; first += synapse_block) {
    prefetch_block<Index>(row, first + synapse_block);
    SynapseBlock<R, Index> block(context, row, first);
    f(block);
    std::copy_n(block.weight, block.count, row.weight + first);
  }
}

// One event of each of these synapses; those after `until` are left out.
template <class R, class Index>
void play_round(SynapseBlock<R, Index>& block, const std::int32_t* step, const Position* among, std::uint32_t count, std::int32_t until) {
  const Index* const target = block.target;
  const std::int32_t arrival = block.row.arrival;
  Position position[synapse_block];
  alignas(64) std::int32_t age[synapse_block];
  std::uint32_t number = 0;
#pragma GCC unroll 4
  for (std::uint32_t j = 0; j < count; ++j) {
    const std::int32_t event = step[target[among[j]]];
    position[number] = among[j];
    age[number] = event - arrival;
    number += event <= until;
  }
  const std::uint32_t filled = filled_up(number);
  alignas(64) R weight[synapse_block], since[synapse_block];
#pragma GCC unroll 4
  for (std::uint32_t j = 0; j < number; ++j) weight[j] = block.weight[position[j]];
  std::fill_n(weight + number, filled - number, R(0));
  std::fill_n(age + number, filled - number, 0);
  for (int k = 0; k < block.context.rule_count; ++k) {
    const RuleView<R>& rule = block.context.rules[k];
    decays(rule.decay_pre, age, filled, since);
    rule.at_post(block.round(rule, weight, position, number), rule.constants, block.row.traces[k], since);
  }
#pragma GCC unroll 4
  for (std::uint32_t j = 0; j < number; ++j) block.weight[position[j]] = weight[j];
}

// Replays, oldest first, the events up to `until` that are not in the weights yet. Among these synapses are all whose event so far back is one of
// them; those whose event before that is one, too, are fewer, and come first.
template <class R, class Index>
void replay(SynapseBlock<R, Index>& block, const Position* among, std::uint32_t count, std::uint32_t back, std::int32_t until) {
  const HistoryView& history = block.context.history;
  if (back == history.capacity) return;
  const std::int32_t* const step = history.step + back * history.neurons;
  const Index* const target = block.target;
  const std::int32_t consumed = block.row.consumed;
  Position owed[synapse_block];
  std::uint32_t number = 0;
#pragma GCC unroll 4
  for (std::uint32_t j = 0; j < count; ++j) {
    owed[number] = among[j];
    number += step[target[among[j]]] > consumed;
  }
  if (number == 0) return;
  replay(block, owed, number, back + 1, until);
  play_round(block, step, owed, number, until);
}

// The last events of these synapses are not before `now`: their traces are those that an earlier event left.
template <class R, class Index>
void earlier_traces(const SynapseBlock<R, Index>& block, const TraceView<R>& trace, std::int32_t now, Position* late, std::uint32_t number, R* y) {
  const HistoryView& history = block.context.history;
  for (std::uint32_t back = 1; number > 0 && back < history.capacity; ++back) {
    const std::int32_t* const step = history.step + back * history.neurons;
    const R* const value = trace.value + back * history.neurons;
    const std::uint32_t among = number;
    number = 0;
#pragma GCC unroll 4
    for (std::uint32_t j = 0; j < among; ++j) {
      const Position s = late[j];
      const std::uint32_t i = block.target[s];
      const std::int32_t age = now - step[i];
      y[s] = value[i] * decay(trace.decay, age > 0 ? age : 0);
      late[number] = s;
      number += age <= 0;
    }
  }
  for (std::uint32_t j = 0; j < number; ++j) y[late[j]] = R(0);
}

// The postsynaptic traces that a rule reads at `now`: events of that very step and later ones are not in them.
template <class R, class Index>
void post_traces(const SynapseBlock<R, Index>& block, const TraceView<R>& trace, std::int32_t now, R* y) {
  const HistoryView& history = block.context.history;
  const std::int32_t* const last = history.step;
  const Index* const target = block.target;
  const std::uint32_t filled = filled_up(block.count);
  alignas(64) R value[synapse_block];
  alignas(64) std::int32_t age[synapse_block];
  Position late[synapse_block];
  std::uint32_t number = 0;
#pragma GCC unroll 4
  for (std::uint32_t s = 0; s < block.count; ++s) {
    value[s] = trace.value[target[s]];
    age[s] = now - last[target[s]];
    late[number] = static_cast<Position>(s);
    number += age[s] <= 0;
  }
  std::fill_n(value + block.count, filled - block.count, R(0));
  std::fill_n(age + block.count, filled - block.count, 0);
  decays(trace.decay, age, filled, y);
  for (std::uint32_t s = 0; s < filled; ++s) y[s] *= value[s];
  earlier_traces(block, trace, now, late, number, y);
}

// After this long, no rule sees the row's arrivals any more.
template <class R>
bool faded(const PlasticContext<R>& context, const PlasticRow<R>& row) {
  bool all = true;
  for (int k = 0; k < context.rule_count; ++k) all = all && row.consumed - row.arrival >= context.rules[k].decay_pre.length;
  return all;
}

// ---- a row --------------------------------------------------------------------------------------------------------------------------

template <class R, class Index>
void arrive_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t now, R* input) {
  const bool blank = faded(context, row);
  const R sign = context.sign;
  for_each_block<Index>(context, row, [&](SynapseBlock<R, Index>& block) {
    if (!blank) replay(block, all_positions.data(), block.count, 0, now);
    for (int k = 0; k < context.rule_count; ++k) {
      const RuleView<R>& rule = context.rules[k];
      alignas(64) R y[synapse_block];
      post_traces(block, rule.post, now, y);
      rule.at_pre(block.round(rule, block.weight, all_positions.data(), block.count), rule.constants, y, decay(rule.decay_pre, now - row.arrival));
    }
#pragma GCC unroll 4
    for (std::uint32_t s = 0; s < block.count; ++s) input[block.target[s]] += sign * block.weight[s];
  });
  for (int k = 0; k < context.rule_count; ++k) {
    const RuleView<R>& rule = context.rules[k];
    row.traces[k] = rule.nearest_pre ? R(1) : row.traces[k] * decay(rule.decay_pre, now - row.arrival) + R(1);
  }
  row.arrival = now;
  row.consumed = now;
}

template <class R, class Index>
void catch_up_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t until) {
  if (until <= row.consumed) return;
  if (!faded(context, row))
    for_each_block<Index>(context, row, [&](SynapseBlock<R, Index>& block) { replay(block, all_positions.data(), block.count, 0, until); });
  row.consumed = until;
}

}  // namespace plastica::inline PLASTICA_ISA
