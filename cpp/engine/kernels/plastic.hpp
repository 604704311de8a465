// Spikes onto plastic synapses: at each presynaptic arrival the postsynaptic events since the last visit are replayed from the
// neurons' histories. Every change is computed from the same numbers whenever it is computed, so a visit more or less
// (a weight that was read, a sweep) leaves no trace in the result.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"
#include "parts/plasticity/all.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
PLASTICA_FN R decay(const DecayTable<R>& table, std::int32_t steps) {
  return table.value[steps < table.length ? steps : table.length];
}

// The rules of a row: one, inlined ...
template <class R, class Variant>
struct OneRule {
  const RuleView<R>& rule;
  typename Variant::template Constants<R> constants;
  PLASTICA_FN explicit OneRule(const PlasticContext<R>& c)
      : rule(c.rules[0]), constants(*static_cast<const typename Variant::template Constants<R>*>(rule.constants)) {}

  static constexpr int variables = Variant::variables;
  PLASTICA_FN static constexpr int count() { return 1; }
  PLASTICA_FN const RuleView<R>& view(int /*k*/) const { return rule; }
  PLASTICA_FN void at_post(int /*k*/, R& w, R* own, R x, R since) const { Variant::at_post(w, own, constants, x, since); }
  PLASTICA_FN void at_pre(int /*k*/, R& w, R* own, R y, R since) const { Variant::at_pre(w, own, constants, y, since); }
};

// ... or a list, called one after another at every event.
template <class R>
struct RuleList {
  const PlasticContext<R>& context;
  PLASTICA_FN explicit RuleList(const PlasticContext<R>& c) : context(c) {}

  static constexpr int variables = -1;
  PLASTICA_FN int count() const { return context.rule_count; }
  PLASTICA_FN const RuleView<R>& view(int k) const { return context.rules[k]; }
  PLASTICA_FN void at_post(int k, R& w, R* own, R x, R since) const {
    const RuleView<R>& rule = view(k);
    rule.at_post(w, own + rule.first_variable, rule.constants, x, since);
  }
  PLASTICA_FN void at_pre(int k, R& w, R* own, R y, R since) const {
    const RuleView<R>& rule = view(k);
    rule.at_pre(w, own + rule.first_variable, rule.constants, y, since);
  }
};

// The weight after the events of neuron i in (consumed, until].
template <class R, class Rules>
R replay(const Rules& rules, const HistoryView& history, const PlasticRow<R>& row, std::size_t i, R w, R* own, std::int32_t until) {
  const std::int32_t* const ring = history.ring + i * history.capacity;
  const std::uint32_t mask = history.capacity - 1;
  const std::uint32_t end = history.count[i];
  std::uint32_t first = end;
  while (end - first < history.capacity && ring[(first - 1) & mask] > row.consumed) --first;
  for (std::uint32_t e = first; e != end; ++e) {
    const std::int32_t step = ring[e & mask];
    if (step > until) break;
    for (int k = 0; k < rules.count(); ++k) {
      const R since = decay(rules.view(k).decay_pre, step - row.arrival);
      rules.at_post(k, w, own, row.traces[k] * since, since);
    }
  }
  return w;
}

// The postsynaptic trace that rule k reads at `now`: events of that very step and later ones are not in it.
template <class R>
PLASTICA_FN R post_trace(const RuleView<R>& rule, const HistoryView& history, std::size_t i, std::int32_t last, std::int32_t now) {
  if (last < now) [[likely]]
    return rule.post.last[i] * decay(rule.post.decay, now - last);
  const std::uint32_t mask = history.capacity - 1;
  const std::size_t base = i * history.capacity;
  for (std::uint32_t e = history.count[i] - 1; history.count[i] - e <= history.capacity; --e) {
    const std::int32_t step = history.ring[base + (e & mask)];
    if (step < now) return rule.post.ring[base + (e & mask)] * decay(rule.post.decay, now - step);
  }
  return R(0);
}

// After this long, no rule sees the row's arrivals any more.
template <class R, class Rules>
PLASTICA_FN bool faded(const Rules& rules, const PlasticRow<R>& row) {
  bool all = true;
  for (int k = 0; k < rules.count(); ++k) all = all && row.consumed - row.arrival >= rules.view(k).decay_pre.length;
  return all;
}

template <class R, class Index, template <class...> class Rules, class... Variant>
void arrive_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t now, R* input) {
  const Rules<R, Variant...> rules(context);
  const HistoryView& history = context.history;
  const auto* const target = static_cast<const Index*>(row.target);
  const int variables = rules.variables >= 0 ? rules.variables : context.variables;
  const std::int32_t consumed = faded<R>(rules, row) ? now : row.consumed;
  R* own = row.variables;
  for (std::uint32_t s = 0; s < row.count; ++s, own += variables) {
    const std::size_t i = target[s];
    const std::int32_t last = history.last[i];
    R w = row.weight[s];
    if (last > consumed) w = replay<R>(rules, history, row, i, w, own, now);
    for (int k = 0; k < rules.count(); ++k) {
      const RuleView<R>& rule = rules.view(k);
      const R since = rules.variables == 0 ? R(0) : decay(rule.decay_pre, now - row.arrival);
      rules.at_pre(k, w, own, post_trace(rule, history, i, last, now), since);
    }
    row.weight[s] = w;
    input[i] += context.sign * w;
  }
  for (int k = 0; k < rules.count(); ++k) {
    const RuleView<R>& rule = rules.view(k);
    row.traces[k] = rule.nearest_pre ? R(1) : row.traces[k] * decay(rule.decay_pre, now - row.arrival) + R(1);
  }
  row.arrival = now;
  row.consumed = now;
}

template <class R, class Index, template <class...> class Rules, class... Variant>
void catch_up_kernel(const PlasticContext<R>& context, PlasticRow<R>& row, std::int32_t until) {
  const Rules<R, Variant...> rules(context);
  const auto* const target = static_cast<const Index*>(row.target);
  const int variables = rules.variables >= 0 ? rules.variables : context.variables;
  if (until <= row.consumed) return;
  if (!faded<R>(rules, row)) {
    R* own = row.variables;
    for (std::uint32_t s = 0; s < row.count; ++s, own += variables)
      if (context.history.last[target[s]] > row.consumed) row.weight[s] = replay<R>(rules, context.history, row, target[s], row.weight[s], own, until);
  }
  row.consumed = until;
}

}  // namespace plastica::inline PLASTICA_ISA
