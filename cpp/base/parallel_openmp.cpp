// The parallel layer on OpenMP, whose pool of threads makes a short run cheap.
#include <omp.h>
#include <pthread.h>

#include <atomic>
#include <optional>

#include "base/parallel.hpp"
#include "base/thread_team.hpp"

namespace plastica {
namespace {

// The pool does not survive fork(): a child of a process that has used it would wait for threads that are not there. The pool is the process's,
// and another library may have used it before we do: forks are watched from the beginning.
std::atomic<bool> forked{false};
[[maybe_unused]] const int watching = pthread_atfork(nullptr, nullptr, [] { forked.store(true); });

// A runtime at its thread limit, or inside another parallel region, gives fewer threads than asked.
// The bodies wait for each other, so the missing ones must exist before any of them starts.
void run_on_pool(int threads, GuardedBody& body) {
  std::optional<ThreadTeam> missing;
  std::exception_ptr refused;
#pragma omp parallel num_threads(threads) default(none) shared(threads, body, missing, refused)
  {
    const int given = omp_get_num_threads();
    if (given < threads) {
#pragma omp master
      try {
        missing.emplace(given, threads, body);
      } catch (...) {
        refused = std::current_exception();
      }
#pragma omp barrier
    }
    if (!refused) body(omp_get_thread_num());
  }
  missing.reset();
  if (refused) std::rethrow_exception(refused);
}

}  // namespace

const char* parallel_backend() { return "openmp"; }

void run_team(int threads, const std::function<void(int)>& body) {
  GuardedBody guarded(threads, body);
  if (threads == 1) {
    guarded(0);
  } else if (forked.load()) {
    run_on_threads(threads, guarded);
  } else {
    run_on_pool(threads, guarded);
  }
  guarded.rethrow();
}

}  // namespace plastica
