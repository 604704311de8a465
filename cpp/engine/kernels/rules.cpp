// Fills what concerns plasticity in the table of kernels for one instruction set; apart from kernels.cpp, so that both compile at once.
#include "engine/kernels/rules.hpp"

#include <tuple>
#include <utility>

#include "engine/kernels/running.hpp"
#include "engine/kernels/table.hpp"
#include "parts/plasticity/all.hpp"

namespace plastica::inline PLASTICA_ISA {
namespace {

template <class R, class Variant>
void fill_synaptic(RuleKernels<R>& kernels) {
  if constexpr (Variant::evolves) kernels.advance = advance_rule_kernel<R, Variant>;
  if constexpr (!Variant::voltage) {
    if constexpr (Variant::separable || requires { &Variant::template at_post<R>; }) kernels.at_post = at_post_kernel<R, Variant>;
    if constexpr (requires { &Variant::template at_pre<R>; }) kernels.at_pre = at_pre_kernel<R, Variant>;
  }
  if constexpr (Variant::ticks) {
    kernels.at_tick = at_tick_kernel<R, Variant>;
    if constexpr (Variant::neurons > 0) {
      kernels.contribute = contribute_kernel<R, Variant>;
      kernels.neuron_tick = neuron_tick_kernel<Variant>;
    }
  }
  if constexpr (Variant::separable && !Variant::weighted) {
    kernels.arrive_table[0] = arrive_table_kernel<R, std::uint32_t, Variant>;
    kernels.arrive_table[1] = arrive_table_kernel<R, std::uint16_t, Variant>;
    kernels.retire_table[0] = retire_table_kernel<R, std::uint32_t, Variant>;
    kernels.retire_table[1] = retire_table_kernel<R, std::uint16_t, Variant>;
  }
  if constexpr (Variant::weighted) {
    kernels.arrive_running[0] = arrive_running_kernel<R, std::uint32_t, Variant>;
    kernels.arrive_running[1] = arrive_running_kernel<R, std::uint16_t, Variant>;
    kernels.pay_running[0] = pay_running_kernel<R, std::uint32_t, Variant>;
    kernels.pay_running[1] = pay_running_kernel<R, std::uint16_t, Variant>;
    if constexpr (Variant::voltage)
      kernels.gate = gate_kernel<R, Variant>;
    else
      kernels.factor = factor_kernel<R, Variant>;
  }
}

template <class R, class Variant>
void fill_variant(RuleKernels<R>& kernels) {
  static_assert(Variant::pre <= max_traces && Variant::post <= max_traces && Variant::levels <= max_levels);
  static_assert(Variant::integrals <= max_integrals && Variant::neurons <= max_neurons);
  if constexpr (Variant::axon)
    kernels.axon = {axon_advance_kernel<R, Variant>, axon_release_kernel<R, Variant>};
  else
    fill_synaptic<R, Variant>(kernels);
}

template <class R, class Rule, std::size_t... V>
void fill_rule(Kernels<R>& table, std::size_t i, std::index_sequence<V...> /*v*/) {
  static_assert(sizeof...(V) <= max_variants);
  (fill_variant<R, std::tuple_element_t<V, typename Rule::Variants>>(table.rule[i][V]), ...);
}

template <class R, std::size_t... I>
void fill_all(Kernels<R>& table, std::index_sequence<I...> /*i*/) {
  (fill_rule<R, std::tuple_element_t<I, Rules>>(table, I, std::make_index_sequence<std::tuple_size_v<typename std::tuple_element_t<I, Rules>::Variants>>{}),
   ...);
}

template <class R, class Index>
void fill_rows(RowKernels<R>& rows, std::size_t narrow) {
  rows.arrive[narrow] = arrive_kernel<R, Index>;
  rows.catch_up[narrow] = catch_up_kernel<R, Index>;
  rows.advance[narrow] = advance_kernel<R, Index>;
  rows.tick[narrow] = tick_kernel<R, Index>;
  rows.fetch_table[narrow] = fetch_table_kernel<R, Index>;
}

}  // namespace

template <class R>
void fill_rules(Kernels<R>& table) {
  static_assert(std::tuple_size_v<Rules> <= max_rules);
  fill_all(table, std::make_index_sequence<std::tuple_size_v<Rules>>{});
  fill_rows<R, std::uint32_t>(table.rows, 0);
  fill_rows<R, std::uint16_t>(table.rows, 1);
  table.decay = decay_kernel<R>;
  table.filter = filter_kernel<R>;
}
template void fill_rules<float>(Kernels<float>& table);
template void fill_rules<double>(Kernels<double>& table);

}  // namespace plastica::inline PLASTICA_ISA
