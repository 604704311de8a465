// Values from a distribution given by its name.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace plastica {

// Writes the first standard normal number of each of the streams first .. first + count - 1.
using FillNormal = void (*)(RandomKey key, std::uint64_t first, std::size_t count, double* out);

// A distribution with its parameters. The value at i depends on the key and i only, so any number of threads draws the same.
class Sampler {
 public:
  // Parameters left out take their defaults. Throws UnknownName for a distribution or parameter that does not exist, Error for a value
  // out of bounds. `fill_normal` may be faster, and must be the same, as the default.
  Sampler(std::string_view distribution, const std::map<std::string, double>& parameters, FillNormal fill_normal = nullptr);
  void operator()(RandomKey key, std::uint64_t first, std::size_t count, double* out) const { fill_(key, first, count, out); }

 private:
  std::function<void(RandomKey, std::uint64_t, std::size_t, double*)> fill_;
};

// `count` values from the beginning.
std::vector<double> draw(std::string_view distribution, const std::map<std::string, double>& parameters, RandomKey key, std::size_t count);

}  // namespace plastica
