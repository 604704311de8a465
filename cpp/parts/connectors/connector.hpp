// What a connector is: a schema and a function from two sets of neurons to rows of synapses.
//
// Everything random is drawn per target or per source, from a stream whose index is the neuron's id, so that threads can share
// the work in any way. Pairs made target by target become rows by a counting sort.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/isa.hpp"
#include "base/memory.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "network/connectivity.hpp"
#include "schema/schema.hpp"

namespace plastica::inline PLASTICA_ISA {

// Index of the stream of decisions that concern all targets at once; neurons have the 32-bit ones.
inline constexpr std::uint64_t shared_stream = std::uint64_t{1} << 40;

// The two sides of a projection as a connector sees them.
class Wiring {
 public:
  Wiring(const Endpoint& pre, const Endpoint& post, const Partition& partition, RandomKey key, bool same_population)
      : pre_(pre), post_(post), partition_(partition), key_(key), same_population_(same_population), sources_(ascending(pre)), targets_(ascending(post)) {}

  const Endpoint& pre() const { return pre_; }
  const Endpoint& post() const { return post_; }
  const Partition& partition() const { return partition_; }
  RandomKey key() const { return key_; }
  Stream stream(std::uint64_t index) const { return {key_, index}; }

  // Ids that take part, ascending.
  const std::vector<Neuron>& sources() const { return sources_; }
  const std::vector<Neuron>& targets() const { return targets_; }

  bool is_autapse(Neuron source, Neuron target) const { return same_population_ && source == target; }

  // The place of a neuron among the sources or targets, if it is also on that side.
  std::optional<Neuron> place_among_sources(Neuron target) const { return place(sources_, target); }
  std::optional<Neuron> place_among_targets(Neuron source) const { return place(targets_, source); }

  // The range of targets() that a part owns.
  std::pair<std::size_t, std::size_t> targets_of_part(std::size_t part) const {
    const auto at = [&](Neuron id) { return static_cast<std::size_t>(std::lower_bound(targets_.begin(), targets_.end(), id) - targets_.begin()); };
    return {at(partition_.begin[part]), at(partition_.begin[part + 1])};
  }

  // Fills every share's rows with make(share), in parallel.
  template <class Make>
  Connectivity for_each_share(const Make& make) const {
    Connectivity connectivity{pre_.size, post_.size, std::vector<Rows>(static_cast<std::size_t>(partition_.shares()))};
    parallel(partition_.shares(), [&](int share) {
      const auto p = static_cast<std::size_t>(share);
      connectivity.shares[p] = make(p);
      connectivity.shares[p].first = partition_.begin[p];
      connectivity.shares[p].last = partition_.begin[p + 1];
    });
    return connectivity;
  }

 private:
  static std::vector<Neuron> ascending(const Endpoint& end) {
    std::vector<Neuron> ids(end.ids != nullptr ? end.ids->size() : end.size);
    if (end.ids == nullptr) {
      for (Neuron i = 0; i < end.size; ++i) ids[i] = i;
      return ids;
    }
    ids = *end.ids;
    std::sort(ids.begin(), ids.end());
    const auto twice = std::adjacent_find(ids.begin(), ids.end());
    if (twice != ids.end()) throw Error("a view to be connected lists neuron " + std::to_string(*twice) + " twice; list it once");
    if (!ids.empty() && ids.back() >= end.size)
      throw Error("a view to be connected lists neuron " + std::to_string(ids.back()) + " of a population of " + std::to_string(end.size));
    return ids;
  }

  std::optional<Neuron> place(const std::vector<Neuron>& ids, Neuron id) const {
    if (!same_population_) return std::nullopt;
    const auto found = std::lower_bound(ids.begin(), ids.end(), id);
    if (found == ids.end() || *found != id) return std::nullopt;
    return static_cast<Neuron>(found - ids.begin());
  }

  const Endpoint& pre_;
  const Endpoint& post_;
  const Partition& partition_;
  RandomKey key_;
  bool same_population_;
  std::vector<Neuron> sources_, targets_;
};

// Turns pairs that come target by target, ascending, into rows by source. Blocks are freed while they are sorted out,
// so that at most about twice the result is held.
class RowsBuilder {
 public:
  explicit RowsBuilder(Neuron sources) : row_(std::size_t{sources} + 1) {}

