// Adds synapses to one shard and takes some away; what is left keeps its state, bit for bit.
//
// New synapses form rows of their own: a generation. They have seen no spike, whatever the older synapses of that source and delay have. As soon
// as nothing tells two generations apart, they become one row, when their source is edited again.
//
// Each source has a region of the store with room to spare. An edit rewrites the regions of its sources from the first row that changes on; all
// regions only if one has outgrown its own.
#pragma once
#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "network/projection.hpp"

namespace plastica {

template <class R>
class RowEditor {
 public:
  // A synapse as it is found.
  struct Place {
    RowPosition row;
    std::uint32_t place;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Fresh {
    Neuron source;
    std::uint32_t delay, target;  // the target among the thread's neurons
    R weight;
  };
  static constexpr RowPosition nowhere = ~RowPosition{0};

  RowEditor(Shard<R>& shard, std::uint32_t least_delay, Step now) : shard_(shard), layout_(shard.layout), least_(least_delay), begin_(least_delay), now_(now) {}

  // From here on rows look like this: they may have weights of their own, and births.
  void use(const RowLayout& layout) { layout_ = layout; }
  // From here on the least delay is this one.
  void begin_at(std::uint32_t least_delay) { begin_ = least_delay; }
  // Rows that no spike has reached of late are alike, whenever they began: no rule does anything between the events of their synapses.
  void ignore_beginnings() { timeless_ = true; }
  // Random numbers count the synapses of one row between the same two neurons: generations with a common target stay apart.
  void keep_twins_apart() { apart_ = true; }
  // Where these synapses are after the edit will be asked. Sorted.
  void follow(std::vector<Place> places) { followed_ = std::move(places); }

  // `gone` and `fresh` are sorted, the second by source, delay and target.
  void edit(std::span<const Place> gone, std::span<const Fresh> fresh) {
    const bool everything = layout_.columns() != shard_.layout.columns() || begin_ != least_;
    find_awaited();
    if (everything) stash_.reserve(shard_.store.size() + shard_.synapses * (layout_.columns() - shard_.layout.columns()) + fresh.size());
    for (Neuron source = 0; source < shard_.index.sources(); ++source) {
      const RowPosition end = shard_.rows(source).end;
      std::size_t g = 0, f = 0;
      while (g < gone.size() && gone[g].row < end) ++g;
      while (f < fresh.size() && fresh[f].source == source) ++f;
      if (g + f > 0 || everything) rewrite(source, gone.first(g), fresh.first(f), everything);
      gone = gone.subspan(g);
      fresh = fresh.subspan(f);
    }
    before_ = shard_.index;
    if (!images_.empty()) repack();
    shard_.layout = layout_;
    shard_.measure();
    redirect();
  }

  // Where an old row is now; nowhere, if none of its synapses is left.
  RowPosition moved(RowPosition row) const {
    const Move* const move = find(row);
    if (move == nullptr) return unmoved(row);
    return move->alive ? landing(*move, row) : nowhere;
  }
  // Likewise a synapse that has been followed.
  Place moved(const Place& synapse) const {
    const auto found = landed_.find(synapse);
    if (found != landed_.end()) return {shard_.rows(found->second.source).begin + found->second.offset, found->second.place};
    const Move* const move = find(synapse.row);
    if (move == nullptr) return {unmoved(synapse.row), synapse.place};
    return {move->whole ? landing(*move, synapse.row) : nowhere, synapse.place};
  }
  // A row of new synapses.
  struct Birth {
    RowPosition row;
    std::uint32_t delay;
  };
  // All of them, by row.
  std::vector<Birth> created() const {
    std::vector<Birth> rows;
    for (const auto& each : created_) rows.push_back({shard_.rows(each.source).begin + each.offset, each.delay});
    return rows;
  }

 private:
  struct Row {
    RowPosition at;
    std::uint32_t delay, count;
    std::size_t gone, gone_end;
    std::uint32_t left() const { return count - static_cast<std::uint32_t>(gone_end - gone); }
  };
  // One row, or neighbours that stay as they are.
  struct Move {
    RowPosition old, old_end;
    Neuron source;
    std::uint32_t offset;      // in the source's region
    std::uint32_t later;       // steps until this row is reached, after the old one would have been
    bool alive, whole, onward;  // some synapse is left; all, in their places; there is a row from here on
  };
  struct Created {
    Neuron source;
    std::uint32_t offset, delay;
  };
  struct Landed {
    Neuron source;
    std::uint32_t offset, place;
  };
  struct Image {
    Neuron source;
    std::size_t begin, size;
  };
  struct Pick {
    std::uint32_t target, row, place;
  };

