// Synapses: one shard per thread, holding those onto the thread's neurons.
//
// A row is the synapses of one source with one delay, sorted by target. It lies in memory as one record, in words of the weights' type:
//   head | state, traces and axon of a row with rules | targets | weights | variables of a plastic row | births, once synapses come and go
// The rows of a source follow each other by delay: a spike on its way is a cursor that walks through neighbouring memory as time passes.
// Several rows of one delay are generations of synapses, oldest first: see network/row_editor.hpp.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "base/column.hpp"
#include "base/types.hpp"
#include "network/row_head.hpp"
#include "network/source_index.hpp"
#include "network/step_ring.hpp"

namespace plastica {

// Births are kept in steps of this size, in 32 bits: enough for years.
inline constexpr Step birth_unit = 256;

struct RowState {
  std::uint32_t delay;                   // steps
  std::int32_t arrival, consumed, base;  // see PlasticRow in engine/kernels/kernels.hpp
};

// What a record holds, in words.
struct RowLayout {
  std::uint32_t head = 1;          // before the targets
  std::uint32_t state = 0;         // where the state begins and
  std::uint32_t traces = 0;        // the traces, then the variables of axons
  std::uint32_t target_bytes = 2;  // targets are indices among the thread's neurons, in 16 or 32 bits
  bool weights = true;             // or all weigh `shared`
  std::uint32_t variables = 0;     // per synapse
  bool births = false;             // when each synapse came into being, in units of Birth
  bool bundled = false;            // the head counts words instead of synapses: see Bundle

  template <class R>
  static RowLayout make(Neuron targets, bool weights, bool stateful, std::size_t of_row, std::size_t variables) {
    const auto words = [](std::size_t bytes) { return static_cast<std::uint32_t>((bytes + sizeof(R) - 1) / sizeof(R)); };
    RowLayout layout;
    layout.head = layout.state = layout.traces = words(sizeof(RowHead));
    if (stateful) layout.traces = layout.state + words(sizeof(RowState));
    layout.head = layout.traces + static_cast<std::uint32_t>(of_row);
    layout.target_bytes = targets <= 65536 ? 2 : 4;
    layout.weights = weights;
    layout.variables = static_cast<std::uint32_t>(variables);
    return layout;
  }

  bool narrow() const { return target_bytes == 2; }
  template <class R, class Count>
  Count weights_at(Count count) const {
    return head + (count * target_bytes + Count{sizeof(R)} - 1) / Count{sizeof(R)};
  }
  template <class R, class Count>
  Count size(Count count) const {
    if (bundled) return count;
    return weights_at<R>(count) + count * columns();
  }
  // Words per synapse after the targets.
  std::uint32_t columns() const { return (weights ? 1u : 0u) + variables + (births ? 1u : 0u); }
  template <class R, class Count>
  Count births_at(Count count) const {
    return weights_at<R>(count) + count * (columns() - 1);
  }
};

// Records of rows, source by source, and the spikes on their way to them.
template <class R>
struct alignas(apart) Records {
  RowLayout layout;
  SourceIndex index;
  Store<R> store;
  bool staggered = false;  // delays differ, or some source has several rows

  // Spikes on their way. Each begins at its source's first row, in the step that is the least delay after it was stamped: `due` is a ring of
  // such steps. From then on it is a cursor, at the next row and the step when that arrives.
  struct Cursor {
    RowPosition row;
    std::uint32_t step;  // the low bits
  };
  StepRing<RowPosition> due;
  std::vector<Cursor> walking;        // in the order of their spikes, on every number of threads
  std::vector<RowPosition> arriving;  // scratch

  // New rows do not deliver spikes that are older than they are: so not before some step. By row.
  struct Sleeper {
    RowPosition row;
    Step until;
  };
  std::vector<Sleeper> asleep;
  bool sleeps(RowPosition row, Step k) const {
    if (asleep.empty()) return false;
    const auto found = std::lower_bound(asleep.begin(), asleep.end(), row, [](const Sleeper& each, RowPosition at) { return each.row < at; });
    return found != asleep.end() && found->row == row && k < found->until;
  }

  RowRange rows(Neuron source) const { return index.rows(source); }
  const RowHead& head(RowPosition at) const { return *reinterpret_cast<const RowHead*>(store.data() + at); }
  RowPosition next(RowPosition at) const { return at + layout.template size<R>(head(at).count()); }

  void make_ring(std::uint32_t least_delay) { due.resize(least_delay + std::size_t{2}); }

  template <class F>
  void for_each_row(F&& f) const {
    index.for_each([&](RowRange rows) {
      for (RowPosition at = rows.begin; at < rows.end; at = next(at)) f(at);
    });
  }

