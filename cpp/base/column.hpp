// A column: one value per neuron or synapse, aligned for the widest vectors; large ones on huge pages, where the system has them.
#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace plastica {

// Memory of the size of many pages. It comes from and goes back to the system; aligned to a huge page if it is larger than a few.
void* allocate_pages(std::size_t bytes);
void free_pages(void* memory, std::size_t bytes);
// What lies between is not needed any more: its memory can be used for something else at once, its contents are lost.
void release_pages(const void* begin, const void* end);

template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};
  static constexpr std::size_t large = std::size_t{1} << 22;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>& /*other*/) {}
  T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    return static_cast<T*>(bytes >= large ? allocate_pages(bytes) : ::operator new(bytes, alignment));
  }
  void deallocate(T* p, std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    bytes >= large ? free_pages(p, bytes) : ::operator delete(p, bytes, alignment);
  }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

template <class T>
using Column = std::vector<T, AlignedAllocator<T>>;

}  // namespace plastica
