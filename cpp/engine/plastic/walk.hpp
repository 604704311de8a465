// A walk: how rows of plastic synapses learn, and what they read of their targets for it.
#pragma once
#include "base/archive.hpp"
#include "engine/network.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/views.hpp"

namespace plastica {

// An object without data: what it reads and changes are rows, columns of their targets, and the projection's set. Its functions take a population or a
// projection in one share, never a row or a synapse while the network runs.
template <class R>
struct Walk {
  Walk() = default;
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;
  virtual ~Walk() = default;

  // Whether rows with these rules can learn so.
  virtual bool can(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set) const = 0;
  // What each synapse keeps besides the variables of its rules.
  virtual std::size_t variables() const { return 0; }
  // Makes what rows read of their targets: traces, tables, filters.
  virtual void prepare(Network<R>& net, std::size_t p) const = 0;

  // ---- a step of a population, for all projections onto it

  // At the beginning of step k, before what is stamped with it acts.
  virtual void begin_step(Network<R>& /*net*/, std::size_t /*population*/, std::size_t /*share*/, Step /*k*/) const {}
  // In the step before `stamp`, before the spikes that are stamped so enter what rows read.
  virtual void before_spikes(Network<R>& /*net*/, std::size_t /*population*/, std::size_t /*share*/, Step /*stamp*/) const {}
  // These spikes, of which there are some. The history has them already.
  virtual void take_spikes(Network<R>& /*net*/, std::size_t /*population*/, std::size_t /*share*/, const std::vector<Neuron>& /*fired*/, Step /*stamp*/) const {
  }
  // The potential of some neurons (none listed: of all) was set.
  virtual void watch_again(Network<R>& /*net*/, std::size_t /*population*/, const std::vector<char>& /*member*/) const {}
  // So many steps back, what there is of a share's neurons says something.
  virtual Step memory(const Postsynaptic<R>& /*learning*/) const { return 0; }
  // Nothing is left of the spikes that it remembers.
  virtual void forget(Postsynaptic<R>& /*learning*/) const {}
  virtual void archive(Network<R>& /*net*/, Archive& /*a*/, std::size_t /*population*/) const {}

  // ---- the rows of a projection in one share

  // The spikes that reach these rows at step k: what has happened since the last one, what they do themselves, and what they transmit.
  virtual void arrive(Network<R>& net, std::size_t p, std::size_t share, const std::vector<RowPosition>& due, Step k, R* input) const = 0;
  // Brings the rows up to date as far as histories are about to forget.
  virtual void sweep(Network<R>& /*net*/, std::size_t /*p*/, std::size_t /*share*/, Step /*done*/) const {}
  // Brings them up to date with all that was before the present step.
  virtual void settle(Network<R>& net, std::size_t p, std::size_t share) const = 0;
  // Brings a copy of a row up to date with all that was before step k. Arrivals before it are in the copy.
  virtual void read(const Network<R>& net, std::size_t p, std::size_t share, RowPosition at, Step k, const RulesInUse<R>& rules, PlasticRow<R>& row) const = 0;
  // Rules have changed: what is stamped with the present step has yet to act, with the rules as they are.
  virtual void announce_again(Network<R>& /*net*/, std::size_t /*p*/, std::size_t /*share*/) const {}
  // Lists the rows of a file by what the walk knows them by.
  virtual void list_rows(Network<R>& /*net*/, std::size_t /*p*/, std::size_t /*share*/) const {}
};

}  // namespace plastica
