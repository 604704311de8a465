// How much memory there is, asked before much of it is taken: the system would rather end a process than refuse it.
#pragma once
#include <string>

namespace plastica {

// Bytes that this process may have at most: of the machine, of its control group, or of its own limit.
double available_memory();

// Throws Error "FixedInDegree.degree = 1000000000: 1.2e+10 synapses need at least 96 GB of memory, and there are 24 GB; lower it".
void check_memory(double bytes, const std::string& what, const std::string& remedy);

}  // namespace plastica
