// Which thread owns which neurons of a population.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/types.hpp"

namespace plastica {

struct Partition {
  Neuron size = 0;
  std::vector<Neuron> begin;  // of each share, and the end; multiples of chunk_size except the last, which is size

  int shares() const { return static_cast<int>(begin.size()) - 1; }
  int owner(Neuron neuron) const { return static_cast<int>(std::upper_bound(begin.begin() + 1, begin.end() - 1, neuron) - begin.begin()) - 1; }
};

// Equal numbers of chunks, as far as possible; shares beyond the number of chunks are empty.
inline Partition make_partition(Neuron size, int shares) {
  const std::uint64_t chunks = padded(size) / chunk_size;
  Partition partition{size, {}};
  for (int i = 0; i <= shares; ++i) {
    const std::uint64_t chunk = chunks * static_cast<std::uint64_t>(i) / static_cast<std::uint64_t>(shares);
    partition.begin.push_back(static_cast<Neuron>(std::min<std::uint64_t>(size, chunk * chunk_size)));
  }
  return partition;
}

}  // namespace plastica