  // A row's delay in steps, where `least` is that of them all.
  std::uint32_t delay_of(RowPosition row, std::uint32_t least) const {
    RowPosition at = rows(index.source_of(row)).begin;
    std::uint32_t delay = least + head(at).gap();
    while (at != row) {
      at = next(at);
      delay += head(at).gap();
    }
    return delay;
  }

  // A spike sets out; `start` is the least delay after its stamp.
  void send(Neuron source, Step start) {
    const RowRange range = rows(source);
    if (range.empty()) return;
    due[start].push_back(range.begin);
    __builtin_prefetch(store.data() + range.begin);
  }

  // The rows that arrive at step k, in the order of their spikes; to be asked for once. Clear the result after use.
  std::vector<RowPosition>& arrivals(Step k) {
    auto& rows = reached(k);
    if (!asleep.empty()) {
      std::erase_if(rows, [&](RowPosition row) { return sleeps(row, k); });
      std::erase_if(asleep, [k](const Sleeper& each) { return each.until <= k; });
    }
    return rows;
  }

  std::vector<RowPosition>& reached(Step k) {
    auto* const beginning = due.find(k);
    if (!staggered) return beginning == nullptr ? arriving : *beginning;
    const auto now = static_cast<std::uint32_t>(k);
    if (beginning != nullptr) {
      for (const RowPosition at : *beginning) walking.push_back({at, now + head(at).gap()});
      beginning->clear();
    }
    // The records lie anywhere in memory: they must be on the way to the cache before their turn comes, for the walk and what follows it.
    constexpr std::size_t ahead = 16, line = 64 / sizeof(R);
    std::size_t left = 0;
    for (std::size_t i = 0; i < walking.size(); ++i) {
      if (i + ahead < walking.size() && walking[i + ahead].step == now) {
        __builtin_prefetch(store.data() + walking[i + ahead].row);
        __builtin_prefetch(store.data() + walking[i + ahead].row + line);
      }
      Cursor cursor = walking[i];
      bool more = true;
      while (more && cursor.step == now) {
        arriving.push_back(cursor.row);
        more = walk(cursor);
      }
      if (more) walking[left++] = cursor;
    }
    walking.resize(left);
    return arriving;
  }

  // Moves a cursor to the source's next row, if there is one.
  bool walk(Cursor& cursor) const {
    if (head(cursor.row).last()) return false;
    cursor.row = next(cursor.row);
    cursor.step += head(cursor.row).gap();
    return true;
  }

  // Calls f(row, step of arrival) for every row that will arrive at a step in begin .. end-1.
  template <class F>
  void for_each_coming(Step begin, Step end, F&& f) const {
    const auto follow = [&](Cursor cursor, Step step) {
      for (bool more = true; more && step < end;) {
        if (!sleeps(cursor.row, step)) f(cursor.row, step);
        const std::uint32_t before = cursor.step;
        more = walk(cursor);
        step += cursor.step - before;
      }
    };
    for (const Cursor cursor : walking) follow(cursor, begin + (cursor.step - static_cast<std::uint32_t>(begin)));
    due.for_each(begin, [&](Step start, const auto& rows) {
      for (const RowPosition at : rows) follow({at, 0}, start + head(at).gap());
    });
  }

  // A spike under way: its stamp and its source.
  using Spike = std::pair<Step, Neuron>;

  // All of them at step `now`, in their order. `least` is the least delay.
  std::vector<Spike> spikes_under_way(Step now, std::uint32_t least) const {
    std::vector<Spike> spikes;
    for (const Cursor& cursor : walking) {
      const Step arrival = now + (cursor.step - static_cast<std::uint32_t>(now));
      spikes.emplace_back(arrival - delay_of(cursor.row, least), index.source_of(cursor.row));
    }
    due.for_each(now, [&](Step start, const auto& rows) {
      for (const RowPosition at : rows) spikes.emplace_back(start - least, index.source_of(at));
    });
    return spikes;
  }

  // Puts a spike on its way as if it had been sent, at step `now`, when rows before that have been delivered. In the order of spikes.
  void resume(const Spike& spike, Step now, std::uint32_t least) {
    const auto [stamp, source] = spike;
    if (stamp + least >= now) return send(source, stamp + least);
    const RowRange range = rows(source);
    if (range.empty()) return;
    Step arrival = stamp + least + head(range.begin).gap();
    Cursor cursor{range.begin, static_cast<std::uint32_t>(arrival)};
    for (bool more = true; more; arrival += cursor.step - static_cast<std::uint32_t>(arrival)) {
      if (arrival >= now) return walking.push_back(cursor);
      more = walk(cursor);
    }
  }