  void begin_target(Neuron target) { targets_.push_back({target, count()}); }

  void add(Neuron source) {
    if (next_ == end_) grow();
    *next_++ = source;
  }

  Rows finish() {
    count_per_source();
    Column<Neuron> sorted(count());
    std::vector<std::uint64_t> cursor(row_.begin(), row_.end() - 1);
    std::uint64_t position = 0;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const std::uint64_t end = i + 1 < targets_.size() ? targets_[i + 1].begin : count();
      while (position < end) {
        const std::size_t block = position / block_size;
        const std::uint64_t stop = std::min(end, (block + 1) * block_size);
        const Neuron* sources = blocks_[block].get();
        for (; position < stop; ++position) sorted[cursor[sources[position % block_size]]++] = targets_[i].target;
        if (position % block_size == 0) blocks_[block].reset();
      }
    }
    return {0, 0, std::move(row_), std::move(sorted)};
  }

 private:
  static constexpr std::uint64_t block_size = 1 << 16;
  struct Target {
    Neuron target;
    std::uint64_t begin;
  };

  std::uint64_t count() const { return blocks_.size() * block_size - static_cast<std::uint64_t>(end_ - next_); }

  void grow() {
    blocks_.push_back(std::make_unique_for_overwrite<Neuron[]>(block_size));
    next_ = blocks_.back().get();
    end_ = next_ + block_size;
  }

  void count_per_source() {
    const std::uint64_t total = count();
    for (std::uint64_t begin = 0; begin < total; begin += block_size) {
      const Neuron* sources = blocks_[begin / block_size].get();
      const std::uint64_t size = std::min(block_size, total - begin);
      for (std::uint64_t i = 0; i < size; ++i) ++row_[sources[i] + 1];
    }
    for (std::size_t s = 1; s < row_.size(); ++s) row_[s] += row_[s - 1];
  }

  std::vector<std::uint64_t> row_;
  std::vector<Target> targets_;
  std::vector<std::unique_ptr<Neuron[]>> blocks_;
  Neuron* next_ = nullptr;
  Neuron* end_ = nullptr;
};

// Wires target by target: `make_draw()` gives every part a function draw(target, place among targets, rows) with scratch of its own.
template <class MakeDraw>
Connectivity target_by_target(const Wiring& wiring, const MakeDraw& make_draw) {
  return wiring.for_each_share([&](std::size_t part) {
    RowsBuilder rows(wiring.pre().size);
    auto draw = make_draw();
    const auto [first, last] = wiring.targets_of_part(part);
    for (std::size_t i = first; i < last; ++i) {
      rows.begin_target(wiring.targets()[i]);
      draw(wiring.targets()[i], i, rows);
    }
    return rows.finish();
  });
}

// Deals out synapses that are already in canonical order: target[row[s]] .. target[row[s+1] - 1] belong to source s, ascending.
inline Connectivity deal_out(const Wiring& wiring, const std::vector<std::uint64_t>& row, const Neuron* target) {
  return wiring.for_each_share([&](std::size_t part) {
    const Neuron first = wiring.partition().begin[part];
    const Neuron last = wiring.partition().begin[part + 1];
    Rows rows{first, last, std::vector<std::uint64_t>(row.size()), {}};
    std::vector<std::uint64_t> begin(row.size() - 1);
    for (std::size_t s = 0; s + 1 < row.size(); ++s) {
      const Neuron* from = std::lower_bound(target + row[s], target + row[s + 1], first);
      const Neuron* to = std::lower_bound(from, target + row[s + 1], last);
      begin[s] = static_cast<std::uint64_t>(from - target);
      rows.row[s + 1] = rows.row[s] + static_cast<std::uint64_t>(to - from);
    }
    rows.target.resize(rows.row.back());
    for (std::size_t s = 0; s + 1 < row.size(); ++s)
      std::copy_n(target + begin[s], rows.row[s + 1] - rows.row[s], rows.target.begin() + static_cast<std::ptrdiff_t>(rows.row[s]));
    return rows;
  });
}

// Draws places out of 0 .. pool-1, leaving out one if asked to.
class PlaceSampler {
 public:
  explicit PlaceSampler(std::size_t pool) : pool_(static_cast<Neuron>(pool)) {}

