// Since when something stands still.
#pragma once
#include "base/archive.hpp"
#include "base/types.hpp"

namespace plastica {

// Of something that the user can switch off, or freeze: since when it stands still, at the steps that were run.
struct Pause {
  Step since = running;
  static constexpr Step running = -1;
  bool on() const { return since != running; }
  // The time that it knows.
  Step clock(Step now) const { return on() ? since : now; }
  // In files of versions that did not write it, what is off stands still from now on.
  void save(Archive& a, Step now, bool active) {
    if (a.loading()) since = active ? running : now;
    if (a.has("still_since")) a.number("still_since", since, running, now);
  }
};

}  // namespace plastica
