// A barrier for threads that meet several times per step.
#pragma once
#include <atomic>
#include <stdexcept>

#include "base/parallel.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace plastica {

// Thrown by `Barrier::wait` on the threads that were left waiting for one that failed.
struct BarrierAbandoned : std::runtime_error {
  BarrierAbandoned() : std::runtime_error("another thread of the team stopped") {}
};

// Everything that any thread wrote before `wait` is visible to all of them after it. Reusable at once.
class Barrier {
 public:
  // Spinning only pays while every thread has a core to itself.
  explicit Barrier(int threads) : threads_(threads), spins_(threads <= available_cores() ? 2000 : 0), missing_(threads) {}
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  void wait() {
    if (threads_ == 1) return;
    // Only an abandoned barrier can move the phase on before this thread has arrived.
    const unsigned phase = phase_.load(std::memory_order_acquire);
    if (abandoned_.load(std::memory_order_relaxed)) throw BarrierAbandoned();
    if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      missing_.store(threads_, std::memory_order_relaxed);
      open();
    } else {
      sleep_through(phase);
    }
    if (abandoned_.load(std::memory_order_relaxed)) throw BarrierAbandoned();
  }

  // Called by a thread that cannot go on, instead of `wait`: the others throw BarrierAbandoned now or when they next arrive.
  void abandon() {
    abandoned_.store(true, std::memory_order_relaxed);
    open();
  }

 private:
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  // Sequentially consistent: the waiter count that notify_all reads must not be read before the phase is seen to move.
  void open() {
    phase_.fetch_add(1, std::memory_order_seq_cst);
    phase_.notify_all();
  }

  void sleep_through(unsigned phase) {
    for (int spin = 0; spin < spins_; ++spin) {
      if (phase_.load(std::memory_order_acquire) != phase) return;
      pause();
    }
    while (phase_.load(std::memory_order_acquire) == phase) phase_.wait(phase, std::memory_order_acquire);
  }

  const int threads_;
  const int spins_;
  // On cache lines of their own: arriving must not disturb those who watch the phase.
  alignas(64) std::atomic<int> missing_;
  alignas(64) std::atomic<unsigned> phase_{0};
  std::atomic<bool> abandoned_{false};
};

}  // namespace plastica
