// What the files of owners share.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/network.hpp"
#include "engine/slow/adjust.hpp"
#include "engine/targets/owners.hpp"

namespace plastica {

// Of a receptor, or of a projection.
inline constexpr Field gain_field{"gain", 1.0, unit::none, at_least(0), "what arrives, or is transmitted, is multiplied by"};

// What a factor is while nothing acts on it.
inline constexpr std::array unity{1.0};

template <class Kind>
std::unique_ptr<Kind> target_of(std::string_view part, const Field& field) {
  auto target = std::make_unique<Kind>();
  target->part = part;
  target->field = &field;
  return target;
}

template <class R, class Kind>
const OwnerKind<R>& owner_kind() {
  static const OwnerOf<R, Kind> kind;
  return kind;
}

// The owners of a kind, defined in this file.
#define PLASTICA_OWNER(Kind)                                  \
  template const OwnerKind<float>& owner_kind<float, Kind>(); \
  template const OwnerKind<double>& owner_kind<double, Kind>()

}  // namespace plastica
