// What is asked of a network, and what it answers: numbers in double precision and in the user's units.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/types.hpp"
#include "network/connectivity.hpp"

namespace plastica {

using Values = std::vector<double>;  // one for all, or one each
using Parameters = std::map<std::string, Values>;
using Ids = std::optional<std::vector<Neuron>>;  // none: all

struct PartSpec {
  std::string part;
  Parameters parameters;
  Values samples = {};  // what a rule is given besides numbers
};
struct ReceptorSpec {
  std::string name, part;
  Parameters parameters;
};
struct DistributionSpec {
  std::string name;
  std::map<std::string, double> parameters;
};
using SynapseValues = std::variant<double, Values, DistributionSpec>;

// The structure of a projection, made but not yet part of the network.
struct Connections {
  std::size_t pre = 0, post = 0;
  Connectivity connectivity;
  std::vector<double> pre_positions, post_positions, extent;  // for distances
  int dimensions = 0;
};

// Where the neurons are that a law of structure connects: [neuron][dimension], of the sources and of the targets of each projection.
struct Places {
  int dimensions = 0;
  Values pre = {};
  std::vector<Values> post = {};
  Values extent = {};  // of a periodic box
};

enum class StateRole { synapse, axon, neuron };
struct RuleState {
  std::size_t rule;  // in the list of the projection
  std::string name;
  StateRole role;
};

// Synapses that have come and gone: one entry each.
struct StructureLog {
  std::vector<Step> steps;
  std::vector<Neuron> sources, targets;
  std::vector<char> created;
};

// The kind of thing whose parameter it is that something acts on: its place in the list of engine/targets/owners.hpp.
enum class Owner : std::size_t {};
// "population", "projection", "drive" or "controller". Throws if there is no such kind.
Owner owner_named(std::string_view name);

inline constexpr std::size_t no_population = std::numeric_limits<std::size_t>::max();

// A parameter, of all its owner's neurons or some, multiplied by a factor.
struct Modification {
  Owner owner;
  std::size_t target;
  Ids ids;
  std::string name;
  double factor;
};
struct GuardEvent {
  Step step;
  double value;
};

struct Settings {
  double dt = 0.1;
  std::uint64_t seed = 1;
  int threads = 0;  // 0: as many as pay off
};

enum class Phase { sample, deliver, drive, update, learn, exchange };
inline constexpr std::array<const char*, 6> phase_names{"sample", "deliver", "drive", "update", "learn", "exchange"};

// Of an update of a law of structure: elements grow; synapses that go are found; partners are found; the projection is edited.
inline constexpr std::array<const char*, 4> structure_phases{"grow", "scan", "pair", "edit"};

inline constexpr Step last_step = Step{1} << 60;  // the longest time that steps can count

}  // namespace plastica
