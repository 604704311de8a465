// All kinds of occasions. The place in the list is the number of a kind in files: a new one comes last.
#pragma once
#include "engine/slow/occasion.hpp"

namespace plastica {

extern const OccasionKind to_sample, to_control, to_switch, to_guard, to_rewire;
inline constexpr std::array occasion_kinds{&to_sample, &to_control, &to_switch, &to_guard, &to_rewire};

}  // namespace plastica
