// Fills the table of kernels for one instruction set. CMake compiles this file once for each.
#include "engine/kernels/kernels.hpp"

#include <cstdint>

#include "engine/kernels/deliver.hpp"
#include "engine/kernels/draw.hpp"
#include "engine/kernels/stimulate.hpp"

namespace plastica::inline PLASTICA_ISA {

// In rows.cpp.
template <class R>
void fill_rows(Kernels<R>& table);

namespace {

template <class R>
void scale_kernel(R* values, const R* factors, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] *= factors[i];
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
  Kernels<R> table{};
  fill_rows(table);
  table.scale = scale_kernel<R>;
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
