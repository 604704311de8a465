// Neurons: columns of state and constants, cut into one range per thread.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/column.hpp"
#include "base/types.hpp"
#include "network/epochs.hpp"
#include "network/history.hpp"
#include "network/partition.hpp"
#include "schema/terms.hpp"

namespace plastica {

// What a part is besides its name and its parameters: engine/catalogue.hpp.
struct MembranePart;
struct ReceptorPart;
template <class R>
struct FusedCase;
// What makes neurons without membranes spike: engine/sources/source.hpp.
template <class R>
struct Source;

// A parameter: one value for all neurons, or one each.
struct ParameterColumn {
  std::vector<double> values;
  bool uniform() const { return values.size() == 1; }
  double operator[](std::size_t i) const { return values[uniform() ? 0 : i]; }
};

template <class R>
struct ReceptorColumns {
  std::string name;
  std::shared_ptr<const ReceptorPart> part;
  std::vector<ParameterColumn> parameters;  // as the user set them
  std::vector<ParameterColumn> effective;   // as adjusted; empty: the same
  std::vector<Column<R>> state;
  std::vector<Column<R>> constants;
  bool per_neuron = false;
  Column<R> arrivals;  // [row][neuron]: what arrives in each of some steps
  Column<R> gain;      // what that is multiplied by, one per neuron; empty: by nothing

  const std::vector<ParameterColumn>& in_force() const { return effective.empty() ? parameters : effective; }
};

// A parameter that changes at given steps: piecewise constant, for all neurons or one value each.
struct Schedule {
  std::vector<Step> steps;
  std::vector<double> values;
  std::size_t width = 1;
  std::size_t at(Step k) const {  // rows passed at step k; 0 before the first
    return static_cast<std::size_t>(std::upper_bound(steps.begin(), steps.end(), k) - steps.begin());
  }
  std::span<const double> row(std::size_t passed) const { return {values.data() + (passed - 1) * width, width}; }
  // What is in force at step k; without a schedule, or before its first row: `first`.
  std::span<const double> in_force(Step k, std::span<const double> first) const {
    const std::size_t passed = at(k);
    return passed == 0 ? first : row(passed);
  }
};

template <class R>
struct alignas(apart) Postsynaptic {
  History<R> history;
  std::vector<EpochTable<R>> tables;
  std::vector<DenseTrace<R>> dense;
  std::vector<RunningTable<R>> running;    // one per projection that uses one
  std::vector<VoltageFilter<R>> filters;
  std::vector<Neuron> newest;  // neurons whose spikes are stamped with the present step
  Column<R> nothing;           // zeros, for rows without a trace

  std::int32_t window() const {
    std::int32_t longest = 0;
    for (const auto& table : tables) longest = std::max(longest, table.window());
    return longest;
  }
};

template <class R>
struct Population {
  Neuron size = 0;
  Partition partition;

  Owned<Source<R>> source;                  // none: neurons with membranes
  std::vector<ParameterColumn> parameters;  // of the source or the membrane, as the user set them

  // Membranes.
  std::shared_ptr<const MembranePart> model;
  std::vector<ParameterColumn> effective;   // as adjusted; empty: the same
  std::vector<Column<R>> state, constants;
  bool per_neuron = false, conductances = false;
  std::vector<ReceptorColumns<R>> receptors;
  std::vector<std::size_t> receptor_order;  // those that move V first: the others see it moved
  const FusedCase<R>* fused = nullptr;  // one pass over membrane and receptors; null: a pass for each
  std::size_t differs = 0;  // which constants differ between neurons: see Differs
  std::size_t rows = 1;     // of arrivals
  std::size_t stretch = 1;  // the most steps it takes at once, at most as many as there are rows
  Column<R> external;       // pA, from stimuli; empty while there are none
  Column<R> external_gain;  // what one pA does over a step, one value or one per neuron

  std::vector<char> silent;  // neurons whose spikes are dropped; empty: none
  std::vector<char> dead;    // likewise; they have no synapses
  std::vector<char> blocked;  // likewise, by a modifier
  std::vector<Step> born;    // empty: all as old as the network
  bool some_mute() const { return !silent.empty() || !dead.empty() || !blocked.empty(); }
  bool mute(Neuron i) const { return (!silent.empty() && silent[i] != 0) || (!dead.empty() && dead[i] != 0) || (!blocked.empty() && blocked[i] != 0); }

  // Where plastic synapses end here, what they need of their targets' spikes, per thread.
  std::vector<Postsynaptic<R>> learning;
  std::uint32_t dendritic_reach = 0;  // the longest dendritic delay, steps
  bool replayed = false;              // some rows replay the history, which must keep what they have not consumed

  const std::vector<ParameterColumn>& in_force() const { return effective.empty() ? parameters : effective; }
  std::size_t padded_size() const { return padded(size); }
  // From one row of arrivals to the next: rows a multiple of a page apart would get into each other's way in the first-level cache.
  std::size_t stride() const { return padded_size() * sizeof(R) % 4096 == 0 ? padded_size() + chunk_size : padded_size(); }
  Neuron first(std::size_t share) const { return partition.begin[share]; }
  Neuron owned(std::size_t share) const { return partition.begin[share + 1] - partition.begin[share]; }
};

}  // namespace plastica
