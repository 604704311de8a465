// Vectors as wide as the registers of the instruction set, by the extension that g++ and clang share: operators act element by element,
// and a ? b : c selects by a mask.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/isa.hpp"

namespace plastica::inline PLASTICA_ISA {

inline constexpr std::size_t vector_bytes = __BIGGEST_ALIGNMENT__;  // 16, 32 or 64: what the widest registers want

template <class R, std::size_t bytes>
struct VectorOf {
  using type __attribute__((vector_size(bytes))) = R;
};
template <class R, std::size_t bytes = vector_bytes>
using Vector = typename VectorOf<R, bytes>::type;

template <class R>
inline constexpr std::size_t lanes_of = vector_bytes / sizeof(R);

// What comparing two vectors gives: integers of the same size, all bits set or none.
template <class V>
using Mask = decltype(V{} < V{});

template <class V>
using Element = std::remove_cvref_t<decltype(V{}[0])>;

template <class V, class R>
PLASTICA_FN V load(const R* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

template <class V, class R>
PLASTICA_FN void store(R* to, V v) {
  std::memcpy(to, &v, sizeof v);
}

// Less zero, not plus: that keeps the sign of a zero, and so costs nothing.
template <class V, class R>
PLASTICA_FN V broadcast(R x) {
  return x - V{};
}

// A mask of 64 bytes with a byte for each element: one instruction where there are such vectors.
template <class M>
PLASTICA_FN auto narrowed(M mask) {
  if constexpr (sizeof(M) == 64)
    return __builtin_convertvector(mask, Vector<std::int8_t, sizeof(M) / sizeof(Element<M>)>);
  else
    return mask;
}

// Whether any element of a mask is set; of a single number's, whether it is.
template <class M>
PLASTICA_FN bool any_of(M mask) {
  if constexpr (std::is_integral_v<M>) {
    return mask != 0;
  } else {
    const auto narrow = narrowed(mask);
    std::uint64_t bits[sizeof narrow / sizeof(std::uint64_t)];
    std::memcpy(bits, &narrow, sizeof bits);
    std::uint64_t any = 0;
    for (const std::uint64_t b : bits) any |= b;
    return any != 0;
  }
}

}  // namespace plastica::inline PLASTICA_ISA
