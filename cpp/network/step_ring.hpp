// Lists of rows by step, for so many steps ahead.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include "base/types.hpp"

namespace plastica {

// Lists come into being in groups, when something enters one of them: of many steps ahead, few have any.
template <class Entry>
class StepRing {
 public:
  using List = std::vector<Entry>;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { *this = {}; }
  // At least so many steps.
  void resize(std::size_t steps) {
    size_ = std::bit_ceil(steps);
    groups_.resize((size_ + group - 1) / group);
  }

  // The list of step k, to put something in.
  List& operator[](Step k) {
    const std::size_t at = place(k);
    auto& lists = groups_[at / group];
    if (lists.empty()) lists.resize(std::min(group, size_));
    return lists[at % group];
  }
  // Or to look at.
  const List& operator[](Step k) const {
    const auto& lists = groups_[place(k) / group];
    return lists.empty() ? nothing() : lists[place(k) % group];
  }
  // The list of step k, if anything is in it.
  List* find(Step k) {
    auto& lists = groups_[place(k) / group];
    return lists.empty() || lists[place(k) % group].empty() ? nullptr : &lists[place(k) % group];
  }

  // Calls f(step, list) for those of the steps from .. from+count-1 in which something is.
  template <class F>
  void for_each(Step from, Step count, F&& f) {
    const Step end = from + std::min<Step>(count, static_cast<Step>(size_));
    for (Step k = from; k < end;) {
      const std::size_t at = place(k);
      auto& lists = groups_[at / group];
      if (lists.empty()) {
        k += static_cast<Step>(std::min(group, size_) - at % group);
        continue;
      }
      if (!lists[at % group].empty()) f(k, lists[at % group]);
      ++k;
    }
  }
  template <class F>
  void for_each(Step from, F&& f) {
    for_each(from, static_cast<Step>(size_), f);
  }
  template <class F>
  void for_each(Step from, F&& f) const {
    const_cast<StepRing*>(this)->for_each(from, [&](Step k, const List& list) { f(k, list); });
  }

  // In no order.
  template <class F>
  void for_each_list(F&& f) {
    for (auto& lists : groups_)
      for (auto& list : lists) f(list);
  }
  bool holds_nothing() const {
    const auto none = [](const auto& lists) { return std::all_of(lists.begin(), lists.end(), [](const List& list) { return list.empty(); }); };
    return std::all_of(groups_.begin(), groups_.end(), none);
  }

 private:
  static constexpr std::size_t group = 1024;

  static const List& nothing() {
    static const List none;
    return none;
  }
  std::size_t place(Step k) const { return static_cast<std::size_t>(k) & (size_ - 1); }

  std::size_t size_ = 0;
  std::vector<std::vector<List>> groups_;
};

}  // namespace plastica
