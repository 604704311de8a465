// The parallel layer on std::thread: where there is no OpenMP, and under ThreadSanitizer, which cannot see into libgomp.
#include "base/parallel.hpp"
#include "base/thread_team.hpp"

namespace plastica {

const char* parallel_backend() { return "threads"; }

void run_team(int threads, const std::function<void(int)>& body) {
  GuardedBody guarded(threads, body);
  if (threads == 1) {
    guarded(0);
  } else {
    run_on_threads(threads, guarded);
  }
  guarded.rethrow();
}

}  // namespace plastica
