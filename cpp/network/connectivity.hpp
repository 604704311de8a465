// Who is connected to whom: the result of a connector, before weights and delays.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/column.hpp"
#include "base/random.hpp"
#include "base/types.hpp"
#include "network/partition.hpp"

namespace plastica {

// The synapses onto the targets of one share: a row of targets for every source, ascending.
struct Rows {
  Neuron first = 0, last = 0;      // the targets are first .. last-1
  std::vector<std::uint64_t> row;  // where each source's row begins, and the end: sources + 1
  Column<Neuron> target;
};

// The canonical order of synapses, in which users see them, is by source, then target.
struct Connectivity {
  Neuron sources = 0, targets = 0;  // sizes of the populations
  std::vector<Rows> shares;          // ascending, disjoint ranges of targets

  std::uint64_t count() const;
  std::vector<Neuron> source_ids() const;  // [count], canonical order
  std::vector<Neuron> target_ids() const;  // [count], canonical order

  // Where the row of a source in a share begins in canonical order.
  std::uint64_t canonical(Neuron source, std::size_t share) const;
};

// One side of a projection.
struct Endpoint {
  Neuron size = 0;                           // of the population
  const std::vector<Neuron>* ids = nullptr;  // the neurons that take part, each once, in any order; null: all
  const double* positions = nullptr;         // [size, dimensions], one row per neuron of the population; null: none
  int dimensions = 0;
};

// The distance between the two neurons of every synapse in canonical order, around the torus of `extent` (one length per
// dimension) if there is one. Throws Error when a population has no positions or the dimensions differ.
std::vector<double> distances(const Connectivity& connectivity, const Endpoint& pre, const Endpoint& post, const std::vector<double>* extent = nullptr);

struct ConnectorOptions {
  std::map<std::string, double> numbers;  // flags too, as 0 or 1
  std::map<std::string, std::string> choices;
  std::map<std::string, std::vector<double>> arrays;          // "extent" of DistanceDependent: periodic lengths
  std::map<std::string, std::vector<std::uint32_t>> indices;  // "sources", "targets" of Explicit: neuron ids, in canonical order
  bool same_population = false;                               // then source i and target i are the same neuron
};

// Wires two populations. The result depends on the key and the options only, not on the number of shares.
// Defined beside the connectors, in cpp/parts/connectors/generate.cpp: one layer up.
Connectivity generate(const std::string& connector, const ConnectorOptions& options, const Endpoint& pre, const Endpoint& post, const Partition& post_partition,
                      RandomKey key);

}  // namespace plastica
