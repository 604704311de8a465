// Synapses: one shard per thread, holding those onto the thread's neurons.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/column.hpp"
#include "base/types.hpp"
#include "network/connectivity.hpp"

namespace plastica {

// A row is the synapses of one source with one delay, sorted by target. With one delay for all, row number = source.
template <class R>
struct Shard {
  std::vector<std::uint64_t> offset;       // rows + 1
  std::vector<std::uint32_t> source_rows;  // sources + 1: the rows of each source; empty with one delay for all
  std::vector<std::uint32_t> row_delay;    // steps; empty with one delay for all
  std::vector<std::uint16_t> narrow;       // targets as indices among the thread's neurons: in 16 bits ...
  std::vector<std::uint32_t> wide;         // ... or in 32
  std::vector<R> weight;                   // magnitudes where plastic; empty where all weigh `shared`
  R shared = 0;

  // Plastic rows: see PlasticRow in engine/kernels/kernels.hpp.
  std::vector<R> variables;                // [synapse][variable]
  std::vector<R> traces;                   // [row][rule]
  std::vector<std::int32_t> arrival, consumed;

  // Rows by the epoch of their arrivals, for the table of epochs: those about to be forgotten by it are visited first.
  std::vector<std::vector<std::uint32_t>> arrived;

  // Rows that are due, by step of arrival at the soma, modulo the size of the ring (a power of two).
  std::vector<std::vector<std::uint32_t>> due;
  // Weights fixed at the synapse whose potentials have yet to reach the soma, after an edit of the projection; the same ring.
  struct Transmitted {
    std::uint32_t target;
    R weight;
  };
  std::vector<std::vector<Transmitted>> transmitted;

  std::size_t rows() const { return offset.size() - 1; }
  std::size_t synapses() const { return offset.back(); }
  bool has_narrow() const { return wide.empty(); }
  const void* targets() const { return has_narrow() ? static_cast<const void*>(narrow.data()) : static_cast<const void*>(wide.data()); }
  const void* targets(std::uint64_t at) const {
    return has_narrow() ? static_cast<const void*>(narrow.data() + at) : static_cast<const void*>(wide.data() + at);
  }
  std::uint32_t target(std::uint64_t s) const { return has_narrow() ? narrow[s] : wide[s]; }
  R weight_of(std::uint64_t s) const { return weight.empty() ? shared : weight[s]; }
  std::uint32_t first_row(Neuron source) const { return source_rows.empty() ? source : source_rows[source]; }
  std::uint32_t end_row(Neuron source) const { return source_rows.empty() ? source + 1 : source_rows[source + 1]; }

  std::size_t bytes() const {
    return offset.size() * 8 + (source_rows.size() + row_delay.size() + wide.size() + arrival.size() + consumed.size()) * 4 + narrow.size() * 2 +
           (weight.size() + variables.size() + traces.size()) * sizeof(R);
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
  std::uint32_t delay = 0;  // steps, where all are equal
  std::uint32_t min_delay = 0, max_delay = 0;
  std::vector<RuleInstance> rules;
  bool plastic = true;  // a plastic projection whose learning is on
  R sign = 1;
  std::vector<Shard<R>> shards;

  bool learns() const { return !rules.empty(); }
  std::uint32_t delay_of(const Shard<R>& shard, std::size_t row) const { return shard.row_delay.empty() ? delay : shard.row_delay[row]; }
  std::int32_t dendritic(std::uint32_t steps) const { return static_cast<std::int32_t>(dendritic_fraction * static_cast<double>(steps) + 0.5); }
  std::uint64_t synapses() const {
    std::uint64_t sum = 0;
    for (const auto& shard : shards) sum += shard.synapses();
    return sum;
  }
};

// Calls f(shard number, row, position, source, target) for every synapse, ordered by source, then target; among several between the
// same two neurons by delay, then as they were made.
template <class R, class F>
void for_each_synapse(const Projection<R>& projection, Neuron sources, const std::vector<Neuron>& first_target, F&& f) {
  struct Entry {
    std::uint32_t target, row;
    std::uint64_t position;
  };
  std::vector<Entry> entries;
  for (Neuron source = 0; source < sources; ++source)
    for (std::size_t part = 0; part < projection.shards.size(); ++part) {
      const auto& shard = projection.shards[part];
      const std::uint32_t begin = shard.first_row(source), end = shard.end_row(source);
      if (end - begin == 1) {
        for (std::uint64_t s = shard.offset[begin]; s < shard.offset[begin + 1]; ++s) f(part, begin, s, source, first_target[part] + shard.target(s));
        continue;
      }
      entries.clear();
      for (std::uint32_t row = begin; row < end; ++row)
        for (std::uint64_t s = shard.offset[row]; s < shard.offset[row + 1]; ++s) entries.push_back({shard.target(s), row, s});
      std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.target < b.target; });
      for (const auto& entry : entries) f(part, entry.row, entry.position, source, first_target[part] + entry.target);
    }
}

}  // namespace plastica
