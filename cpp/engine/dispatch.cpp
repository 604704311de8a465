// Chooses among the tables of kernels that were compiled, one per instruction set.
#include "engine/kernels/kernels.hpp"

namespace plastica {

inline namespace baseline {
template <class R>
const Kernels<R>& kernel_table();
}
#ifdef PLASTICA_HAVE_AVX2
namespace avx2 {
template <class R>
const Kernels<R>& kernel_table();
}
#endif
#ifdef PLASTICA_HAVE_AVX512
namespace avx512 {
template <class R>
const Kernels<R>& kernel_table();
}
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

template const Kernels<float>& kernels<float>(Isa isa);
template const Kernels<double>& kernels<double>(Isa isa);

}  // namespace plastica
