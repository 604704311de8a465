// A source: what makes the neurons of a population spike, where they have no membrane. Each kind of source is a file of this folder.
#pragma once
#include <memory>
#include <span>

#include "base/archive.hpp"
#include "base/column.hpp"
#include "network/population.hpp"

namespace plastica {

struct SourcePart;
template <class R>
struct Network;

// A share's neurons at one step, and where those that spike are written down, counted from the share's first.
struct EmittingNeurons {
  std::size_t share;
  Step step;
  Neuron first;
  std::size_t padded_count;
  Neuron* fired;
};

// The parameters are the population's.
template <class R>
struct Source {
  std::shared_ptr<const SourcePart> part;
  std::size_t population = 0;
  Schedule schedule;  // of the first parameter

  virtual ~Source() = default;
  virtual std::unique_ptr<Source> copy() const = 0;
  // Prepares what else it keeps, when it is made.
  virtual void begin(const Network<R>& /*net*/) {}
  // Works out what follows from the parameters, whenever they, the schedule or what acts on them have changed. Nothing has changed if it throws.
  virtual void derive(const Network<R>& /*net*/, const Population<R>& /*population*/) {}
  // Returns how many neurons spike; their spikes are stamped with the next step.
  virtual std::size_t emit(const Network<R>& net, const EmittingNeurons& neurons) = 0;
  // The spikes that it will emit, if it is one that takes them: steps, and the neuron of each.
  virtual void take_spikes(const Partition& /*partition*/, std::span<const Step> /*steps*/, std::span<const Neuron> /*neurons*/) {}
  // Writes or reads what it keeps besides parameters and schedule.
  virtual void save(Network<R>& /*net*/, Archive& /*a*/) {}
};

// What a source of cpp/parts/stimuli does: a file of this folder defines it for its part, and says PLASTICA_SOURCE(Part).
template <class R, class Part>
struct SourceOf;

template <class R, class Part>
std::unique_ptr<Source<R>> make_source();

}  // namespace plastica
