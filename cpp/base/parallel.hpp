// Running one function on several threads at once. CMake picks parallel_openmp.cpp or parallel_threads.cpp.
#pragma once
#include <functional>

#if defined(__x86_64__)
#include <immintrin.h>
#else
#include <cstdint>
#endif

namespace plastica {

// Runs body(0) ... body(threads - 1), all at the same time, so that they may meet at a Barrier; body(0) runs on the caller's thread.
// Denormals are flushed to zero inside. Returns when all have returned; then throws what the lowest-numbered body threw,
// a BarrierAbandoned last, because it is only the echo of another body's failure.
void run_team(int threads, const std::function<void(int)>& body);

// Runs task(0) ... task(tasks - 1) on as many threads as pay off; each takes every so many-th task, in ascending order. Tasks must not wait
// for each other. Returns and throws as run_team does; a thread whose task has thrown leaves its later tasks out.
void parallel(int tasks, const std::function<void(int)>& task);

// How many threads pay off: as many as there are cores at this moment. PLASTICA_WORKERS is another number, for tests that need several threads
// on few cores.
int most_workers();

// "openmp" or "threads".
const char* parallel_backend();

// Cores this process may use: its affinity mask, and the processor time granted to its control group.
int available_cores();

// Denormals are zero while this lives, on this thread only: an exponential that dies away must not cost a hundred cycles per step,
// and the caller's NumPy must not notice.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | flush_to_zero | denormals_are_zero); }
  ~FlushDenormals() { _mm_setcsr((_mm_getcsr() & ~(flush_to_zero | denormals_are_zero)) | (saved_ & (flush_to_zero | denormals_are_zero))); }
#elif defined(__aarch64__)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" : : "r"(saved_ | flush_to_zero));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr unsigned flush_to_zero = 0x8000;
  static constexpr unsigned denormals_are_zero = 0x0040;
  unsigned saved_;
#elif defined(__aarch64__)
  static constexpr std::uint64_t flush_to_zero = std::uint64_t{1} << 24;
  std::uint64_t saved_ = 0;
#endif
};

}  // namespace plastica
