// Plastic delivery for rules whose postsynaptic events have a factor of their own (Variant::weighted): what the events since the last arrival
// add up to is the difference of two readings of a running sum (network/epochs.hpp), the first of which each synapse keeps.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// What the row is owed, then the arrival's own change.
template <class R, class Index, class Variant>
PLASTICA_FN void learn_from_sums(const RunningRow<R>& row, const RunningInput<R>& in) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(in.constants);
  const auto* const target = static_cast<const Index*>(row.target);
  R* const weight = row.weight;
  R* const seen = row.seen;
  const R* const sum = row.sum;
  const R* const present = row.present;
  const R x_at_start = row.x_at_start, w_max = in.w_max;
  const std::uint32_t count = row.count;
  R x[room(Variant::pre)];
  const R* y[room(Variant::post)];
  const R* neuron[room(Variant::neurons)];
  for (int t = 0; t < Variant::pre; ++t) x[t] = row.x[t];
  for (int t = 0; t < Variant::post; ++t) y[t] = in.y[t];
  for (int n = 0; n < Variant::neurons; ++n) neuron[n] = in.neuron[n];
#pragma GCC ivdep
  for (std::uint32_t s = 0; s < count; ++s) {
    const auto i = static_cast<std::int32_t>(target[s]);
    R w = weight[s];
    Variant::potentiate(w, c, x_at_start * (sum[i] - seen[s]));
    Moment<R, Variant> m;
    for (int t = 0; t < Variant::pre; ++t) m.x[t] = x[t];
    for (int t = 0; t < Variant::post; ++t) m.y[t] = y[t] == nullptr ? R(0) : y[t][i];
    for (int n = 0; n < Variant::neurons; ++n) m.neuron[n] = neuron[n][i];
    m.w_max = w_max;
    Variant::at_pre(w, static_cast<R*>(nullptr), c, m);
    weight[s] = w;
    seen[s] = present[i];
  }
}

// Weights stand still: nothing is owed for what has been up to now.
template <class R, class Index>
PLASTICA_FN void pass_over(const RunningRow<R>& row) {
  const auto* const target = static_cast<const Index*>(row.target);
  for (std::uint32_t s = 0; s < row.count; ++s) row.seen[s] = row.present[static_cast<std::int32_t>(target[s])];
}

// Arrivals seldom call it: a copy in each would be compiled for nothing.
template <class R, class Index, class Variant>
[[gnu::noinline]] void pay_running_kernel(const RunningRow<R>& row, const RunningInput<R>& in) {
  if (in.held) return pass_over<R, Index>(row);
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(in.constants);
  const auto* const target = static_cast<const Index*>(row.target);
  R* const weight = row.weight;
  R* const seen = row.seen;
  const R* const sum = row.sum;
  const R* const present = row.present;
  const R x_at_start = row.x_at_start;
  const std::uint32_t count = row.count;
#pragma GCC ivdep
  for (std::uint32_t s = 0; s < count; ++s) {
    const auto i = static_cast<std::int32_t>(target[s]);
    R w = weight[s];
    Variant::potentiate(w, c, x_at_start * (sum[i] - seen[s]));
    weight[s] = w;
    seen[s] = present[i];
  }
}

template <class R, class Index, class Variant>
void arrive_running_kernel(const RunningRow<R>& row, const RunningInput<R>& in, R sign, R* input) {
  if (in.held || row.inert)
    pay_running_kernel<R, Index, Variant>(row, in);
  else
    learn_from_sums<R, Index, Variant>(row, in);
  const auto* const target = static_cast<const Index*>(row.target);
  const R* const weight = row.weight;
  for (std::uint32_t s = 0; s < row.count; ++s) input[target[s]] += sign * weight[s];
}

template <class R, class Variant>
void factor_kernel(const void* constants, const R* const* y, std::size_t count, R* out) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  for (std::size_t e = 0; e < count; ++e) {
    R own[room(Variant::post)];
    for (int t = 0; t < Variant::post; ++t) own[t] = y[t][e];
    out[e] = Variant::factor(c, own);
  }
}

template <class R, class Variant>
void gate_kernel(const void* constants, const R* V, const R* V_high, std::size_t count, R* out) {
  const auto c = *static_cast<const typename Variant::template Constants<R>*>(constants);
  for (std::size_t i = 0; i < count; ++i) out[i] = Variant::gate(c, V[i], V_high[i]);
}

// V moves on by a step.
template <class R>
void filter_kernel(R* low, R* high, R* mean, R* last, const R* V, const R* losses, R V_mean, std::size_t count) {
  const R a = losses[0], b = losses[1], d = losses[2];
  for (std::size_t i = 0; i < count; ++i) {
    const R v = last[i], away = v - V_mean;
    low[i] += (v - low[i]) * a;
    high[i] += (v - high[i]) * b;
    mean[i] += (away * away - mean[i]) * d;
    last[i] = V[i];
  }
}

}  // namespace plastica::inline PLASTICA_ISA
