// What is recorded of a network.
#pragma once
#include <compare>
#include <string>
#include <vector>

#include "engine/plastic/probe.hpp"
#include "network/projection.hpp"

namespace plastica {

enum class RecorderKind { spikes, states, rate, synapses, modulator, structure, controller, elements };
// A synapse that has come or gone.
struct Change {
  Step step;
  Neuron source, target;
  bool created;
  friend auto operator<=>(const Change&, const Change&) = default;
};
struct SampledSynapse {
  RowPosition row;
  std::uint32_t place;   // within the row
  std::uint64_t column;  // of the result
};
template <class R>
struct Recorder {
  RecorderKind kind;
  std::size_t target;  // population, projection, modulator or controller
  Step interval = 1;
  std::size_t width = 0;
  std::vector<char> member;  // by neuron; empty: all
  // Per thread.
  std::vector<std::vector<Step>> steps;
  std::vector<std::vector<Neuron>> ids;        // of spikes
  std::vector<std::vector<Neuron>> owned;      // sampled neurons
  std::vector<std::vector<std::size_t>> columns;  // of the result that they fill
  std::vector<std::vector<SampledSynapse>> synapses;
  std::vector<std::vector<R>> constant;  // their weights, while the projection is part of a bundle
  std::vector<std::vector<R>> values;
  std::vector<std::vector<std::int64_t>> counts;
  std::string variable;  // of a recorder of states
  std::size_t state = 0;  // of a controller
  Probe probe;           // of a recorder of synapses
  std::vector<Change> changes;
  Step created = 0;
};

}  // namespace plastica
