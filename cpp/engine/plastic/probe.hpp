// What is read of a synapse.
#pragma once
#include <cstddef>

namespace plastica {

// What is read of a synapse.
struct Probe {
  enum class Where { weight, variable, row, neuron } where = Where::weight;
  std::size_t at = 0;    // variable of the synapse, word of the row, or column of the neurons
  std::size_t rule = 0;  // that has the neurons' column
};

}  // namespace plastica
