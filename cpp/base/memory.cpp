#include "base/memory.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>

#include "base/error.hpp"

#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace plastica {
namespace {

#ifdef __linux__
double of_machine() { return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)); }

double of_process() {
  rlimit limit{};
  const bool limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return limited ? static_cast<double>(limit.rlim_cur) : std::numeric_limits<double>::infinity();
}

// "max" is no number, and leaves what was there.
double of_control_group() {
  double bytes = std::numeric_limits<double>::infinity();
  double found = 0;
  for (const char* const path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (std::ifstream file(path); file >> found && found > 0) bytes = std::min(bytes, found);
  return bytes;
}
#endif

std::string gigabytes(double bytes) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3g GB", bytes * 1e-9);
  return text;
}

}  // namespace

double available_memory() {
#ifdef __linux__
  return std::min({of_machine(), of_process(), of_control_group()});
#else
  return std::numeric_limits<double>::infinity();
#endif
}

void check_memory(double bytes, const std::string& what, const std::string& remedy) {
  constexpr double harmless = 1 << 26;
  if (bytes < harmless) return;
  if (const double there = available_memory(); !(bytes <= there))
    throw Error(what + " need at least " + gigabytes(bytes) + " of memory, and there are " + gigabytes(there) + "; " + remedy);
}

}  // namespace plastica
