// One rule, for the synapses of a round: loops over independent synapses, with the rule's functions inside.
#pragma once
#include <array>

#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "engine/kernels/plastic.hpp"
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// The variables of a round's synapses side by side, and back to where they belong. In rows.cpp: not compiled again for every rule.
template <class R>
void take_variables(const SynapseRound<R>& round, int variables, R (*own)[synapse_block]);
template <class R>
void return_variables(const SynapseRound<R>& round, int variables, const bool* stays, const R (*own)[synapse_block]);
template <class R>
void take_weights(const SynapseRound<R>& round, R* before);
template <class R>
void return_weights(const SynapseRound<R>& round, const R* before);

// Whether each variable of a synapse stands still while weights do.
template <class Variant>
constexpr auto stand_still = [] {
  std::array<bool, static_cast<std::size_t>(room(Variant::variables))> stays{};
  if constexpr (Variant::variables > 0)
    for (std::size_t v = 0; v < stays.size(); ++v) stays[v] = Variant::states[v].when_frozen == WhenFrozen::stands_still;
  return stays;
}();

// Calls change(w, own, j) for each synapse of the round, with its weight and its variables. In a round that is held, what stands still gets back
// what it was, whatever the rule makes of it.
template <class R, class Variant, class Change>
PLASTICA_FN void for_each_synapse_of(const SynapseRound<R>& round, Change&& change) {
  constexpr int variables = Variant::variables;
  alignas(64) R own[variables + 1][synapse_block];
  alignas(64) R before[synapse_block];
  const std::uint32_t filled = filled_up(round.count);
  if constexpr (variables > 0) take_variables(round, variables, own);
  R* const weight = round.weight;
  if (round.held) [[unlikely]]
    take_weights(round, before);
#pragma GCC ivdep
  for (std::uint32_t j = 0; j < filled; ++j) {
    R w = weight[j];
    R mine[variables + 1];
    for (int v = 0; v < variables; ++v) mine[v] = own[v][j];
    change(w, mine, j);
    for (int v = 0; v < variables; ++v) own[v][j] = mine[v];
    weight[j] = w;
  }
  if (round.held) [[unlikely]]
    return_weights(round, before);
  if constexpr (variables > 0) return_variables(round, variables, stand_still<Variant>.data(), own);
}

template <class Moment>
PLASTICA_FN void draw(Moment& m, const RoundRandom& random, std::uint32_t j) {
  const auto words = threefry(random.key, random.source, random.target[j], random.step[j], random.more[j] | random.purpose);
  for (int i = 0; i < 4; ++i) m.word[i] = words[static_cast<std::size_t>(i)];
}

// What a rule is told alike at both kinds of events.
template <class R, class Variant>
PLASTICA_FN void tell(Moment<R, Variant>& m, const RoundInput<R>& in, R w, std::uint32_t j) {
  for (int l = 0; l < Variant::levels; ++l) m.level[l] = in.level[l][j];
  for (int n = 0; n < Variant::neurons; ++n) m.neuron[n] = in.neuron[n][j];
  if constexpr (Variant::compares) m.change = w - in.before[j];
  if constexpr (Variant::random) draw(m, in.random, j);
  m.w_max = in.w_max;
}

template <class R, class Variant>
PLASTICA_FN void at_post(R& w, R* own, const typename Variant::template Constants<R>& c, const Moment<R, Variant>& m) {
  if constexpr (Variant::weighted && !Variant::voltage) {
    Variant::potentiate(w, c, m.x[0] * Variant::factor(c, m.y));
  } else if constexpr (Variant::separable) {
    Variant::potentiate(w, c, m.x[0]);
  } else {
    Variant::at_post(w, own, c, m);
  }
}

