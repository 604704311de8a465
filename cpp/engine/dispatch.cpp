// Chooses among the tables of kernels that were compiled, one per instruction set.
#include "engine/kernels/kernels.hpp"

namespace plastica {

inline namespace baseline {
template <class R>
const Kernels<R>& kernel_table();
template <class R>
PartKernels<R> list_kernels();
}  // namespace baseline
#ifdef PLASTICA_HAVE_AVX2
namespace avx2 {
template <class R>
const Kernels<R>& kernel_table();
template <class R>
PartKernels<R> list_kernels();
}  // namespace avx2
#endif
#ifdef PLASTICA_HAVE_AVX512
namespace avx512 {
template <class R>
const Kernels<R>& kernel_table();
template <class R>
PartKernels<R> list_kernels();
}  // namespace avx512
#endif

template <class R>
const Kernels<R>& kernels([[maybe_unused]] Isa isa) {
#ifdef PLASTICA_HAVE_AVX512
  if (isa == Isa::avx512) return avx512::kernel_table<R>();
#endif
#ifdef PLASTICA_HAVE_AVX2
  if (isa == Isa::avx2) return avx2::kernel_table<R>();
#endif
  return baseline::kernel_table<R>();
}

template <class R>
PartKernels<R> part_kernels([[maybe_unused]] Isa isa) {
#ifdef PLASTICA_HAVE_AVX512
  if (isa == Isa::avx512) return avx512::list_kernels<R>();
#endif
#ifdef PLASTICA_HAVE_AVX2
  if (isa == Isa::avx2) return avx2::list_kernels<R>();
#endif
  return baseline::list_kernels<R>();
}

template const Kernels<float>& kernels<float>(Isa isa);
template const Kernels<double>& kernels<double>(Isa isa);
template PartKernels<float> part_kernels<float>(Isa isa);
template PartKernels<double> part_kernels<double>(Isa isa);

}  // namespace plastica
