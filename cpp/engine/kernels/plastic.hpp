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

// The variables of the round's synapses, side by side.
template <class R, int variables>
struct OwnVariables {
  alignas(64) R value[variables][synapse_block];

  PLASTICA_FN explicit OwnVariables(const SynapseRound<R>& round) {
    for (int v = 0; v < variables; ++v)
      for (std::uint32_t j = 0; j < round.count; ++j) value[v][j] = round.variables[round.position[j] * round.stride + static_cast<std::size_t>(v)];
  }
  PLASTICA_FN void put_back(const SynapseRound<R>& round) const {
    for (int v = 0; v < variables; ++v)
      for (std::uint32_t j = 0; j < round.count; ++j) round.variables[round.position[j] * round.stride + static_cast<std::size_t>(v)] = value[v][j];
  }
};
template <class R>
struct OwnVariables<R, 0> {
  PLASTICA_FN explicit OwnVariables(const SynapseRound<R>& /*round*/) {}
  PLASTICA_FN void put_back(const SynapseRound<R>& /*round*/) const {}
};

// Calls change(w, own, j) for each synapse of the round.
template <class R, int variables, class Change>
PLASTICA_FN void for_each_synapse_of(const SynapseRound<R>& round, Change&& change) {
  OwnVariables<R, variables> own(round);
  R* const weight = round.weight;
  const std::uint32_t count = round.count;
#pragma GCC ivdep
  for (std::uint32_t j = 0; j < count; ++j) {
    R w = weight[j];
    R mine[variables + 1];
    if constexpr (variables > 0)
      for (int v = 0; v < variables; ++v) mine[v] = own.value[v][j];
    change(w, mine, j);
    if constexpr (variables > 0)
      for (int v = 0; v < variables; ++v) own.value[v][j] = mine[v];
    weight[j] = w;
  }
  own.put_back(round);
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

template <class R, class Index>
struct SynapseBlock {
  const PlasticContext<R>& context;
  const PlasticRow<R>& row;
  const Index* target;
  R* weight;
  R* variables;
  std::uint32_t count;

  PLASTICA_FN SynapseRound<R> round(const RuleView<R>& rule, R* weights, std::uint32_t number, const Position* position) const {
    return {weights, number, variables + rule.first_variable, static_cast<std::size_t>(context.variables), position};
  }
};

template <class R, class F>
PLASTICA_FN void for_each_block(const PlasticContext<R>& context, const PlasticRow<R>& row, const auto* target, F&& f) {
  for (std::uint32_t first = 0; first < row.count; first += synapse_block) {
    const std::uint32_t count = std::min(synapse_block, row.count - first);
    f(SynapseBlock{context, row, target + first, row.weight + first,
                   row.variables + static_cast<std::size_t>(first) * static_cast<std::size_t>(context.variables), count});
  }
}

// One event of each of these synapses, those after `until` left out.
template <class R, class Index>
void replay_round(const SynapseBlock<R, Index>& block, const std::int32_t* step, const Position* position, std::uint32_t count, std::int32_t until) {
  alignas(64) std::int32_t age[synapse_block];
  alignas(64) R weight[synapse_block], since[synapse_block];
  Position chosen[synapse_block];
  std::uint32_t number = 0;
  for (std::uint32_t j = 0; j < count; ++j) {
    const Position s = position[j];
    const std::int32_t event = step[block.target[s]];
    chosen[number] = s;
    age[number] = event - block.row.arrival;
    weight[number] = block.weight[s];
    number += event <= until;
  }
  for (int k = 0; k < block.context.rule_count; ++k) {
    const RuleView<R>& rule = block.context.rules[k];
    const DecayTable<R> table = rule.decay_pre;
    for (std::uint32_t j = 0; j < number; ++j) since[j] = decay(table, age[j]);
    rule.at_post(block.round(rule, weight, number, chosen), rule.constants, block.row.traces[k], since);
  }
  for (std::uint32_t j = 0; j < number; ++j) block.weight[chosen[j]] = weight[j];
}

// The events up to `until` of those among these synapses whose events so far back are not in the weights yet, and all before them.
template <class R, class Index>
void replay(const SynapseBlock<R, Index>& block, const Position* among, std::uint32_t count, std::uint32_t back, std::int32_t until) {
  const HistoryView& history = block.context.history;
  if (back == history.capacity) return;
  const std::int32_t* const step = history.step + back * history.neurons;
  const std::int32_t consumed = block.row.consumed;
  Position position[synapse_block];
  std::uint32_t number = 0;
  for (std::uint32_t j = 0; j < count; ++j) {
    position[number] = among[j];
    number += step[block.target[among[j]]] > consumed;
  }
  if (number == 0) return;
  replay(block, position, number, back + 1, until);
  replay_round(block, step, position, number, until);
}

// The postsynaptic trace of neuron i that rule k reads at `now`: events of that very step and later ones are not in it.
template <class R>
R earlier_trace(const RuleView<R>& rule, const HistoryView& history, std::size_t i, std::int32_t now) {
  for (std::uint32_t back = 1; back < history.capacity; ++back) {
    const std::size_t at = back * history.neurons + i;
    if (history.step[at] < now) return rule.post.value[at] * decay(rule.post.decay, now - history.step[at]);
  }
  return R(0);
}

template <class R, class Index>
void post_traces(const SynapseBlock<R, Index>& block, const RuleView<R>& rule, std::int32_t now, R* y) {
  const HistoryView& history = block.context.history;
  const DecayTable<R> table = rule.post.decay;
  const std::int32_t* const last = history.step;
  const R* const value = rule.post.value;
  const Index* const target = block.target;
  for (std::uint32_t s = 0; s < block.count; ++s) {
    const auto i = static_cast<std::int32_t>(target[s]);
    const std::int32_t since = now - last[i];
    y[s] = value[i] * decay(table, since > 0 ? since : 0);
  }
  Position after[synapse_block];
  std::uint32_t number = 0;
  for (std::uint32_t s = 0; s < block.count; ++s) {
    after[number] = static_cast<Position>(s);
    number += last[target[s]] >= now;
  }
  for (std::uint32_t j = 0; j < number; ++j) y[after[j]] = earlier_trace(rule, history, target[after[j]], now);
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
  const bool owed = !faded(context, row) && now > row.consumed;
  for_each_block(context, row, static_cast<const Index*>(row.target), [&](const SynapseBlock<R, Index>& block) {
    if (owed) replay(block, all_positions.data(), block.count, 0, now);
    for (int k = 0; k < context.rule_count; ++k) {
      const RuleView<R>& rule = context.rules[k];
      alignas(64) R y[synapse_block];
      post_traces(block, rule, now, y);
      rule.at_pre(block.round(rule, block.weight, block.count, all_positions.data()), rule.constants, y, decay(rule.decay_pre, now - row.arrival));
    }
    for (std::uint32_t s = 0; s < block.count; ++s) input[block.target[s]] += context.sign * block.weight[s];
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
    for_each_block(context, row, static_cast<const Index*>(row.target),
                   [&](const SynapseBlock<R, Index>& block) { replay(block, all_positions.data(), block.count, 0, until); });
  row.consumed = until;
}

}  // namespace plastica::inline PLASTICA_ISA
