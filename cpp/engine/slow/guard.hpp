// A guard: what it watches, and what it has seen.
#pragma once
#include <vector>

#include "engine/specs.hpp"

namespace plastica {

struct Guard {
  struct Count {
    Step window = -1;  // its number
    std::uint64_t spikes = 0;
  };
  Owner owner;
  std::size_t target;
  std::size_t population;  // whose spikes it counts; none: it looks at weights
  double low, high;
  Step window, made;
  bool stop, active = true;
  std::vector<char> member = {};  // empty: all neurons
  std::size_t size = 0;
  std::vector<Count> counts = {};  // per thread
  std::vector<GuardEvent> events = {};
};

}  // namespace plastica
