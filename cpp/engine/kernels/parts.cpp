// Lists the kernels of all parts for one instruction set. CMake compiles this file once for each.
#include <tuple>

#include "engine/kernels/part_kernels.hpp"
#include "parts/membranes/all.hpp"
#include "parts/plasticity/all.hpp"
#include "parts/receptors/all.hpp"

namespace plastica::inline PLASTICA_ISA {
namespace {

template <class R, class... Part>
const MembraneKernels<R>* list_membranes(std::tuple<Part...>* /*parts*/) {
  static const MembraneKernels<R> list[] = {membrane_kernels<R, Part>()...};
  return list;
}
template <class R, class... Part>
const ReceptorKernels<R>* list_receptors(std::tuple<Part...>* /*parts*/) {
  static const ReceptorKernels<R> list[] = {receptor_kernels<R, Part>()...};
  return list;
}
template <class R, class... Part>
const VariantKernels<R>* list_rules(std::tuple<Part...>* /*parts*/) {
  static const VariantKernels<R> list[] = {rule_kernels<R, Part>()...};
  return list;
}

}  // namespace

template <class R>
PartKernels<R> list_kernels() {
  return {list_membranes<R>(static_cast<Membranes*>(nullptr)), list_receptors<R>(static_cast<Receptors*>(nullptr)),
          list_rules<R>(static_cast<Rules*>(nullptr))};
}
template PartKernels<float> list_kernels<float>();
template PartKernels<double> list_kernels<double>();

}  // namespace plastica::inline PLASTICA_ISA