  // Rows that spikes will visit once more, whatever the spikes that reach them next.
  void find_awaited() {
    shard_.lagged.for_each_list([&](const auto& rows) { awaited_.insert(awaited_.end(), rows.begin(), rows.end()); });
    for (const auto& late : shard_.early) awaited_.push_back(late.second);
    std::sort(awaited_.begin(), awaited_.end());
  }

  // ---- one source ------------------------------------------------------------------------------------------------------------

  void rewrite(Neuron source, std::span<const Place> gone, std::span<const Fresh> fresh, bool everything) {
    source_ = source;
    gone_ = gone;
    same_ = layout_.columns() == shard_.layout.columns();
    image_.clear();
    untouched_ = 0;
    newest_ = none;
    delay_ = begin_;
    pending_.clear();
    waiting_.clear();
    read_rows();
    compose(fresh);
    for (const std::size_t m : pending_) moves_[m].onward = false;
    if (newest_ != none) head(newest_) = RowHead::make(head(newest_).count(), head(newest_).gap(), true);
    const bool one = newest_ == 0 && delay_ == begin_;
    shard_.staggered = shard_.staggered || (newest_ != none && !one);
    put_back(everything);
  }

  // The new rows: the old ones that stay, those that lose synapses, and those of new synapses, by delay.
  void compose(std::span<const Fresh> fresh) {
    for (std::size_t r = 0, f = 0; r < rows_.size() || f < fresh.size();) {
      const std::uint32_t next = f < fresh.size() ? fresh[f].delay : std::numeric_limits<std::uint32_t>::max();
      std::size_t last = r;
      while (last < rows_.size() && rows_[last].delay <= next && stays(last)) ++last;
      if (last > r) {
        keep_rows(r, last);
      } else if (r < rows_.size() && rows_[r].delay <= next) {
        while (last < rows_.size() && rows_[last].delay == rows_[r].delay) ++last;
        merge(r, last);
      } else {
        const std::size_t begin = f;
        while (f < fresh.size() && fresh[f].delay == next) ++f;
        create(next, fresh.subspan(begin, f - begin));
      }
      r = last;
    }
  }

  // Into the source's region, or, where it does not fit, aside until all regions are laid out again.
  void put_back(bool everything) {
    const bool fits = !everything && shard_.index.has_room() && size() <= shard_.index.room(source_);
    R* const region = shard_.store.data() + shard_.rows(source_).begin;
    if (!fits) {
      images_.push_back({source_, stash_.size(), size()});
      stash_.insert(stash_.end(), region, region + untouched_);
      stash_.insert(stash_.end(), image_.begin(), image_.end());
      return;
    }
    std::copy(image_.begin(), image_.end(), region + untouched_);
    shard_.index.end_rows(source_, shard_.rows(source_).begin + static_cast<RowPosition>(size()));
  }

  // Whether a row is the only one of its delay, and none of its synapses goes.
  bool stays(std::size_t r) const {
    const Row& row = rows_[r];
    return same_ && row.count > 0 && row.gone == row.gone_end && (r == 0 || rows_[r - 1].delay != row.delay) &&
           (r + 1 == rows_.size() || rows_[r + 1].delay != row.delay);
  }

  // Neighbours, as they are.
  void keep_rows(std::size_t begin, std::size_t end) {
    const RowPosition from = rows_[begin].at, to = shard_.next(rows_[end - 1].at), newest = rows_[end - 1].at;
    if (begin == 0 && size() == 0 && begin_ == least_) {
      untouched_ = to - from;
      newest_ = newest - from;
    } else {
      advance(rows_[begin].delay);
      const std::size_t at = size();
      meet_pending(at, rows_[begin].delay);
      image_.insert(image_.end(), shard_.store.data() + from, shard_.store.data() + to);
      head(at) = RowHead::make(rows_[begin].count, rows_[begin].delay - delay_, false);
      newest_ = at + (newest - from);
      moves_.push_back({from, to, source_, static_cast<std::uint32_t>(at), 0, true, true, true});
    }
    delay_ = rows_[end - 1].delay;
    head(newest_) = RowHead::make(head(newest_).count(), head(newest_).gap(), false);
  }

  void read_rows() {
    rows_.clear();
    std::uint32_t delay = least_;
    std::size_t g = 0;
    walk_source(shard_, source_, [&](RowPosition at) {
      delay += shard_.head(at).gap();
      const std::size_t begin = g;
      while (g < gone_.size() && gone_[g].row == at) ++g;
      rows_.push_back({at, delay, shard_.head(at).count(), begin, g});
    });
  }

