// A parameter on which controllers, modifiers and modulations act, and what each of them contributes.
#pragma once
#include <string>
#include <vector>

#include "base/column.hpp"
#include "engine/targets/target.hpp"

namespace plastica {

struct Contribution {
  std::size_t id;
  std::string source;  // its name
  bool multiply;
  bool active;
  std::vector<double> values;  // one for all, or one per neuron
};
template <class R>
struct Adjusted {
  Owned<Target<R>> target;
  std::vector<Contribution> contributions = {};  // in the order their sources were made
};

}  // namespace plastica
