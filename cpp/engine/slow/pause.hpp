// Since when something stands still.
#pragma once
#include "base/types.hpp"

namespace plastica {

// Of something that the user can switch off, or freeze: since when it stands still, at the steps that were run.
struct Pause {
  Step since = running;
  static constexpr Step running = -1;
  bool on() const { return since != running; }
  // The time that it knows.
  Step clock(Step now) const { return on() ? since : now; }
};

}  // namespace plastica
