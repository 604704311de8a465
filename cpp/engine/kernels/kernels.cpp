// Fills the table of kernels for one instruction set. CMake compiles this file once for each.
#include "engine/kernels/kernels.hpp"

#include <tuple>
#include <utility>

#include "engine/kernels/deliver.hpp"
#include "engine/kernels/draw.hpp"
#include "engine/kernels/fused.hpp"
#include "engine/kernels/stimulate.hpp"
#include "engine/kernels/update.hpp"

namespace plastica::inline PLASTICA_ISA {

// In rules.cpp.
template <class R>
void fill_rules(Kernels<R>& table);

namespace {

template <class R, std::size_t... I>
void fill_membranes(Kernels<R>& table, std::index_sequence<I...> /*i*/) {
  ((table.membrane[I][0][0] = membrane_kernel<R, std::tuple_element_t<I, Membranes>, false, false>,
    table.membrane[I][0][1] = membrane_kernel<R, std::tuple_element_t<I, Membranes>, false, true>,
    table.membrane[I][1][0] = membrane_kernel<R, std::tuple_element_t<I, Membranes>, true, false>,
    table.membrane[I][1][1] = membrane_kernel<R, std::tuple_element_t<I, Membranes>, true, true>),
   ...);
}

template <class R, std::size_t... I>
void fill_receptors(Kernels<R>& table, std::index_sequence<I...> /*i*/) {
  ((table.receptor[I][0] = receptor_kernel<R, std::tuple_element_t<I, Receptors>, false>,
    table.receptor[I][1] = receptor_kernel<R, std::tuple_element_t<I, Receptors>, true>),
   ...);
}

template <class Part, class... List>
constexpr std::size_t position(std::tuple<List...>* /*list*/) {
  std::size_t at = 0;
  ((std::is_same_v<Part, List> ? false : (++at, true)) && ...);
  return at;
}

template <class R, Differs differs, unsigned gains, class Membrane, class First, class... Second>
void fill_fused_pairs(Kernels<R>& table, std::tuple<Second...>* /*second*/) {
  auto& kernels = table.fused[static_cast<std::size_t>(differs)][gains][position<Membrane>(static_cast<Membranes*>(nullptr))];
  constexpr std::size_t first = 1 + position<First>(static_cast<Receptors*>(nullptr));
  if constexpr (gains < 2) kernels[first][0] = fused_kernel<R, differs, gains, Membrane, First>;
  ((kernels[first][1 + position<Second>(static_cast<Receptors*>(nullptr))] = fused_kernel<R, differs, gains, Membrane, First, Second>), ...);
}

template <class R, Differs differs, class Membrane, class... First>
void fill_fused(Kernels<R>& table, std::tuple<First...>* list) {
  (fill_fused_pairs<R, differs, 0, Membrane, First>(table, list), ...);
  (fill_fused_pairs<R, differs, 1, Membrane, First>(table, list), ...);
  (fill_fused_pairs<R, differs, 2, Membrane, First>(table, list), ...);
  (fill_fused_pairs<R, differs, 3, Membrane, First>(table, list), ...);
}

template <class R, class Index>
void fill_deliver(StaticKernel<R> (&kernels)[2][2]) {
  kernels[0][0] = static_kernel<R, Index, false, false>;
  kernels[0][1] = static_kernel<R, Index, false, true>;
  kernels[1][0] = static_kernel<R, Index, true, false>;
  kernels[1][1] = static_kernel<R, Index, true, true>;
}

template <class R>
Kernels<R> make_table() {
  static_assert(std::tuple_size_v<Membranes> <= max_parts && std::tuple_size_v<Receptors> <= max_parts);
  Kernels<R> table{};
  fill_membranes(table, std::make_index_sequence<std::tuple_size_v<Membranes>>{});
  fill_receptors(table, std::make_index_sequence<std::tuple_size_v<Receptors>>{});
  fill_rules(table);
  fill_fused<R, Differs::none, LIF>(table, static_cast<FusedReceptors*>(nullptr));
  fill_fused<R, Differs::threshold, LIF>(table, static_cast<FusedReceptors*>(nullptr));
  fill_fused<R, Differs::all, LIF>(table, static_cast<FusedReceptors*>(nullptr));
  table.poisson = poisson_kernel<R>;
  table.poisson_each = poisson_each_kernel<R>;
  table.bernoulli = bernoulli_kernel;
  table.noise = noise_kernel<R>;
  fill_deliver<R, std::uint32_t>(table.deliver[0]);
  fill_deliver<R, std::uint16_t>(table.deliver[1]);
  table.deliver_bundle = bundle_kernel<R>;
  table.draw_normal = normal_kernel;
  return table;
}

}  // namespace

template <class R>
const Kernels<R>& kernel_table() {
  static const Kernels<R> table = make_table<R>();
  return table;
}
template const Kernels<float>& kernel_table<float>();
template const Kernels<double>& kernel_table<double>();

}  // namespace plastica::inline PLASTICA_ISA
