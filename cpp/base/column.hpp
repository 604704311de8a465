// A column: one value per neuron or synapse, aligned for the widest vectors.
#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace plastica {

template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>& /*other*/) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* p, std::size_t n) { ::operator delete(p, n * sizeof(T), alignment); }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

template <class T>
using Column = std::vector<T, AlignedAllocator<T>>;

}  // namespace plastica
