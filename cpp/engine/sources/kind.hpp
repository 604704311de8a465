// What the files of sources share.
#pragma once
#include "engine/network.hpp"
#include "engine/sources/source.hpp"

namespace plastica {

template <class R, class Part>
std::unique_ptr<Source<R>> make_source() {
  return std::make_unique<SourceOf<R, Part>>();
}

// The sources of a part, defined in this file.
#define PLASTICA_SOURCE(Part)                                         \
  template std::unique_ptr<Source<float>> make_source<float, Part>(); \
  template std::unique_ptr<Source<double>> make_source<double, Part>()

}  // namespace plastica