  void forget_spikes() {
    due.for_each_list([](auto& rows) { rows.clear(); });
    walking.clear();
  }
};

// The synapses of one projection onto one thread's neurons.
template <class R>
struct Shard : Records<R> {
  using Records<R>::layout, Records<R>::index, Records<R>::store, Records<R>::head, Records<R>::next;
  R shared = 0;
  std::uint64_t synapses = 0;
  // Of the records, also while they are part of a bundle.
  std::size_t words = 0, index_bytes = 0;
  void measure() {
    words = store.size();
    index_bytes = index.bytes();
  }

  // Rows by the epoch of their arrivals, for the table of epochs: those about to be forgotten by it are visited first.
  std::vector<std::vector<RowPosition>> arrived;

  // Weights fixed at the synapse whose potentials have yet to reach the soma, after an edit of the projection.
  struct Transmitted {
    std::uint32_t target;
    R weight;
  };
  std::map<Step, std::vector<Transmitted>> transmitted;

  // How many synapses leave each source and reach each of the thread's neurons; empty until someone asks.
  std::vector<std::uint32_t> out_degree, in_degree;

  // Rows that a spike has reached and will act on once more: a ring of steps, if some rule acts late.
  StepRing<RowPosition> lagged;
  // Likewise, of spikes whose arrival was worked out ahead of its time when the projection was edited: (step, row).
  std::vector<std::pair<Step, RowPosition>> early;

  RowState& state(RowPosition at) { return *reinterpret_cast<RowState*>(store.data() + at + layout.state); }
  const RowState& state(RowPosition at) const { return *reinterpret_cast<const RowState*>(store.data() + at + layout.state); }
  R* traces(RowPosition at) { return store.data() + at + layout.traces; }
  const R* traces(RowPosition at) const { return store.data() + at + layout.traces; }
  const void* targets(RowPosition at) const { return store.data() + at + layout.head; }
  R* weights(RowPosition at) { return store.data() + at + layout.template weights_at<R>(head(at).count()); }
  const R* weights(RowPosition at) const { return store.data() + at + layout.template weights_at<R>(head(at).count()); }

  std::uint32_t target(RowPosition at, std::uint32_t place) const {
    return layout.narrow() ? static_cast<const std::uint16_t*>(targets(at))[place] : static_cast<const std::uint32_t*>(targets(at))[place];
  }
  // When a synapse came into being; 0 as long as all are as old as the projection.
  Step birth(RowPosition at, std::uint32_t place) const {
    if (!layout.births) return 0;
    std::uint32_t word;
    std::memcpy(&word, store.data() + at + layout.template births_at<R>(head(at).count()) + place, sizeof word);
    return Step{word} * birth_unit;
  }
  R weight(RowPosition at, std::uint32_t place) const { return layout.weights ? weights(at)[place] : shared; }

  void count_degrees(Neuron neurons);

