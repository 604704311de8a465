#include "base/column.hpp"

#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace plastica {
namespace {

constexpr std::size_t huge_page = std::size_t{1} << 21;

#ifdef __linux__
// Whole pages between two addresses; a hint, which may fail.
void advise(const void* begin, const void* end, std::size_t page, int advice) {
  const std::uintptr_t from = (reinterpret_cast<std::uintptr_t>(begin) + page - 1) / page * page;
  const std::uintptr_t to = reinterpret_cast<std::uintptr_t>(end) / page * page;
  if (from < to) madvise(reinterpret_cast<void*>(from), to - from, advice);
}
#endif

}  // namespace

void* allocate_pages(std::size_t bytes) {
  void* const memory = ::operator new(bytes, std::align_val_t{huge_page});
  prefer_huge_pages(memory, bytes);
  return memory;
}

void free_pages(void* memory, std::size_t bytes) { ::operator delete(memory, bytes, std::align_val_t{huge_page}); }

void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef __linux__
  advise(memory, static_cast<const char*>(memory) + bytes, huge_page, MADV_HUGEPAGE);
#endif
}

void release_pages([[maybe_unused]] const void* begin, [[maybe_unused]] const void* end) {
#ifdef __linux__
  constexpr std::size_t page = 4096;
  advise(begin, end, page, MADV_DONTNEED);
#endif
}

}  // namespace plastica
