// The kernels of a receptor.
#pragma once
#include "engine/kernels/part_kernels.hpp"
#include "engine/kernels/update.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Receptor>
ReceptorKernels<R> receptor_kernels() {
  return {{receptor_kernel<R, Arithmetic<Receptor>, false>, receptor_kernel<R, Arithmetic<Receptor>, true>}};
}

}  // namespace plastica::inline PLASTICA_ISA
