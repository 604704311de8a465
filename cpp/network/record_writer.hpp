// Writes the records of rows (network/projection.hpp), source by source and ascending in delay.
#pragma once
#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "network/projection.hpp"

namespace plastica {

template <class R>
class RecordWriter {
 public:
  // The store must have room for all that will be written.
  RecordWriter(Records<R>& records, Neuron sources, std::uint32_t least_delay) : records_(records), least_(least_delay) {
    records_.index = {};
    records_.index.reserve(sources);
  }

  void begin_source() {
    records_.index.begin_source(position());
    delay_ = least_;
    newest_ = none;
  }

  RowPosition open(std::uint32_t delay) {
    while (delay - delay_ > RowHead::most_gap) {
      begin_record(delay_ + RowHead::most_gap);
      std::fill_n(records_.store.data() + to_, records_.layout.head, R(0));
      close(records_.layout.bundled ? records_.layout.head : 0);
    }
    begin_record(delay);
    return position();
  }

  // The next words of the open record.
  R* extend(std::uint64_t words) {
    R* const here = records_.store.data() + to_ + words_;
    words_ += words;
    if (to_ + words_ > std::min<std::uint64_t>(records_.store.size(), std::numeric_limits<RowPosition>::max()))
      throw Error("a projection is too large for one thread; use more threads or several projections");
    return here;
  }
  std::uint64_t words() const { return words_; }

  // What the head counts: synapses, or the record's words in a bundle.
  void close(std::uint32_t count) {
    head(to_) = RowHead::make(count, gap_, true);
    newest_ = to_;
    to_ += words_;
  }

  void finish() {
    records_.index.finish(position());
    records_.store.shrink(to_);
  }

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  void begin_record(std::uint32_t delay) {
    if (newest_ != none) {
      RowHead& before = head(newest_);
      before = RowHead::make(before.count(), before.gap(), false);
      records_.staggered = true;
    }
    gap_ = delay - delay_;
    delay_ = delay;
    words_ = 0;
    extend(records_.layout.head);
  }

  RowPosition position() const { return static_cast<RowPosition>(to_); }
  RowHead& head(std::uint64_t at) { return *reinterpret_cast<RowHead*>(records_.store.data() + at); }

  Records<R>& records_;
  std::uint32_t least_, delay_ = 0, gap_ = 0;
  std::uint64_t to_ = 0, words_ = 0;
  std::uint64_t newest_ = none;
};

template <class R>
class ShardWriter {
 public:
  ShardWriter(Shard<R>& shard, Neuron sources, std::uint32_t least_delay) : shard_(shard), records_(shard, sources, least_delay) { shard_.synapses = 0; }

  void begin_source() { records_.begin_source(); }

  // Synapses begin .. end-1 of the source, all of one delay; of plastic ones, variables and traces are zero.
  template <class Target, class Weight>
  void add(std::uint32_t delay, std::size_t begin, std::size_t end, const Target& target, const Weight& weight) {
    add(delay, begin, end, target, weight, [](RowPosition, std::size_t, std::uint32_t) {});
  }
  // Or as `rest(row, its first synapse, their number)` says.
  template <class Target, class Weight, class Rest>
  void add(std::uint32_t delay, std::size_t begin, std::size_t end, const Target& target, const Weight& weight, const Rest& rest) {
    const RowLayout& layout = shard_.layout;
    std::uint32_t count = 0;
    for (std::size_t from = begin; from < end; from += count) {
      count = static_cast<std::uint32_t>(RowHead::together(from, end, target) - from);
      const RowPosition at = records_.open(delay);
      const std::uint32_t size = layout.template size<R>(count);
      R* const record = shard_.store.data() + at;
      records_.extend(size - layout.head);
      std::fill(record, record + size, R(0));
      if (layout.traces != layout.state) shard_.state(at).delay = delay;
      if (layout.narrow()) {
        auto* const narrow = reinterpret_cast<std::uint16_t*>(record + layout.head);
        for (std::uint32_t i = 0; i < count; ++i) narrow[i] = static_cast<std::uint16_t>(target(from + i));
      } else {
        auto* const wide = reinterpret_cast<std::uint32_t*>(record + layout.head);
        for (std::uint32_t i = 0; i < count; ++i) wide[i] = target(from + i);
      }
      R* const weights = record + layout.template weights_at<R>(count);
      for (std::uint32_t i = 0; i < count && layout.weights; ++i) weights[i] = weight(from + i);
      records_.close(count);
      rest(at, from, count);
    }
    shard_.synapses += end - begin;
  }

  void finish() {
    records_.finish();
    shard_.measure();
  }

 private:
  Shard<R>& shard_;
  RecordWriter<R> records_;
};

}  // namespace plastica