template <class R, class Variant>
void at_post_kernel(const SynapseRound<R>& round, const void* constants, const RoundInput<R>& input) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  const auto in = input;
  for_each_synapse_of<R, Variant>(round, [=](R& w, R* own, std::uint32_t j) __attribute__((always_inline)) {
    Moment<R, Variant> m;
    for (int t = 0; t < Variant::pre; ++t) m.x[t] = in.trace[t] * in.since[t][j];
    if constexpr (Variant::reads_y_at_post)
      for (int t = 0; t < Variant::post; ++t) m.y[t] = in.y[t][j];
    tell(m, in, w, j);
    at_post<R, Variant>(w, own, c, m);
  });
}

template <class R, class Variant>
void at_pre_kernel(const SynapseRound<R>& round, const void* constants, const RoundInput<R>& input) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  const auto in = input;
  for_each_synapse_of<R, Variant>(round, [=](R& w, R* own, std::uint32_t j) __attribute__((always_inline)) {
    Moment<R, Variant> m;
    for (int t = 0; t < Variant::pre; ++t) m.x[t] = in.trace[t];
    for (int t = 0; t < Variant::post; ++t) m.y[t] = in.y[t][j];
    tell(m, in, w, j);
    if constexpr (Variant::transmits)
      Variant::at_pre(w, own, c, m, in.sent[j]);
    else
      Variant::at_pre(w, own, c, m);
  });
}

template <class R, class Variant>
void advance_rule_kernel(const SynapseRound<R>& round, const void* constants, const RoundInput<R>& input) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  const auto in = input;
  for_each_synapse_of<R, Variant>(round, [=](R& w, R* own, std::uint32_t j) __attribute__((always_inline)) {
    Span<R, Variant> s;
    s.gap = in.gap[j];
    s.w_max = in.w_max;
    for (int l = 0; l < Variant::integrals; ++l) s.integral[l] = in.integral[l][j];
    for (int n = 0; n < Variant::neurons; ++n) s.neuron[n] = in.neuron[n][j];
    if constexpr (Variant::random) draw(s, in.random, j);
    Variant::advance(w, own, c, s);
  });
}

template <class R, class Variant>
void at_tick_kernel(const SynapseRound<R>& round, const void* constants, const RoundInput<R>& input) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  const auto in = input;
  for_each_synapse_of<R, Variant>(round, [=](R& w, R* own, std::uint32_t j) __attribute__((always_inline)) {
    Tick<R, Variant> t;
    t.w_max = in.w_max;
    for (int n = 0; n < Variant::neurons; ++n) t.neuron[n] = in.neuron[n][j];
    if constexpr (Variant::random) draw(t, in.random, j);
    Variant::at_tick(w, own, c, t);
  });
}

template <class R, class Variant>
void contribute_kernel(const SynapseRound<R>& round, const void* constants, R* out) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  for_each_synapse_of<R, Variant>(round, [=](R& w, R* own, std::uint32_t j) __attribute__((always_inline)) { out[j] = Variant::contribution(w, own, c); });
}

// state[n * stride + i] of neuron i.
template <class Variant>
void neuron_tick_kernel(double* state, std::size_t stride, const void* constants, const double* sum, std::size_t count) {
  const auto c = *static_cast<const typename Variant::template Constants<double>*>(constants);
  for (std::size_t i = 0; i < count; ++i) {
    double own[room(Variant::neurons)];
    for (std::size_t n = 0; n < static_cast<std::size_t>(Variant::neurons); ++n) own[n] = state[n * stride + i];
    Variant::neuron_tick(own, c, sum[i]);
    for (std::size_t n = 0; n < static_cast<std::size_t>(Variant::neurons); ++n) state[n * stride + i] = own[n];
  }
}

template <class R, class Variant>
void axon_advance_kernel(R* own, const void* constants, R gap) {
  Variant::advance(own, *static_cast<const typename Variant::template Constants<R>*>(constants), gap);
}
template <class R, class Variant>
R axon_release_kernel(R* own, const void* constants) {
  return Variant::release(own, *static_cast<const typename Variant::template Constants<R>*>(constants));
}

}  // namespace plastica::inline PLASTICA_ISA
