// Values from a distribution given by its name.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace plastica {

// `count` values; the value at i depends on the key and i only, so any number of threads draws the same. Parameters left out take their
// defaults. Throws UnknownName for a distribution or parameter that does not exist, Error for a value out of bounds.
std::vector<double> draw(std::string_view distribution, const std::map<std::string, double>& parameters, RandomKey key, std::size_t count, int threads = 1);

}  // namespace plastica
