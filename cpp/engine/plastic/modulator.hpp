// Modulators: their levels, and what releases them.
#pragma once
#include <map>
#include <vector>

#include "base/types.hpp"

namespace plastica {

struct Modulator {
  double tau, baseline;
  std::map<Step, double> releases;  // from Python; those that are past are forgotten
  struct Releaser {
    std::size_t population;
    std::vector<char> member;  // empty: all neurons
    double amount;
    Step delay;
  };
  std::vector<Releaser> releasers;
};
// Every thread works it out for itself, from the same numbers. Rings of steps: what decays, and the level with the baseline.
struct ModulatorState {
  Step next = 0;  // the first step that is not known yet
  double decaying = 0;
  std::vector<double> transient, level;
  std::map<Step, double> releases;  // by spikes
  double at(Step k) const { return level[static_cast<std::size_t>(k) & (level.size() - 1)]; }
  double transient_at(Step k) const { return transient[static_cast<std::size_t>(k) & (level.size() - 1)]; }
};

}  // namespace plastica
