// The kernels of one part, as templates that are instantiated once for each part, in the files that CMake makes from part.cpp.in.
#pragma once
#include "base/isa.hpp"
#include "engine/kernels/kernels.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Membrane>
MembraneKernels<R> membrane_kernels();
template <class R, class Receptor>
ReceptorKernels<R> receptor_kernels();
template <class R, class Rule>
VariantKernels<R> rule_kernels();

}  // namespace plastica::inline PLASTICA_ISA
