// The walks that there are: a file each, and their lines here.
#pragma once
#include <array>

#include "engine/plastic/walk.hpp"

namespace plastica {

template <class R>
const Walk<R>& table_walk();
template <class R>
const Walk<R>& running_walk();
template <class R>
const Walk<R>& replay_walk();

// In the order in which they are tried: the last one takes any rules.
template <class R>
const auto& walks() {
  static const std::array list{&table_walk<R>(), &running_walk<R>(), &replay_walk<R>()};
  return list;
}

}  // namespace plastica
