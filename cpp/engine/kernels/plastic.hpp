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

namespace plastica::inline PLASTICA_ISA {

PLASTICA_FN std::uint32_t filled_up(std::uint32_t count) { return (count + synapse_lanes - 1) / synapse_lanes * synapse_lanes; }

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

// ---- a block of a row ---------------------------------------------------------------------------------------------------------------

template <class R, class Index>
struct SynapseBlock {
  const PlasticContext<R>& context;
  const PlasticRow<R>& row;
  const Index* target;
  R* variables;
  std::uint32_t first;  // of the row's synapses
  std::uint32_t count;
  alignas(64) R weight[synapse_block];

  PLASTICA_FN SynapseBlock(const PlasticContext<R>& rules, const PlasticRow<R>& whole, std::uint32_t begin)
      : context(rules),
        row(whole),
        target(static_cast<const Index*>(whole.target) + begin),
        variables(whole.variables + begin),
        first(begin),
        count(std::min(synapse_block, whole.count - begin)) {
    std::copy_n(row.weight + begin, count, weight);
    std::fill_n(weight + count, filled_up(count) - count, R(0));
  }

  PLASTICA_FN SynapseRound<R> round(const RuleView<R>& rule, R* weights, const Position* position, std::uint32_t number, bool inert = false) const {
    return {number, weights, variables + static_cast<std::size_t>(rule.first_variable) * row.count, row.count, position, context.held || inert};
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

// ---- what rules are told of a round -------------------------------------------------------------------------------------------------

// Scratch of a round; columns are written to only where some rule asks for them.
template <class R>
struct RoundScratch {
  alignas(64) R since[max_traces][synapse_block];
  alignas(64) R y[max_traces][synapse_block];
  alignas(64) R level[max_levels][synapse_block];
  alignas(64) R integral[max_integrals][synapse_block];
  alignas(64) R neuron[max_neurons][synapse_block];
  alignas(64) R before[synapse_block];
  alignas(64) R gap[synapse_block];
  alignas(64) R sent[synapse_block];
  alignas(64) std::uint32_t who[synapse_block], when[synapse_block], more[synapse_block];
};

// The moments of a round's events, and the moments before them to which variables have been advanced.
struct RoundTimes {
  std::uint32_t count;
  const Position* position;
  const std::int32_t* event;
  const std::int32_t* last;  // null where no rule evolves
};

// What differs between the calls for one event: kinds of random numbers.
enum class Call : std::uint32_t { advance = 1, post = 2, pre = 3, tick = 4 };

template <class R, class Index>
PLASTICA_FN void tell_random(const SynapseBlock<R, Index>& block, const RoundTimes& times, RoundScratch<R>& scratch) {
  const std::int64_t origin = block.context.origin;
  std::uint32_t twin = 0;
  for (std::uint32_t j = 0; j < times.count; ++j) {
    const Position s = times.position[j];
    // Several synapses between the same two neurons with one delay lie side by side; positions rise.
    const Index* const target = block.target + s;
    if (j > 0 && block.target[times.position[j - 1]] == *target) {
      twin += s - times.position[j - 1];
    } else {
      for (twin = 0; twin < block.first + s && *(target - twin - 1) == *target;) ++twin;
    }
    const auto step = static_cast<std::uint64_t>(origin + times.event[j]);
    scratch.who[j] = block.context.first + block.target[s];
    scratch.when[j] = static_cast<std::uint32_t>(step);
    scratch.more[j] = static_cast<std::uint32_t>(step >> 32) << 24 | twin << 8;
  }
  for (std::uint32_t j = times.count; j < filled_up(times.count); ++j) scratch.who[j] = scratch.when[j] = scratch.more[j] = 0;
}

// What all rules are told alike.
template <class R, class Index>
PLASTICA_FN RoundInput<R> tell_all(const SynapseBlock<R, Index>& block, const RoundTimes& times, RoundScratch<R>& scratch) {
  const PlasticContext<R>& context = block.context;
  const std::uint32_t filled = filled_up(times.count);
  RoundInput<R> in{};
  in.w_max = context.w_max;
  if (times.last != nullptr) {
    for (std::uint32_t j = 0; j < times.count; ++j) scratch.gap[j] = static_cast<R>(times.event[j] - times.last[j]) * context.dt;
    std::fill_n(scratch.gap + times.count, filled - times.count, R(0));
    in.gap = scratch.gap;
  }
  if (context.random) {
    tell_random(block, times, scratch);
    in.random = {context.key, block.row.source, 0, scratch.who, scratch.when, scratch.more};
  }
  return in;
}

template <class R, class Index>
PLASTICA_FN void tell_neurons(const SynapseBlock<R, Index>& block, const RuleView<R>& rule, const RoundTimes& times, RoundScratch<R>& scratch,
                              RoundInput<R>& in) {
  const std::uint32_t filled = filled_up(times.count);
  for (int n = 0; n < rule.neuron_count; ++n) {
    for (std::uint32_t j = 0; j < times.count; ++j) scratch.neuron[n][j] = rule.neuron[n][block.target[times.position[j]]];
    std::fill_n(scratch.neuron[n] + times.count, filled - times.count, R(0));
    in.neuron[n] = scratch.neuron[n];
  }
}

template <class R, class Index>
PLASTICA_FN void tell_levels(const SynapseBlock<R, Index>& block, const RuleView<R>& rule, const RoundTimes& times, RoundScratch<R>& scratch,
                             RoundInput<R>& in) {
  const std::int64_t origin = block.context.origin + block.row.dendritic;
  for (int l = 0; l < rule.level_count; ++l) {
    const LevelView& view = rule.level[l];
    for (std::uint32_t j = 0; j < times.count; ++j)
      scratch.level[l][j] = static_cast<R>(view.level[static_cast<std::uint32_t>(origin + times.event[j]) & view.mask]);
    std::fill_n(scratch.level[l] + times.count, filled_up(times.count) - times.count, R(0));
    in.level[l] = scratch.level[l];
  }
}

template <class R, class Index>
PLASTICA_FN void tell_integrals(const SynapseBlock<R, Index>& block, const RuleView<R>& rule, const RoundTimes& times, RoundScratch<R>& scratch,
                                RoundInput<R>& in) {
  const std::int32_t origin = block.context.integral_origin - block.row.dendritic;
  for (int l = 0; l < rule.integral_count; ++l) {
    const IntegralView& view = rule.integral[l];
    for (std::uint32_t j = 0; j < times.count; ++j) {
      const std::int32_t from = times.last[j] - origin, to = times.event[j] - origin;
      scratch.integral[l][j] = static_cast<R>(view.growth[from] * (view.sum[to] - view.sum[from]));
    }
    std::fill_n(scratch.integral[l] + times.count, filled_up(times.count) - times.count, R(0));
    in.integral[l] = scratch.integral[l];
  }
}

PLASTICA_FN void draw_for(RoundRandom& random, int rule, Call call) {
  random.purpose = static_cast<std::uint32_t>(rule) << 4 | static_cast<std::uint32_t>(call);
}

// Variables of all rules move on to the round's events.
template <class R, class Index>
PLASTICA_FN void advance_round(const SynapseBlock<R, Index>& block, const RoundTimes& times, R* weight, RoundScratch<R>& scratch, RoundInput<R>& in) {
  for (int k = 0; k < block.context.rule_count; ++k) {
    const RuleView<R>& rule = block.context.rules[k];
    if (rule.advance == nullptr) continue;
    tell_neurons(block, rule, times, scratch, in);
    tell_integrals(block, rule, times, scratch, in);
    draw_for(in.random, rule.number, Call::advance);
    rule.advance(block.round(rule, weight, times.position, times.count), rule.constants, in);
  }
}

template <class R>
PLASTICA_FN void remember(const PlasticContext<R>& context, const R* weight, std::uint32_t filled, RoundScratch<R>& scratch, RoundInput<R>& in) {
  if (!context.compares) return;
  std::copy_n(weight, filled, scratch.before);
  in.before = scratch.before;
}

// ---- postsynaptic events ------------------------------------------------------------------------------------------------------------

// One event of each of these synapses, so far back in their neurons' histories; those after `until` are left out.
template <class R, class Index>
void play_round(SynapseBlock<R, Index>& block, std::uint32_t back, const Position* among, std::uint32_t count, std::int32_t until) {
  const PlasticContext<R>& context = block.context;
  const HistoryView& history = context.history;
  const std::int32_t* const step = history.step + back * history.neurons;
  const Index* const target = block.target;
  const std::int32_t arrival = block.row.arrival, base = block.row.base;
  Position position[synapse_block];
  alignas(64) std::int32_t age[synapse_block], event[synapse_block], last[synapse_block];
  std::uint32_t number = 0;
#pragma GCC unroll 4
  for (std::uint32_t j = 0; j < count; ++j) {
    const std::int32_t when = step[target[among[j]]];
    position[number] = among[j];
    event[number] = when;
    age[number] = when - arrival;
    number += when <= until;
  }
  if (number == 0) return;
  const std::uint32_t filled = filled_up(number);
  RoundScratch<R> scratch;
  alignas(64) R weight[synapse_block];
#pragma GCC unroll 4
  for (std::uint32_t j = 0; j < number; ++j) weight[j] = block.weight[position[j]];
  std::fill_n(weight + number, filled - number, R(0));
  std::fill_n(age + number, filled - number, 0);
  if (context.evolves) {
    const bool first = back + 1 == history.capacity;
    const std::int32_t* const previous = step + history.neurons;
    for (std::uint32_t j = 0; j < number; ++j) {
      const std::int32_t earlier = first ? never : previous[target[position[j]]];
      last[j] = earlier < context.made ? base : std::max(base, earlier);
    }
  }
  const RoundTimes times{number, position, event, context.evolves ? last : nullptr};
  RoundInput<R> in = tell_all(block, times, scratch);
  if (context.evolves) advance_round(block, times, weight, scratch, in);
  remember(context, weight, filled, scratch, in);
  for (int k = 0; k < context.rule_count; ++k) {
    const RuleView<R>& rule = context.rules[k];
    if (rule.at_post == nullptr) continue;
    for (int t = 0; t < rule.pre_count; ++t) {
      in.trace[t] = block.row.traces[rule.first_trace + t];
      decays(rule.pre[t].decay, age, filled, scratch.since[t]);
      in.since[t] = scratch.since[t];
    }
    for (int t = 0; t < rule.post_count && rule.reads_y_at_post; ++t) {
      const R* const before = rule.post[t].before + back * history.neurons;
      for (std::uint32_t j = 0; j < number; ++j) scratch.y[t][j] = before[target[position[j]]];
      std::fill_n(scratch.y[t] + number, filled - number, R(0));
      in.y[t] = scratch.y[t];
    }
    tell_neurons(block, rule, times, scratch, in);
    tell_levels(block, rule, times, scratch, in);
    draw_for(in.random, rule.number, Call::post);
    rule.at_post(block.round(rule, weight, position, number), rule.constants, in);
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
  const std::int32_t consumed = std::max(block.row.consumed, block.context.made - 1);
  Position owed[synapse_block];
  std::uint32_t number = 0;
#pragma GCC unroll 4
  for (std::uint32_t j = 0; j < count; ++j) {
    owed[number] = among[j];
    number += step[target[among[j]]] > consumed;
  }
  if (number == 0) return;
  replay(block, owed, number, back + 1, until);
  play_round(block, back, owed, number, until);
}

// ---- presynaptic events -------------------------------------------------------------------------------------------------------------

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

// To which moment each synapse's variables have been advanced: the row's, or the last postsynaptic event not after `now`.
template <class R, class Index>
void last_advances(const SynapseBlock<R, Index>& block, std::int32_t now, std::int32_t* last) {
  const HistoryView& history = block.context.history;
  const std::int32_t base = block.row.base;
  if (!block.context.listens) {
    std::fill_n(last, block.count, base);
    return;
  }
  for (std::uint32_t s = 0; s < block.count; ++s) {
    const std::size_t i = block.target[s];
    std::int32_t event = never;
    for (std::uint32_t back = 0; back < history.capacity; ++back) {
      event = history.step[back * history.neurons + i];
      if (event <= now) break;
    }
    last[s] = event > now || event < block.context.made ? base : std::max(base, event);
  }
}

// After this long, no rule sees the row's arrivals any more, and postsynaptic events do nothing.
template <class R>
bool faded(const PlasticContext<R>& context, const PlasticRow<R>& row) {
  if (!context.listens) return true;
  if (context.everywhere || context.evolves) return false;
  for (int k = 0; k < context.rule_count; ++k)
    for (int t = 0; t < context.rules[k].pre_count; ++t)
      if (row.consumed - row.arrival < context.rules[k].pre[t].decay.length) return false;
  return true;
}

// The rules that act at this visit, each at the arrival `now`.
template <class R, class Index>
PLASTICA_FN void arrive_at_block(SynapseBlock<R, Index>& block, std::int32_t now, Visit visit, RoundScratch<R>& scratch, RoundInput<R>& in,
                                 const RoundTimes& times) {
  const PlasticContext<R>& context = block.context;
  const std::uint32_t filled = filled_up(block.count);
  if (context.transmits) {
    std::fill_n(scratch.sent, filled, R(1));
    in.sent = scratch.sent;
  }
  remember(context, block.weight, filled, scratch, in);
  for (int k = 0; k < context.rule_count; ++k) {
    const RuleView<R>& rule = context.rules[k];
    if (rule.at_pre == nullptr || rule.lagged != (visit == Visit::lagged)) continue;
    for (int t = 0; t < rule.pre_count; ++t) in.trace[t] = block.row.traces[rule.first_trace + t] * decay(rule.pre[t].decay, now - block.row.arrival);
    for (int t = 0; t < rule.post_count; ++t) {
      post_traces(block, rule.post[t], now, scratch.y[t]);
      in.y[t] = scratch.y[t];
    }
    tell_neurons(block, rule, times, scratch, in);
    tell_levels(block, rule, times, scratch, in);
    draw_for(in.random, rule.number, Call::pre);
    rule.at_pre(block.round(rule, block.weight, all_positions.data(), block.count, block.row.inert), rule.constants, in);
  }
}

// What the arrival adds to the row's traces.
template <class R>
PLASTICA_FN void mark_arrival(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t now, Visit visit) {
  const std::int32_t age = now - row.arrival;
  for (int k = 0; k < context.rule_count; ++k) {
    const RuleView<R>& rule = context.rules[k];
    for (int t = 0; t < rule.pre_count; ++t) {
      R& trace = row.traces[rule.first_trace + t];
      const PreTrace<R>& kind = rule.pre[t];
      const R left = trace * decay(kind.decay, age);
      const R more = kind.suppression.value == nullptr ? R(1) : R(1) - decay(kind.suppression, age);
      trace = rule.lagged != (visit == Visit::lagged) ? left : kind.nearest ? R(1) : left + more;
    }
  }
  row.arrival = now;
}

template <class R, class Index>
void arrive_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t now, Visit visit, R efficacy, R* input) {
  const bool blank = faded(context, row);
  const R scale = context.sign * efficacy;
  for_each_block<Index>(context, row, [&](SynapseBlock<R, Index>& block) {
    if (!blank) replay(block, all_positions.data(), block.count, 0, now);
    RoundScratch<R> scratch;
    alignas(64) std::int32_t event[synapse_block], last[synapse_block];
    RoundTimes times{block.count, all_positions.data(), event, nullptr};
    std::fill_n(event, block.count, now);
    if (context.evolves) {
      last_advances(block, now, last);
      times.last = last;
    }
    RoundInput<R> in = tell_all(block, times, scratch);
    if (context.evolves) advance_round(block, times, block.weight, scratch, in);
    arrive_at_block(block, now, visit, scratch, in, times);
    if (visit == Visit::lagged) return;
    if (context.transmits) {
      for (std::uint32_t s = 0; s < block.count; ++s) input[block.target[s]] += scale * (block.weight[s] * scratch.sent[s]);
    } else {
#pragma GCC unroll 4
      for (std::uint32_t s = 0; s < block.count; ++s) input[block.target[s]] += scale * block.weight[s];
    }
  });
  mark_arrival(context, row, now, visit);
  row.consumed = now;
  row.base = now;
}

// ---- without a spike ----------------------------------------------------------------------------------------------------------------

template <class R, class Index>
void catch_up_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t until) {
  if (until <= row.consumed) return;
  if (!faded(context, row))
    for_each_block<Index>(context, row, [&](SynapseBlock<R, Index>& block) { replay(block, all_positions.data(), block.count, 0, until); });
  row.consumed = until;
}

template <class R, class Index>
void advance_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t now) {
  if (!context.evolves || now <= row.base) return;
  for_each_block<Index>(context, row, [&](SynapseBlock<R, Index>& block) {
    RoundScratch<R> scratch;
    alignas(64) std::int32_t event[synapse_block], last[synapse_block];
    std::fill_n(event, block.count, now);
    last_advances(block, now - 1, last);
    const RoundTimes times{block.count, all_positions.data(), event, last};
    RoundInput<R> in = tell_all(block, times, scratch);
    advance_round(block, times, block.weight, scratch, in);
  });
  row.base = now;
}

template <class R, class Index>
void tick_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, int which, std::int32_t now) {
  const RuleView<R>& rule = context.rules[which];
  for_each_block<Index>(context, row, [&](SynapseBlock<R, Index>& block) {
    RoundScratch<R> scratch;
    alignas(64) std::int32_t event[synapse_block];
    std::fill_n(event, block.count, now);
    const RoundTimes times{block.count, all_positions.data(), event, nullptr};
    RoundInput<R> in = tell_all(block, times, scratch);
    tell_neurons(block, rule, times, scratch, in);
    draw_for(in.random, rule.number, Call::tick);
    rule.at_tick(block.round(rule, block.weight, all_positions.data(), block.count), rule.constants, in);
  });
}

}  // namespace plastica::inline PLASTICA_ISA
