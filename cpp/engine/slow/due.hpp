// Something on the agenda.
#pragma once
#include <limits>

#include "base/types.hpp"

namespace plastica {

// Something that happens in the caller's thread, before anything else of its step: at steps that the model determines, so that neither chunks
// nor threads matter. What only looks comes first; the rest in the order it was made.
struct Due {
  enum class Kind { sample, controller, modifier, guard, structure } kind;
  std::size_t index;  // of the recorder, the controller, ...
  Step done = -1;     // the step at which it last happened
};
inline constexpr Step not_due = std::numeric_limits<Step>::max();

inline bool acts(const Due& due) { return due.kind == Due::Kind::controller || due.kind == Due::Kind::structure; }

}  // namespace plastica