  std::size_t bytes() const { return index_bytes + words * sizeof(R); }
};

// Calls f(place, target) for every synapse of a row.
template <class R, class F>
void for_each_target(const Shard<R>& shard, RowPosition at, F&& f) {
  const std::uint32_t count = shard.head(at).count();
  if (shard.layout.narrow()) {
    const auto* const targets = static_cast<const std::uint16_t*>(shard.targets(at));
    for (std::uint32_t place = 0; place < count; ++place) f(place, std::uint32_t{targets[place]});
  } else {
    const auto* const targets = static_cast<const std::uint32_t*>(shard.targets(at));
    for (std::uint32_t place = 0; place < count; ++place) f(place, targets[place]);
  }
}

// A walk over rows looks at where each ends before it knows the next: memory must be asked for ahead of it.
template <class R>
void fetch(const Shard<R>& shard, RowPosition begin, RowPosition end) {
  constexpr RowPosition line = 64 / sizeof(R);
  for (RowPosition word = begin; word < end; word += line) __builtin_prefetch(shard.store.data() + word);
}

template <class R>
inline constexpr RowPosition read_ahead = 2048 / sizeof(R);

// The next row of a source whose rows end at `end`.
template <class R>
RowPosition walk_on(const Shard<R>& shard, RowPosition at, RowPosition end) {
  const RowPosition next = shard.next(at);
  fetch(shard, std::min(at + read_ahead<R>, end), std::min(next + read_ahead<R>, end));
  return next;
}

// Calls f(row) for a source's rows, where the next source's turn comes soon: between their regions there is room of which nothing is needed.
template <class R, class F>
void walk_source(const Shard<R>& shard, Neuron source, F&& f) {
  const RowRange rows = shard.rows(source);
  const RowRange next = source + 1 < shard.index.sources() ? shard.rows(source + 1) : RowRange{};
  fetch(shard, next.begin, std::min(next.begin + read_ahead<R>, next.end));
  for (RowPosition at = rows.begin; at < rows.end; at = walk_on(shard, at, rows.end)) f(at);
}

template <class R>
void Shard<R>::count_degrees(Neuron neurons) {
  if (!out_degree.empty()) return;
  out_degree.assign(index.sources(), 0);
  in_degree.assign(neurons, 0);
  const auto count = [&](const auto* target, std::uint32_t end) {
    for (std::uint32_t place = 0; place < end; ++place) ++in_degree[target[place]];
  };
  for (Neuron source = 0; source < index.sources(); ++source)
    walk_source(*this, source, [&](RowPosition at) {
      out_degree[source] += head(at).count();
      layout.narrow() ? count(static_cast<const std::uint16_t*>(targets(at)), head(at).count())
                      : count(static_cast<const std::uint32_t*>(targets(at)), head(at).count());
    });
}

struct RulePart;  // engine/catalogue.hpp

// A rule on a projection: which part, its parameters in the user's units, and what it was given besides numbers.
struct RuleInstance {
  std::shared_ptr<const RulePart> part;
  std::vector<double> parameters;
  std::vector<double> samples;
};

template <class R>
struct Projection {
  std::size_t pre = 0, post = 0, receptor = 0;
  double dendritic_fraction = 0;
  std::uint32_t min_delay = 0, max_delay = 0;  // steps
  std::vector<RuleInstance> rules;
  bool plastic = true;  // the user's switch
  bool held = false;    // weights and the variables that they follow from stand still
  // When they did: spikes stamped later than the beginning, up to the end, teach nothing, whenever they arrive.
  struct Still {
    Step begin, end;
  };
  std::vector<Still> still;
  bool inert(Step stamp) const {
    return std::any_of(still.begin(), still.end(), [stamp](const Still& each) { return stamp > each.begin && stamp <= each.end; });
  }
  bool synaptic = false;  // some rule acts on synapses, not only on axons
  R sign = 1;
  R gain = 1;          // what rows transmit is multiplied by
  bool alone = false;  // it keeps its rows to itself: something acts on its gain or its weights, or synapses come and go
  std::vector<Shard<R>> shards;

  bool learns() const { return synaptic; }
  bool stateful() const { return !rules.empty(); }
  std::int32_t dendritic(std::uint32_t steps) const { return static_cast<std::int32_t>(dendritic_fraction * static_cast<double>(steps) + 0.5); }
  std::uint64_t synapses() const {
    std::uint64_t sum = 0;
    for (const auto& shard : shards) sum += shard.synapses;
    return sum;
  }
};

// While a network runs, the static projections with various delays that leave one population are bundled, so that what a spike finds at a step
// lies in one place. A record is the rows of several projections with the same source and delay:
//   head | member and count | targets | weights | member and count | targets | weights ...
template <class R>
struct Bundle {
  std::size_t pre = 0;
  std::vector<std::size_t> members;  // projections
  std::uint32_t min_delay = 0;       // steps
  std::vector<Records<R>> shares;     // one per thread
};

struct Synapse {
  std::size_t share;
  RowPosition row;
  std::uint32_t place;    // within the row
  std::uint64_t ordinal;  // within the shard, in the order it is stored
  Neuron source, target;
  std::uint32_t delay;  // steps
};

// Calls f(synapse) for all, ordered by source, then target; among several between the same two neurons by delay, then as they were made.
template <class R, class F>
void for_each_synapse(const Projection<R>& projection, Neuron sources, const std::vector<Neuron>& first_target, F&& f) {
  std::vector<std::uint64_t> passed(projection.shards.size(), 0);
  std::vector<Synapse> of_source;
  for (Neuron source = 0; source < sources; ++source)
    for (std::size_t share = 0; share < projection.shards.size(); ++share) {
      const auto& shard = projection.shards[share];
      of_source.clear();
      std::uint32_t delay = projection.min_delay;
      for (auto [at, end] = shard.rows(source); at < end; at = shard.next(at)) {
        delay += shard.head(at).gap();
        for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
          of_source.push_back({share, at, place, passed[share]++, source, first_target[share] + shard.target(at, place), delay});
      }
      if (shard.staggered) std::stable_sort(of_source.begin(), of_source.end(), [](const Synapse& a, const Synapse& b) { return a.target < b.target; });
      for (const Synapse& synapse : of_source) f(synapse);
    }
}

}  // namespace plastica
