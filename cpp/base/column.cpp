#include "base/column.hpp"

#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace plastica {
namespace {

constexpr std::align_val_t huge_page{std::size_t{1} << 21};

}  // namespace

void* allocate_pages(std::size_t bytes) {
  void* const memory = ::operator new(bytes, huge_page);
#ifdef __linux__
  madvise(memory, bytes, MADV_HUGEPAGE);  // a hint: it may fail
#endif
  return memory;
}

void free_pages(void* memory, std::size_t bytes) { ::operator delete(memory, bytes, huge_page); }

void release_pages([[maybe_unused]] const void* begin, [[maybe_unused]] const void* end) {
#ifdef __linux__
  constexpr std::uintptr_t page = 4096;  // or more: then the hint fails
  const std::uintptr_t from = (reinterpret_cast<std::uintptr_t>(begin) + page - 1) / page * page;
  const std::uintptr_t to = reinterpret_cast<std::uintptr_t>(end) / page * page;
  if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
#endif
}

}  // namespace plastica
