#include "base/thread_team.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/barrier.hpp"
#include "base/parallel.hpp"

namespace plastica {
namespace {

// 0: not set.
int workers_wished() {
  const char* wish = std::getenv("PLASTICA_WORKERS");
  return wish == nullptr ? 0 : std::atoi(wish);
}

}  // namespace

int most_workers() {
  static const int wished = workers_wished();
  return wished > 0 ? wished : available_cores();
}

void parallel(int tasks, const std::function<void(int)>& task) {
  if (tasks <= 0) return;
  const int workers = std::min(tasks, most_workers());
  run_team(workers, [&](int worker) {
    for (int i = worker; i < tasks; i += workers) task(i);
  });
}

void GuardedBody::operator()(int thread) noexcept {
  const FlushDenormals flush;
  try {
    body_(thread);
  } catch (...) {
    failures_[static_cast<std::size_t>(thread)] = std::current_exception();
  }
}

void GuardedBody::rethrow() const {
  std::exception_ptr echo;
  for (const std::exception_ptr& failure : failures_) {
    if (!failure) continue;
    try {
      std::rethrow_exception(failure);
    } catch (const BarrierAbandoned&) {
      if (!echo) echo = failure;
    }
  }
  if (echo) std::rethrow_exception(echo);
}

ThreadTeam::ThreadTeam(int first, int last, GuardedBody& body) {
  threads_.reserve(static_cast<std::size_t>(last - first));
  try {
    for (int thread = first; thread < last; ++thread) {
      threads_.emplace_back([this, thread, &body] {
        gate_.wait(closed, std::memory_order_acquire);
        if (gate_.load(std::memory_order_acquire) == open) body(thread);
      });
    }
  } catch (...) {
    release(cancelled);
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
  release(open);
}

ThreadTeam::~ThreadTeam() {
  for (std::thread& thread : threads_) thread.join();
}

void ThreadTeam::release(Gate gate) {
  gate_.store(gate, std::memory_order_seq_cst);
  gate_.notify_all();
}

void run_on_threads(int threads, GuardedBody& body) {
  const ThreadTeam others(1, threads, body);
  body(0);
}

}  // namespace plastica
