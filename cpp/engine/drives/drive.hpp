// A drive: a stimulus at work on a population's neurons, or on some. Each kind of stimulus is a file of this folder.
#pragma once
#include <memory>
#include <vector>

#include "base/archive.hpp"
#include "base/column.hpp"
#include "network/population.hpp"

namespace plastica {

struct StimulusPart;
template <class R>
struct Network;

// A share's neurons at one step, and where what drives them goes.
template <class R>
struct DrivenNeurons {
  Step step;
  Neuron first, count;
  std::size_t padded_count;
  R* external;  // pA; null while no current drives them
  R* arrivals;  // at the drive's receptor; null where it has none
};

template <class R>
struct Drive {
  std::shared_ptr<const StimulusPart> part;
  std::size_t id = 0;  // among the drives of the network
  std::size_t population = 0;
  bool active = true;
  std::vector<ParameterColumn> parameters;  // per neuron of the population where an array or a subset is given
  std::vector<char> member;                 // empty: all neurons
  Schedule schedule;                        // of the first parameter
  ParameterColumn first;                    // the first parameter as adjusted
  // Of what goes into a receptor.
  int receptor = -1;
  Column<R> weight;

  virtual ~Drive() = default;
  virtual std::unique_ptr<Drive> copy() const = 0;
  // Works out what follows from the parameters, whenever they, the schedule or what acts on them have changed.
  virtual void derive(const Network<R>& net) = 0;
  // Prepares what else it keeps, when it is made.
  virtual void begin(const Network<R>& /*net*/) {}
  virtual void stimulate(const Network<R>& net, const DrivenNeurons<R>& neurons) = 0;
  // Writes or reads what it keeps for each of so many neurons.
  virtual void save(Archive& /*a*/, std::size_t /*size*/) {}
};

// What a part of cpp/parts/stimuli does: a file of this folder defines it for its part, and says PLASTICA_DRIVE(Part).
template <class R, class Part>
struct DriveOf;

template <class R, class Part>
std::unique_ptr<Drive<R>> make_drive();

}  // namespace plastica