  // Calls take(place) `count` times; the same place may come again only if `repeated`.
  template <class Take>
  void draw(Stream& stream, std::uint64_t count, std::optional<Neuron> without, bool repeated, const Take& take) {
    if (repeated) {
      draw_any(stream, count, without, take);
    } else {
      draw_distinct(stream, count, without, take);
    }
  }

 private:
  template <class Take>
  void draw_any(Stream& stream, std::uint64_t count, std::optional<Neuron> without, const Take& take) {
    const Neuron choices = pool_ - (without ? 1 : 0);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto place = static_cast<Neuron>(stream.below(choices));
      take(without && place >= *without ? place + 1 : place);
    }
  }

  // Marks what is taken, or what is left out when that is less.
  template <class Take>
  void draw_distinct(Stream& stream, std::uint64_t count, std::optional<Neuron> without, const Take& take) {
    begin_marks();
    if (without) marks_[*without] = mark_;
    const std::uint64_t choices = pool_ - (without ? 1 : 0);
    if (count <= choices / 2) {
      for (std::uint64_t i = 0; i < count; ++i) take(mark_new(stream));
      return;
    }
    for (std::uint64_t i = count; i < choices; ++i) mark_new(stream);
    for (Neuron place = 0; place < pool_; ++place)
      if (marks_[place] != mark_) take(place);
  }

  void begin_marks() {
    marks_.resize(pool_);
    if (++mark_ != 0) return;
    std::fill(marks_.begin(), marks_.end(), 0);
    mark_ = 1;
  }

  Neuron mark_new(Stream& stream) {
    auto place = static_cast<Neuron>(stream.below(pool_));
    while (marks_[place] == mark_) place = static_cast<Neuron>(stream.below(pool_));
    marks_[place] = mark_;
    return place;
  }

  Neuron pool_;
  std::uint32_t mark_ = 0;
  std::vector<std::uint32_t> marks_;
};

// The parameters of a connector from its options; what is left out takes its default. Throws for unknown names and bad values.
template <class Connector>
typename Connector::Parameters connector_parameters(const ConnectorOptions& options) {
  const Schema schema{Kind::connector, Connector::text, Connector::fields};
  for (const auto& [name, value] : options.numbers) check_value(Connector::text.name, find_field(schema, name), value);
  for (const auto& [name, value] : options.choices) find_field(schema, name);
  typename Connector::Parameters p{};
  for (const auto& [member, field] : Connector::parameters) {
    const std::string name(field.name);
    const auto number = options.numbers.find(name);
    const auto chosen = options.choices.find(name);
    p.*member = chosen != options.choices.end()   ? choice_value(Connector::text.name, field, chosen->second)
                : number != options.numbers.end() ? number->second
                                                  : field.default_value;
  }
  return p;
}

// A count given as a number: whole, not negative.
inline std::uint64_t whole(const Text& part, const char* field, double value) {
  const auto count = static_cast<std::uint64_t>(value);
  if (static_cast<double>(count) != value) throw Error(std::string(part.name) + "." + field + " = " + to_text(value) + " must be a whole number");
  return count;
}

inline Error too_many(const Text& part, const char* field, std::uint64_t value, std::uint64_t available, const std::string& of_what, const char* remedy) {
  return Error(std::string(part.name) + "." + field + " = " + std::to_string(value) + " must be at most " + std::to_string(available) + ", " + of_what + "; " +
               remedy);
}

// Refuses more synapses than there can be memory for: each has a target, twice while they are put in order.
inline void check_synapses(const Text& part, const std::string& given, double count) {
  constexpr double bytes = 2 * sizeof(Neuron);
  const std::string remedy = given.empty() ? "connect fewer neurons" : "lower it";
  check_memory(bytes * count, std::string(part.name) + (given.empty() ? "" : "." + given) + ": " + to_text(std::round(count)) + " synapses", remedy);
}

inline constexpr Bound count_bound = between(0, 0x1p53);
inline constexpr Field autapses_field = flag("allow_autapses", true, "whether a neuron may connect to itself");
inline constexpr Field multapses_field = flag("allow_multapses", true, "whether a pair of neurons may be connected more than once");

}  // namespace plastica::inline PLASTICA_ISA
