// Synapses: one shard per thread, holding those onto the thread's neurons.
//
// A row is the synapses of one source with one delay, sorted by target. It lies in memory as one record, in words of the weights' type:
//   head | state and traces of a plastic row | targets | weights | variables of a plastic row
// The rows of a source follow each other by delay: a spike on its way is a cursor that walks through neighbouring memory as time passes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "base/column.hpp"
#include "base/types.hpp"
#include "network/row_head.hpp"

namespace plastica {

// Where a row's record begins, in words.
using RowPosition = std::uint32_t;

struct RowState {
  std::uint32_t delay;             // steps
  std::int32_t arrival, consumed;  // see PlasticRow in engine/kernels/kernels.hpp
};

// What a record holds, in words.
struct RowLayout {
  std::uint32_t head = 1;          // before the targets
  std::uint32_t state = 0;         // where the state begins and
  std::uint32_t traces = 0;        // the traces
  std::uint32_t target_bytes = 2;  // targets are indices among the thread's neurons, in 16 or 32 bits
  bool weights = true;             // or all weigh `shared`
  std::uint32_t variables = 0;     // per synapse

  template <class R>
  static RowLayout make(Neuron targets, bool weights, std::size_t rules, int variables) {
    const auto words = [](std::size_t bytes) { return static_cast<std::uint32_t>((bytes + sizeof(R) - 1) / sizeof(R)); };
    RowLayout layout;
    layout.head = layout.state = layout.traces = words(sizeof(RowHead));
    if (rules > 0) layout.traces = layout.state + words(sizeof(RowState));
    layout.head = layout.traces + static_cast<std::uint32_t>(rules);
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
    return weights_at<R>(count) + count * ((weights ? 1 : 0) + variables);
  }
};

template <class R>
struct Shard {
  RowLayout layout;
  std::vector<RowPosition> first;  // of each source's rows, and the end: sources + 1
  Column<R> store;                 // the records
  R shared = 0;
  bool staggered = false;          // delays differ, or some source has several rows
  std::uint64_t synapses = 0;

  // Rows by the epoch of their arrivals, for the table of epochs: those about to be forgotten by it are visited first.
  std::vector<std::vector<RowPosition>> arrived;

  // Spikes on their way. Each begins at its source's first row, in the step that is the least delay after it was stamped: `due` is a ring of
  // such steps (a power of two). From then on it is a cursor, at the next row and the step when that arrives.
  struct Cursor {
    RowPosition row;
    std::uint32_t step;  // the low bits
  };
  std::vector<std::vector<RowPosition>> due;
  std::vector<Cursor> walking;       // in the order of their spikes, on every number of threads
  std::vector<RowPosition> arriving;  // scratch

  // Weights fixed at the synapse whose potentials have yet to reach the soma, after an edit of the projection.
  struct Transmitted {
    std::uint32_t target;
    R weight;
  };
  std::map<Step, std::vector<Transmitted>> transmitted;

  RowPosition end() const { return first.empty() ? 0 : first.back(); }
  const RowHead& head(RowPosition at) const { return *reinterpret_cast<const RowHead*>(store.data() + at); }
  RowState& state(RowPosition at) { return *reinterpret_cast<RowState*>(store.data() + at + layout.state); }
  const RowState& state(RowPosition at) const { return *reinterpret_cast<const RowState*>(store.data() + at + layout.state); }
  R* traces(RowPosition at) { return store.data() + at + layout.traces; }
  const R* traces(RowPosition at) const { return store.data() + at + layout.traces; }
  const void* targets(RowPosition at) const { return store.data() + at + layout.head; }
  R* weights(RowPosition at) { return store.data() + at + layout.template weights_at<R>(head(at).count()); }
  const R* weights(RowPosition at) const { return store.data() + at + layout.template weights_at<R>(head(at).count()); }
  RowPosition next(RowPosition at) const { return at + layout.template size<R>(head(at).count()); }

  std::uint32_t target(RowPosition at, std::uint32_t place) const {
    return layout.narrow() ? static_cast<const std::uint16_t*>(targets(at))[place] : static_cast<const std::uint32_t*>(targets(at))[place];
  }
  R weight(RowPosition at, std::uint32_t place) const { return layout.weights ? weights(at)[place] : shared; }

  // A row's delay in steps, where `least` is the projection's.
  std::uint32_t delay_of(RowPosition row, std::uint32_t least) const {
    RowPosition at = *(std::upper_bound(first.begin(), first.end(), row) - 1);
    std::uint32_t delay = least + head(at).gap();
    while (at != row) {
      at = next(at);
      delay += head(at).gap();
    }
    return delay;
  }

