// What this machine can execute, and how much of it there is.
#pragma once
#include <vector>

namespace plastica {

// The sets the kernels are compiled for, narrowest first.
enum class Isa { baseline, avx2, avx512 };

// "sse2" (elsewhere than on x86-64 "baseline"), "avx2", "avx512".
const char* name(Isa isa);

// Those that were compiled and that this processor and its operating system support, narrowest first.
std::vector<Isa> available_isas();

// The widest available one, or the one the environment variable PLASTICA_ISA names (sse2, baseline, avx2 or avx512).
// Throws Error where that is unknown or unavailable.
Isa select_isa();

}  // namespace plastica
