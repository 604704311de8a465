// Where the rows of each source lie among the records of one share.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/types.hpp"

namespace plastica {

using RowPosition = std::uint32_t;  // in the store of a share, in words

struct RowRange {
  RowPosition begin = 0, end = 0;
  bool empty() const { return begin == end; }
  RowPosition size() const { return end - begin; }
};

// Regions of the store follow each other in the order of sources. The index is dense, with an entry for each source, or, where few sources
// reach the share's neurons, sparse: a bit for each source, and an entry for each that has rows.
class SourceIndex {
 public:
  SourceIndex() = default;

  // ---- making one

  void reserve(Neuron sources) { first_.reserve(std::size_t{sources} + 1); }
  // The next source's region begins here, and the last one's has ended.
  void begin_source(RowPosition at) { first_.push_back(at); }
  void finish(RowPosition end) {
    first_.push_back(end);
    sources_ = static_cast<Neuron>(first_.size() - 1);
    if (few()) thin_out();
  }
  // Of sources whose regions have room to spare: rows end before their region does.
  static SourceIndex with_room(std::vector<RowPosition> first, std::vector<RowPosition> stop) {
    SourceIndex index;
    index.sources_ = static_cast<Neuron>(stop.size());
    index.first_ = std::move(first);
    index.stop_ = std::move(stop);
    return index;
  }
  void end_rows(Neuron source, RowPosition end) { stop_[source] = end; }

  // ---- asking it

  Neuron sources() const { return sources_; }
  bool has_room() const { return !stop_.empty(); }
  bool sparse() const { return !present_.empty(); }

  // The end of all regions.
  RowPosition end() const { return first_.empty() ? 0 : first_.back(); }

  RowRange rows(Neuron source) const {
    if (sparse()) {
      const std::size_t word = source / 64, bit = source % 64;
      if ((present_[word] >> bit & 1) == 0) return {};
      const std::size_t entry = before_[word] + static_cast<std::size_t>(std::popcount(present_[word] & ((std::uint64_t{1} << bit) - 1)));
      return {first_[entry], first_[entry + 1]};
    }
    return {first_[source], stop_.empty() ? first_[source + 1] : stop_[source]};
  }

  // What its rows may grow to.
  RowPosition room(Neuron source) const { return first_[source + 1] - first_[source]; }

  // Whose region a row lies in.
  Neuron source_of(RowPosition row) const {
    const auto entry = static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), row) - first_.begin()) - 1;
    return sparse() ? present(entry) : static_cast<Neuron>(entry);
  }

  // Calls f(rows) for every source with rows, in their order.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t entry = 0; entry + 1 < first_.size(); ++entry) {
      const RowRange rows{first_[entry], has_room() ? stop_[entry] : first_[entry + 1]};
      if (!rows.empty()) f(rows);
    }
  }

  std::size_t bytes() const {
    return (first_.size() + stop_.size()) * sizeof(RowPosition) + present_.size() * sizeof(std::uint64_t) + before_.size() * sizeof(std::uint32_t);
  }

 private:
  // A look into a sparse index costs more instructions and fewer misses of the cache.
  bool few() const {
    std::size_t entries = 0;
    for (Neuron source = 0; source < sources_; ++source) entries += first_[source] != first_[source + 1];
    return entries < sources_ / 4;
  }

  void thin_out() {
    const std::size_t words = (std::size_t{sources_} + 63) / 64;
    std::vector<RowPosition> first;
    present_.assign(words, 0);
    before_.assign(words, 0);
    for (Neuron source = 0; source < sources_; ++source) {
      if (source % 64 == 0) before_[source / 64] = static_cast<std::uint32_t>(first.size());
      if (first_[source] == first_[source + 1]) continue;
      present_[source / 64] |= std::uint64_t{1} << source % 64;
      first.push_back(first_[source]);
    }
    first.push_back(first_.back());
    first.shrink_to_fit();
    first_ = std::move(first);
  }

  // The source of an entry of a sparse index.
  Neuron present(std::size_t entry) const {
    const auto after = std::upper_bound(before_.begin(), before_.end(), static_cast<std::uint32_t>(entry));
    const auto word = static_cast<std::size_t>(after - before_.begin()) - 1;
    std::uint64_t bits = present_[word];
    for (std::size_t passed = before_[word]; passed < entry; ++passed) bits &= bits - 1;
    return static_cast<Neuron>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
  }

  Neuron sources_ = 0;
  std::vector<RowPosition> first_;     // where the region of each source, or of each that is present, begins; and the end
  std::vector<RowPosition> stop_;      // where its rows end, if regions have room to spare
  std::vector<std::uint64_t> present_;  // of a sparse index: a bit for each source
  std::vector<std::uint32_t> before_;   // how many are present before each word of bits
};

}  // namespace plastica
