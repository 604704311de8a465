// The kernels of a membrane: in passes, and fused with the receptors that it often has.
#pragma once
#include "engine/kernels/fused.hpp"
#include "engine/kernels/part_kernels.hpp"
#include "parts/receptors/all.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Membrane>
MembraneKernels<R> membrane_kernels() {
  static constexpr FusedCases<R> fused = all_cases<R, Membrane, Receptors>();
  return {{{membrane_kernel<R, Membrane, false, false>, membrane_kernel<R, Membrane, false, true>},
           {membrane_kernel<R, Membrane, true, false>, membrane_kernel<R, Membrane, true, true>}},
          fused.list,
          fused.count};
}

}  // namespace plastica::inline PLASTICA_ISA
