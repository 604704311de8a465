// What both twins of the parallel layer are made of.
#pragma once
#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace plastica {

// Runs bodies and keeps what they throw until all have returned.
class GuardedBody {
 public:
  GuardedBody(int threads, const std::function<void(int)>& body) : body_(body), failures_(static_cast<std::size_t>(threads)) {}
  void operator()(int thread) noexcept;
  void rethrow() const;

 private:
  const std::function<void(int)>& body_;
  std::vector<std::exception_ptr> failures_;
};

// Threads `first` ... `last - 1` of a team. None starts its body before all of them exist: had one been refused
// by the system, the others would wait for it at the first barrier.
class ThreadTeam {
 public:
  ThreadTeam(int first, int last, GuardedBody& body);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

 private:
  enum Gate : int { closed, open, cancelled };
  void release(Gate gate);

  std::atomic<int> gate_{closed};
  std::vector<std::thread> threads_;
};

// The whole team on threads of our own.
void run_on_threads(int threads, GuardedBody& body);

}  // namespace plastica