  // Generations of one delay, as few rows as can be.
  void merge(std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end;) {
      std::size_t last = r + 1;
      std::uint32_t count = rows_[r].left();
      while (last < end && count + rows_[last].left() <= RowHead::most_synapses && alike(rows_[r].at, rows_[last].at) && !twins(r, last))
        count += rows_[last++].left();
      count > 0 ? keep(r, last, count) : drop(r, last);
      r = last;
    }
  }

  bool alike(RowPosition a, RowPosition b) const {
    const auto waits = [&](RowPosition row) { return shard_.sleeps(row, now_ + 1) || std::binary_search(awaited_.begin(), awaited_.end(), row); };
    if (waits(a) || waits(b)) return false;
    const RowLayout& layout = shard_.layout;
    if (layout.traces != layout.state) {
      const RowState &one = shard_.state(a), &other = shard_.state(b);
      const bool unreached = timeless_ && one.arrival == never;
      if (one.arrival != other.arrival || (!unreached && (one.consumed != other.consumed || one.base != other.base))) return false;
    }
    return std::memcmp(shard_.traces(a), shard_.traces(b), (layout.head - layout.traces) * sizeof(R)) == 0;
  }

  // Whether a row has a target in common with one of those before it.
  bool twins(std::size_t begin, std::size_t row) const {
    for (std::size_t r = begin; apart_ && r < row; ++r)
      for (std::uint32_t i = 0, j = 0; i < rows_[r].count && j < rows_[row].count;) {
        const std::uint32_t one = shard_.target(rows_[r].at, i), other = shard_.target(rows_[row].at, j);
        if (one == other) return true;
        one < other ? ++i : ++j;
      }
    return false;
  }

  void drop(std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      pending_.push_back(moves_.size());
      moves_.push_back({rows_[r].at, rows_[r].at + 1, source_, 0, 0, false, false, true});
      waiting_.push_back(rows_[r].delay);
    }
  }

  void keep(std::size_t begin, std::size_t end, std::uint32_t count) {
    const std::size_t to = open(rows_[begin].delay, count);
    const bool whole = end == begin + 1 && count == rows_[begin].count;
    for (std::size_t r = begin; r < end; ++r) moves_.push_back({rows_[r].at, rows_[r].at + 1, source_, static_cast<std::uint32_t>(to), 0, true, whole, true});
    const R* const old = shard_.store.data() + rows_[begin].at;
    const std::uint32_t copied = whole && same_ ? layout_.template size<R>(count) : layout_.head;
    std::copy(old + layout_.state, old + copied, record(to) + layout_.state);
    if (whole && same_) return;
    whole ? add_columns(to, rows_[begin].at, count) : copy_picked(to, begin, end, count);
  }

  // A row with all of its synapses, whose record holds more than it did.
  void add_columns(std::size_t to, RowPosition row, std::uint32_t count) {
    const RowLayout& before = shard_.layout;
    const auto copy_words = [&](const R* from, std::size_t words, std::size_t word) { std::copy_n(from, words, record(to) + word); };
    const std::uint32_t weights = layout_.template weights_at<R>(count), old_weights = before.template weights_at<R>(count);
    const R* const old = shard_.store.data() + row;
    copy_words(old + before.head, old_weights - before.head, layout_.head);
    const std::uint32_t separate = layout_.weights && !before.weights ? count : 0;
    std::fill_n(record(to) + weights, separate, shard_.shared);
    copy_words(old + old_weights, std::size_t{count} * before.columns(), weights + separate);
  }

  void copy_picked(std::size_t to, std::size_t begin, std::size_t end, std::uint32_t count) {
    pick(begin, end);
    for (std::uint32_t i = 0; i < count; ++i) set_target(to, i, picks_[i].target);
    R* column = record(to) + layout_.template weights_at<R>(count);
    const auto copy_column = [&](auto&& value) {
      for (std::uint32_t i = 0; i < count; ++i) column[i] = value(picks_[i]);
      column += count;
    };
    if (layout_.weights) copy_column([&](const Pick& pick) { return shard_.weight(rows_[pick.row].at, pick.place); });
    const std::uint32_t before = shard_.layout.weights ? 1 : 0;
    for (std::uint32_t v = 0; v < layout_.variables; ++v)
      copy_column([&](const Pick& pick) { return shard_.weights(rows_[pick.row].at)[(before + v) * rows_[pick.row].count + pick.place]; });
    if (layout_.births) copy_column([&](const Pick& pick) { return birth_word(shard_.birth(rows_[pick.row].at, pick.place)); });
    track(to, count);
  }