  template <class F>
  void for_each_row(F&& f) const {
    for (RowPosition at = 0; at < end(); at = next(at)) f(at);
  }

  // Gives every synapse a weight of its own instead of `shared`.
  void make_room_for_weights() {
    Shard before = *this;
    layout.weights = true;
    std::map<RowPosition, RowPosition> moved;  // rows that spikes are on the way to
    for (const auto& starting : due)
      for (const RowPosition at : starting) moved[at] = 0;
    for (const Cursor& cursor : walking) moved[cursor.row] = 0;
    store.resize(store.size() + synapses);
    RowPosition to = 0;
    for (std::size_t source = 0; source + 1 < first.size(); ++source) {
      first[source] = to;
      for (RowPosition at = before.first[source]; at < before.first[source + 1]; at = before.next(at)) {
        if (const auto found = moved.find(at); found != moved.end()) found->second = to;
        std::copy(before.store.begin() + at, before.store.begin() + before.next(at), store.begin() + to);
        std::fill_n(weights(to), head(to).count(), shared);
        to = next(to);
      }
    }
    first.back() = to;
    for (auto& starting : due)
      for (RowPosition& at : starting) at = moved[at];
    for (Cursor& cursor : walking) cursor.row = moved[cursor.row];
  }

  std::size_t bytes() const { return first.size() * sizeof(RowPosition) + store.size() * sizeof(R); }

  void send(Neuron source, Step start) {
    const RowPosition at = first[source];
    if (at == first[source + 1]) return;
    due[static_cast<std::size_t>(start) & (due.size() - 1)].push_back(at);
    __builtin_prefetch(store.data() + at);
  }

  // The rows that arrive at step k, in the order of their spikes; to be asked for once. Clear the result after use.
  std::vector<RowPosition>& arrivals(Step k) {
    auto& starting = due[static_cast<std::size_t>(k) & (due.size() - 1)];
    if (!staggered) return starting;
    const auto now = static_cast<std::uint32_t>(k);
    for (const RowPosition at : starting) walking.push_back({at, now + head(at).gap()});
    starting.clear();
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
        f(cursor.row, step);
        const std::uint32_t before = cursor.step;
        more = walk(cursor);
        step += cursor.step - before;
      }
    };
    for (const Cursor cursor : walking) follow(cursor, begin + (cursor.step - static_cast<std::uint32_t>(begin)));
    for (Step start = begin; start < begin + static_cast<Step>(due.size()); ++start)
      for (const RowPosition at : due[static_cast<std::size_t>(start) & (due.size() - 1)]) follow({at, 0}, start + head(at).gap());
  }
};

// A rule on a projection: which part, its parameters in the user's units.
struct RuleInstance {
  std::size_t part;
  std::vector<double> parameters;
};

template <class R>
struct Projection {
  std::size_t pre = 0, post = 0, receptor = 0;
  double dendritic_fraction = 0;
  std::uint32_t min_delay = 0, max_delay = 0;  // steps
  std::vector<RuleInstance> rules;
  bool plastic = true;  // a plastic projection whose learning is on
  R sign = 1;
  std::vector<Shard<R>> shards;

  bool learns() const { return !rules.empty(); }
  std::int32_t dendritic(std::uint32_t steps) const { return static_cast<std::int32_t>(dendritic_fraction * static_cast<double>(steps) + 0.5); }
  std::uint64_t synapses() const {
    std::uint64_t sum = 0;
    for (const auto& shard : shards) sum += shard.synapses;
    return sum;
  }
};

struct Synapse {
  std::size_t part;
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
    for (std::size_t part = 0; part < projection.shards.size(); ++part) {
      const auto& shard = projection.shards[part];
      of_source.clear();
      std::uint32_t delay = projection.min_delay;
      for (RowPosition at = shard.first[source]; at < shard.first[source + 1]; at = shard.next(at)) {
        delay += shard.head(at).gap();
        for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
          of_source.push_back({part, at, place, passed[part]++, source, first_target[part] + shard.target(at, place), delay});
      }
      if (shard.staggered)
        std::stable_sort(of_source.begin(), of_source.end(), [](const Synapse& a, const Synapse& b) { return a.target < b.target; });
      for (const Synapse& synapse : of_source) f(synapse);
    }
}

}  // namespace plastica
