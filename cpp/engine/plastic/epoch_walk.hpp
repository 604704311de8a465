// What the walks by a table and by running sums have in common: they know rows by the epoch of their last arrival.
#pragma once
#include "engine/plastic/walk.hpp"

namespace plastica {

template <class R>
struct EpochWalk : Walk<R> {
  void list_rows(Network<R>& net, std::size_t p, std::size_t share) const final;

 protected:
  // One rule acts on synapses, whose events add up, and nothing else is in the way of that.
  static bool adds_up(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set);
  // Where the rows are listed that last arrived at this step.
  virtual std::size_t list_of(const Network<R>& net, std::size_t p, std::size_t share, Step arrival) const = 0;
  // A row that owes nothing counts from the step before the present one, with its traces as they were then.
  void date_anew(Network<R>& net, std::size_t p, std::size_t share, RowPosition at) const;
};

}  // namespace plastica
