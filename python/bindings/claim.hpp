// Who uses a network: one thread at a time, checked where the network is touched.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>

namespace plastica {

// A thread holds the network for the time of a native call, or for that of a whole operation of the Python layer, which consists of several. The same thread
// may enter again, as a callback of a run does; any other one is refused. No lock is waited for, so that a forked child cannot wait for a thread that it
// does not have.
class Claim {
 public:
  struct InUse : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  // While it lives, the network is this thread's. `doing` lives as long as the program.
  class Hold {
   public:
    Hold(Claim& claim, const char* doing) : claim_(claim) {
      const std::uintptr_t here = this_thread();
      std::uintptr_t holder = 0;
      if (claim.holder_.load(std::memory_order_relaxed) != here) {
        if (!claim.holder_.compare_exchange_strong(holder, here, std::memory_order_acquire)) refuse(claim.doing_.load());
        claim.doing_ = doing;
      }
      ++claim.depth_;
    }
    ~Hold() {
      if (--claim_.depth_ > 0) return;
      claim_.doing_ = nothing;
      claim_.holder_.store(0, std::memory_order_release);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Claim& claim_;
  };

  // While it lives, time passes: that does not happen within itself.
  class Run {
   public:
    explicit Run(Claim& claim) : claim_(claim) {
      if (claim.running_) throw std::runtime_error("this network is already running: a callback can read and set anything, but not let time pass");
      claim.running_ = true;
    }
    ~Run() { claim_.running_ = false; }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

   private:
    Claim& claim_;
  };

  // The name of an operation, for ever.
  static const char* lasting(const std::string& name) {
    static std::mutex mutex;
    static std::set<std::string> names;
    const std::lock_guard lock(mutex);
    return names.insert(name).first->c_str();
  }

 private:
  static constexpr const char* nothing = "";

  static std::uintptr_t this_thread() {
    static thread_local const char mark = 0;
    return reinterpret_cast<std::uintptr_t>(&mark);
  }

  [[noreturn]] static void refuse(const std::string& doing) {
    const std::string remedy = "; wait until that is over, or give each thread a network of its own: net.copy()";
    if (doing == "run" || doing == "rest") throw InUse("this network is already running in another thread" + remedy);
    throw InUse("this network is in use by another thread" + (doing.empty() ? "" : ", for " + doing) + remedy);
  }

  std::atomic<std::uintptr_t> holder_{0};  // its thread; 0: nobody
  std::atomic<const char*> doing_{nothing};
  int depth_ = 0;         // of the holder's holds
  bool running_ = false;  // the holder lets time pass
};

}  // namespace plastica
