// A controller: what it senses, its variables, and what it acts on.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/column.hpp"
#include "engine/catalogue.hpp"
#include "engine/plastic/probe.hpp"
#include "engine/slow/pause.hpp"
#include "engine/specs.hpp"
#include "network/population.hpp"
#include "schema/operations.hpp"

namespace plastica {

// A spike that a controller will count, and what will be left of it at the next control step.
struct Sensed {
  Neuron neuron;
  double left;
};
struct alignas(apart) SensedSpikes {
  std::vector<Sensed> spikes;
};
struct Controller {
  std::string name;
  std::shared_ptr<const ControllerPart> part;
  Owner owner{};
  std::size_t target = 0;
  std::size_t population = no_population;  // whose neurons it goes by
  std::size_t size = 1;           // so many of them, or one for all
  std::vector<char> member = {};  // empty: all neurons
  std::vector<ParameterColumn> parameters = {}, effective = {};  // effective: as adjusted; empty: the same
  Sensor sensor = {};
  Step interval = 1, made = 0;
  Step last = 0;       // its last control step, later by the pauses since
  bool acted = false;  // there has been one since it was made, or last went on
  bool owed = false;   // the only one of the time before it stood still, due when that began: it is made up for now
  Step resumed = -1;   // the step at which it last went on
  bool active = true;  // the user's switch
  Pause pause = {};
  std::vector<Column<double>> state = {};  // [variable][neuron]
  Column<double> pending = {};             // spikes since the last control step, as they will count at the next
  std::vector<SensedSpikes> sensed = {};   // by thread: the newest of them, which are not in `pending` yet
  std::vector<double> effect = {};
  std::size_t adjusted = 0, contribution = 0;  // what it acts on
  std::optional<Probe> rule_state = {};        // or a variable that a rule keeps per neuron
  std::vector<double> at_start = {};           // sums of weights
  const std::vector<ParameterColumn>& in_force() const { return effective.empty() ? parameters : effective; }
};

}  // namespace plastica
