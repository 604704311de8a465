// Rows of plastic synapses, and reading them without touching them.
#pragma once
#include "engine/network.hpp"
#include "engine/plastic/views.hpp"

namespace plastica {

// Visits that have passed the synapse at some step but not yet been made, because the soma is reached later: by row, then by step.
struct Coming {
  RowPosition row;
  Step soma;
  Visit visit;
  friend auto operator<=>(const Coming&, const Coming&) = default;
};
using InFlight = std::vector<Coming>;

template <class R>
PlasticRow<R> row_of(Network<R>& net, std::size_t p, std::size_t share, RowPosition at);

template <class R>
void put_back(Network<R>& net, std::size_t p, std::size_t share, RowPosition at, const PlasticRow<R>& row);

template <class R>
InFlight rows_in_flight(const Network<R>& net, std::size_t p, std::size_t share, Step k);

// The row's variables up to the left limit of `now`, in its own calendar; all events before it have been consumed.
template <class R>
void advance_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at, std::int32_t now, const RulesInUse<R>& rules);

// Everything that was before the present step, by replaying the histories; no visits are on the way.
template <class R>
void settle_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at, const RulesInUse<R>& rules);

// A visit that has passed the synapse is made ahead of its time, of the row or a copy of it. What an arrival releases.
template <class R>
R visit_row(const Network<R>& net, std::size_t p, std::size_t share, const Coming& coming, const RulesInUse<R>& rules, PlasticRow<R>& row, R* input);

// Reads rows at the left limit of step k: arrivals at the synapse and postsynaptic events there before it, and variables as they are at it.
template <class R>
class RowReader {
 public:
  RowReader(const Network<R>& net, std::size_t p, std::size_t share, Step k, Share<R>& scratch);
  // The row's numbers lie in the scratch, until the next one is read.
  PlasticRow<R> read(RowPosition at);

 private:
  PlasticRow<R> copied(RowPosition at);

  const Network<R>& net_;
  std::size_t p_, share_;
  Step k_;
  Share<R>& scratch_;
  InFlight in_flight_;
  RulesInUse<R> rules_;
};

template <class R>
R probed(const Network<R>& net, std::size_t p, std::size_t share, const Probe& probe, const PlasticRow<R>& row, std::uint32_t place);

// Whether the spike that is at the soma at step k set out while the projection stood still.
template <class R>
bool inert(const Network<R>& net, std::size_t projection, std::size_t share, RowPosition at, Step k) {
  const auto& p = net.projections[projection];
  return !p.still.empty() && p.inert(k - p.shards[share].state(at).delay);
}

}  // namespace plastica
