// A recorder: whom it listens to, what it is told while a network runs, and how it is read.
#pragma once
#include <compare>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/archive.hpp"
#include "base/column.hpp"
#include "base/error.hpp"
#include "engine/kind.hpp"
#include "engine/specs.hpp"
#include "network/row_editor.hpp"

namespace plastica {

template <class R>
struct Network;
template <class R>
struct Recorder;
using RecorderKind = KindOf<Recorder>;

// A synapse that has come or gone.
struct Change {
  Step step;
  Neuron source, target;
  bool created;
  friend auto operator<=>(const Change&, const Change&) = default;
};

// Whom a recorder listens to.
struct Listening {
  static constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();
  std::size_t steps_of = nobody;    // a population, at every multiple of the interval
  std::size_t spikes_of = nobody;   // a population
  std::size_t level_of = nobody;    // a modulator, at every multiple of the interval
  std::size_t changes_of = nobody;  // a projection, whose synapses come and go
  std::size_t rows_of = nobody;     // a projection, whose synapses lie elsewhere now and then
  bool between_steps = false;       // it looks at what is slow, as an occasion on the agenda
};

template <class R>
struct Recorder {
  using Spikes = std::pair<std::vector<Step>, std::vector<Neuron>>;
  using Samples = std::pair<std::vector<Step>, Values>;
  using Counts = std::pair<std::vector<Step>, std::vector<std::int64_t>>;
  using Place = typename RowEditor<R>::Place;

  std::size_t target = 0;  // population, projection, modulator, controller or law of structure
  Step interval = 1;
  Step created = 0;  // or cleared
  Listening listens;

  virtual ~Recorder() = default;
  virtual const RecorderKind& kind() const = 0;
  virtual std::unique_ptr<Recorder> copy() const = 0;
  // How many there are of what it can have as its target.
  virtual std::size_t targets(const Network<R>& net) const = 0;
  // Begins to listen to its target.
  virtual void listen(const Network<R>& net) = 0;

  // What it is told by those that it listens to. Of a share, the share's thread tells it; of steps that lie ahead, share 0's or the caller's.
  virtual void approach(Step /*begin*/, Step /*end*/) {}
  virtual void sample(Network<R>& /*net*/, std::size_t /*share*/, Step /*k*/) {}
  virtual void hear(std::size_t /*share*/, const std::vector<Neuron>& /*fired*/, Step /*stamp*/) {}
  virtual void take_level(double /*level*/) {}
  virtual void look(Network<R>& /*net*/) {}
  virtual void note_changes(std::span<const Change> /*changes*/) {}
  // Before rows move: adds where its synapses are. Afterwards the editor knows where they are now.
  virtual void add_places(std::size_t /*share*/, std::vector<Place>& /*places*/) const {}
  virtual void rows_moved(std::size_t /*share*/, const RowEditor<R>& /*editor*/) {}
  // The rows are about to become part of a bundle, where they cannot be looked at.
  virtual void rows_bundled(const Network<R>& /*net*/) {}

  // It must know of spikes after so many steps at the latest.
  virtual Step longest_interval(const Network<R>& /*net*/) const { return last_step; }

  virtual Spikes spikes() const { throw Error("this recorder holds no spikes"); }
  virtual Samples samples() const { throw Error("this recorder holds no samples"); }
  virtual Counts counts(Step /*now*/) const { throw Error("this recorder holds no counts"); }
  virtual StructureLog log() const { throw Error("this recorder holds no changes"); }
  // Of what it has recorded.
  virtual std::size_t bytes() const = 0;
  virtual void clear(Step now) = 0;
  // After what it has recorded has been taken away: everything goes but what is not complete yet.
  virtual void drop(Step now) { clear(now); }
  // What is its kind's own, in a file.
  virtual void save(Network<R>& net, Archive& a) = 0;
};

template <class T>
std::size_t bytes_of(const std::vector<T>& list) {
  return list.size() * sizeof(T);
}

}  // namespace plastica
