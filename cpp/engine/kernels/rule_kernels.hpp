// The kernels of a rule, for each of its variants.
#pragma once
#include <cstdint>
#include <tuple>

#include "engine/kernels/part_kernels.hpp"
#include "engine/kernels/rules.hpp"
#include "engine/kernels/running.hpp"
#include "engine/kernels/table.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Variant>
constexpr void fill_synaptic(RuleKernels<R>& kernels) {
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
constexpr RuleKernels<R> kernels_of_variant() {
  RuleKernels<R> kernels{};
  static_assert(Variant::pre <= max_traces && Variant::post <= max_traces && Variant::levels <= max_levels);
  static_assert(Variant::integrals <= max_integrals && Variant::neurons <= max_neurons);
  if constexpr (Variant::axon)
    kernels.axon = {axon_advance_kernel<R, Variant>, axon_release_kernel<R, Variant>};
  else
    fill_synaptic<R, Variant>(kernels);
  return kernels;
}

template <class R, class... Variant>
VariantKernels<R> kernels_of_variants(std::tuple<Variant...>* /*variants*/) {
  static constexpr RuleKernels<R> variants[] = {kernels_of_variant<R, Variant>()...};
  return {variants};
}

template <class R, class Rule>
VariantKernels<R> rule_kernels() {
  return kernels_of_variants<R>(static_cast<typename Rule::Variants*>(nullptr));
}

}  // namespace plastica::inline PLASTICA_ISA
