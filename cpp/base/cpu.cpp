#include "base/cpu.hpp"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace plastica {
namespace {

#if defined(__x86_64__)
constexpr const char* baseline_name = "sse2";
#else
constexpr const char* baseline_name = "baseline";
#endif

// __builtin_cpu_supports also asks whether the operating system saves the wide registers.
bool supported([[maybe_unused]] Isa isa) {
#ifdef PLASTICA_HAVE_AVX2
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
#ifdef PLASTICA_HAVE_AVX512
  if (isa == Isa::avx512) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return isa == Isa::baseline;
}

std::string choices() {
  std::string names;
  for (const Isa isa : available_isas()) names += (names.empty() ? "" : ", ") + std::string(name(isa));
  return names;
}

int cores_by_affinity() {
#ifdef __linux__
  // The kernel refuses masks smaller than its own, which can be larger than the default of 1024 cores.
  for (int cores = CPU_SETSIZE; cores <= (1 << 20); cores *= 2) {
    cpu_set_t* mask = CPU_ALLOC(static_cast<std::size_t>(cores));
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cores));
    const bool known = mask != nullptr && sched_getaffinity(0, bytes, mask) == 0;
    const int count = known ? CPU_COUNT_S(bytes, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
  }
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

// Containers are limited by a share of processor time rather than by a mask. Zero: no limit.
int cores_by_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return std::max(1, static_cast<int>((quota + period - 1) / period));
}

}  // namespace

const char* name(Isa isa) {
  switch (isa) {
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::baseline:
      break;
  }
  return baseline_name;
}

std::vector<Isa> available_isas() {
  std::vector<Isa> isas;
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    if (supported(isa)) isas.push_back(isa);
  }
  return isas;
}

Isa select_isa() {
  const std::vector<Isa> isas = available_isas();
  const char* wish = std::getenv("PLASTICA_ISA");
  if (wish == nullptr || *wish == '\0') return isas.back();
  const std::string wanted = wish;
  for (const Isa isa : isas) {
    if (wanted == name(isa)) return isa;
  }
  if (wanted == "baseline") return Isa::baseline;
  const bool known = wanted == "sse2" || wanted == "avx2" || wanted == "avx512";
  throw Error("PLASTICA_ISA = '" + wanted + "' is not " + (known ? "available on this machine" : "an instruction set") + "; choose one of " + choices());
}

int available_cores() {
  static const int quota = cores_by_quota();  // reading it takes longer than a short run; the mask may change meanwhile
  const int cores = std::max(1, cores_by_affinity());
  return quota > 0 ? std::min(cores, quota) : cores;
}

}  // namespace plastica
