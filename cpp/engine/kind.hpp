// What is one of many kinds has one interface; each kind stands in a file of its own and in one list.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace plastica {

// Makes a thing of one kind, in either precision.
template <template <class> class Thing>
struct KindOf {
  std::unique_ptr<Thing<float>> (*single_precision)();
  std::unique_ptr<Thing<double>> (*double_precision)();
  template <class R>
  std::unique_ptr<Thing<R>> make() const {
    if constexpr (std::is_same_v<R, float>)
      return single_precision();
    else
      return double_precision();
  }
};

template <template <class> class Thing, template <class> class Special>
constexpr KindOf<Thing> kind_of() noexcept {
  return {[]() -> std::unique_ptr<Thing<float>> { return std::make_unique<Special<float>>(); },
          []() -> std::unique_ptr<Thing<double>> { return std::make_unique<Special<double>>(); }};
}

// The place of a kind in the list of all: its number in files.
template <template <class> class Thing, std::size_t count>
std::size_t number_of(const std::array<const KindOf<Thing>*, count>& all, const KindOf<Thing>& kind) {
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), &kind) - all.begin());
}

}  // namespace plastica
