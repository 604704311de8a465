// Factors that come and go together.
#pragma once
#include <vector>

#include "base/types.hpp"

namespace plastica {

struct Modifier {
  struct Piece {
    std::size_t adjusted, contribution;
  };
  Step start, stop;
  bool active = true, on = false;  // the user's switch; whether it is in force
  std::vector<Piece> pieces = {};
};

}  // namespace plastica