  // What is left of some rows, by target.
  void pick(std::size_t begin, std::size_t end) {
    picks_.clear();
    for (std::size_t r = begin; r < end; ++r) {
      std::size_t g = rows_[r].gone;
      for (std::uint32_t place = 0; place < rows_[r].count; ++place) {
        if (g < rows_[r].gone_end && gone_[g].place == place) {
          ++g;
          continue;
        }
        picks_.push_back({shard_.target(rows_[r].at, place), static_cast<std::uint32_t>(r), place});
      }
    }
    if (end > begin + 1) std::stable_sort(picks_.begin(), picks_.end(), [](const Pick& a, const Pick& b) { return a.target < b.target; });
  }

  void track(std::size_t to, std::uint32_t count) {
    if (followed_.empty()) return;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Place old{rows_[picks_[i].row].at, picks_[i].place};
      if (std::binary_search(followed_.begin(), followed_.end(), old)) landed_[old] = {source_, static_cast<std::uint32_t>(to), i};
    }
  }

  void create(std::uint32_t delay, std::span<const Fresh> fresh) {
    while (!fresh.empty()) {
      const auto count = static_cast<std::uint32_t>(RowHead::together(0, fresh.size(), [&](std::size_t i) { return fresh[i].target; }));
      const std::size_t to = open(delay, count);
      if (layout_.traces != layout_.state) {
        RowState state{delay, 0, 0, 0};
        std::memcpy(record(to) + layout_.state, &state, sizeof state);
      }
      for (std::uint32_t i = 0; i < count; ++i) set_target(to, i, fresh[i].target);
      R* const weights = record(to) + layout_.template weights_at<R>(count);
      for (std::uint32_t i = 0; i < count && layout_.weights; ++i) weights[i] = fresh[i].weight;
      if (layout_.births) std::fill_n(record(to) + layout_.template births_at<R>(count), count, birth_word(now_));
      created_.push_back({source_, static_cast<std::uint32_t>(to), delay});
      fresh = fresh.subspan(count);
    }
  }

  // ---- the image of a region ---------------------------------------------------------------------------------------------------

  std::size_t open(std::uint32_t delay, std::uint32_t count) {
    advance(delay);
    const std::size_t to = begin_record(delay, count);
    meet_pending(to, delay);
    return to;
  }

  // Records without synapses, until a row of this delay can follow.
  void advance(std::uint32_t delay) {
    while (delay - delay_ > RowHead::most_gap) begin_record(delay_ + RowHead::most_gap, 0);
  }

  // Spikes on their way to rows that are gone go on with the row at `to`.
  void meet_pending(std::size_t to, std::uint32_t delay) {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      Move& move = moves_[pending_[i]];
      move.offset = static_cast<std::uint32_t>(to);
      move.later = delay - waiting_[i];
    }
    pending_.clear();
    waiting_.clear();
  }

  std::size_t begin_record(std::uint32_t delay, std::uint32_t count) {
    const std::size_t to = size();
    image_.resize(image_.size() + layout_.template size<R>(count), R(0));
    head(to) = RowHead::make(count, delay - delay_, false);
    newest_ = to;
    delay_ = delay;
    return to;
  }

  std::size_t size() const { return untouched_ + image_.size(); }
  R* record(std::size_t at) { return at < untouched_ ? shard_.store.data() + shard_.rows(source_).begin + at : image_.data() + (at - untouched_); }
  RowHead& head(std::size_t at) { return *reinterpret_cast<RowHead*>(record(at)); }

  void set_target(std::size_t row, std::uint32_t place, std::uint32_t target) {
    auto* const bytes = reinterpret_cast<char*>(record(row) + layout_.head) + std::size_t{place} * layout_.target_bytes;
    const auto narrow = static_cast<std::uint16_t>(target);
    std::memcpy(bytes, layout_.narrow() ? static_cast<const void*>(&narrow) : &target, layout_.target_bytes);
  }

  static R birth_word(Step step) {
    const auto word = static_cast<std::uint32_t>(step / birth_unit);
    R as_stored = 0;
    std::memcpy(&as_stored, &word, sizeof word);
    return as_stored;
  }

  // ---- all regions -------------------------------------------------------------------------------------------------------------

  void repack() {
    const Neuron sources = shard_.index.sources();
    std::vector<RowPosition> first{0}, stop;
    std::uint64_t end = 0;
    auto image = images_.begin();
    for (Neuron source = 0; source < sources; ++source) {
      const bool grown = image != images_.end() && image->source == source;
      const std::uint64_t used = grown ? image++->size : shard_.rows(source).size();
      const std::uint64_t spare = std::max<std::uint64_t>(used / 8, 32) + (grown && shard_.index.has_room() ? used / 8 : 0);
      stop.push_back(static_cast<RowPosition>(end + used));
      end += used + spare;
      if (end > nowhere) throw Error("a projection is too large for one thread; use more threads or several projections");
      first.push_back(static_cast<RowPosition>(end));
    }
    Store<R> store(end);
    image = images_.begin();
    for (Neuron source = 0; source < sources; ++source) {
      const bool grown = image != images_.end() && image->source == source;
      const R* const from = grown ? stash_.data() + image++->begin : shard_.store.data() + shard_.rows(source).begin;
      std::copy_n(from, stop[source] - first[source], store.data() + first[source]);
    }
    shard_.store = std::move(store);
    shard_.index = SourceIndex::with_room(std::move(first), std::move(stop));
  }

  // ---- whoever knows rows by where they are ------------------------------------------------------------------------------------

  void redirect() {
    const auto follow_row = [&](RowPosition& row) {
      row = moved(row);
      return row != nowhere;
    };
    for (auto& rows : shard_.arrived) change(rows, follow_row);
    shard_.lagged.for_each_list([&](auto& rows) { change(rows, follow_row); });
    change(shard_.early, [&](auto& late) { return follow_row(late.second); });
    change(shard_.asleep, [&](auto& each) { return follow_row(each.row); });
    // Spikes begin at their source's first row, whichever that is.
    const auto begin_again = [&](RowPosition& row) {
      const Neuron source = source_before(row);
      row = shard_.rows(source).begin;
      return !shard_.rows(source).empty();
    };
    shard_.due.for_each_list([&](auto& rows) { change(rows, begin_again); });
    change(shard_.walking, [&](auto& cursor) {
      const Move* const move = find(cursor.row);
      cursor.row = move == nullptr ? unmoved(cursor.row) : landing(*move, cursor.row);
      cursor.step += move == nullptr ? 0 : move->later;
      return move == nullptr || move->onward;
    });
  }

  // Changes each element, and keeps those for which `f` says so.
  template <class T, class F>
  static void change(std::vector<T>& list, F&& f) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < list.size(); ++i)
      if (f(list[i])) list[left++] = list[i];
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(left), list.end());
  }

  const Move* find(RowPosition old) const {
    const auto after = std::upper_bound(moves_.begin(), moves_.end(), old, [](RowPosition row, const Move& move) { return row < move.old; });
    return after != moves_.begin() && old < std::prev(after)->old_end ? &*std::prev(after) : nullptr;
  }
  RowPosition landing(const Move& move, RowPosition old) const { return shard_.rows(move.source).begin + move.offset + (old - move.old); }
  Neuron source_before(RowPosition row) const { return before_.source_of(row); }
  RowPosition unmoved(RowPosition row) const {
    const Neuron source = source_before(row);
    return shard_.rows(source).begin + (row - before_.rows(source).begin);
  }

  static constexpr std::size_t none = ~std::size_t{0};
  Shard<R>& shard_;
  RowLayout layout_;
  std::uint32_t least_, begin_;  // the least delay before and after
  Step now_;
  bool timeless_ = false, apart_ = false;
  std::vector<RowPosition> awaited_;
  std::vector<Place> followed_;
  std::map<Place, Landed> landed_;

  // Of one source.
  Neuron source_ = 0;
  std::span<const Place> gone_;
  std::vector<Row> rows_;
  std::vector<Pick> picks_;
  bool same_ = false;          // records hold what they held
  std::size_t untouched_ = 0;  // words at the region's beginning that stay where they are
  std::vector<R> image_;       // what follows them
  std::size_t newest_ = none;
  std::uint32_t delay_ = 0;
  std::vector<std::size_t> pending_;    // moves of rows that are gone, until there is a row after them
  std::vector<std::uint32_t> waiting_;  // their delays

  std::vector<Move> moves_;  // of all rows of the sources that were edited, by row
  std::vector<Created> created_;
  std::vector<Image> images_;  // of regions that need another place
  Column<R> stash_;
  SourceIndex before_;
};

}  // namespace plastica
