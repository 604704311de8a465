// The engine as the bindings see it: one network, in double precision numbers and user units at the border.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/archive.hpp"
#include "base/cpu.hpp"
#include "base/types.hpp"
#include "network/connectivity.hpp"

namespace plastica {

class Catalogue;

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

// Whose parameter it is that something acts on.
enum class Owner { population, projection, drive, controller };

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

class Core {
 public:
  virtual ~Core() = default;

  // The parts that it can be made of.
  virtual Catalogue& catalogue() = 0;

  // The same network at the same moment, in memory of its own.
  virtual std::unique_ptr<Core> copy() const = 0;
  // Everything but the rows of synapses; these by blocks of sources. What the network does from here on is not affected.
  virtual SavedTree save() = 0;
  virtual std::vector<Neuron> row_blocks(std::size_t projection) const = 0;
  virtual SavedTree save_rows(std::size_t projection, Neuron first, Neuron last) const = 0;
  // Into an empty network of the same dt, seed and precision, on any number of threads: everything but the rows; then, of each projection, its
  // rows, block after block; then the end. After an error the network is of no use.
  virtual void load(SavedTree tree) = 0;
  virtual void begin_rows(std::size_t projection, std::uint64_t sources, std::uint64_t rows, std::uint64_t synapses) = 0;
  virtual void load_rows(SavedTree tree) = 0;
  virtual void end_rows() = 0;
  virtual void end_loading() = 0;
  virtual Step now() const = 0;
  virtual int threads() const = 0;
  virtual Isa isa() const = 0;
  virtual void run(Step steps) = 0;
  // So many silent steps, and then only slow variables are left to move: a rest moves them through a longer quiet period at once.
  virtual Step memory() const = 0;
  virtual void rest(Step steps) = 0;
  virtual void profile(bool on) = 0;
  virtual std::array<double, phase_names.size()> timings() const = 0;

  virtual std::size_t add_population(Neuron size, const PartSpec& model, const std::vector<ReceptorSpec>& receptors) = 0;
  virtual Values get(std::size_t population, const std::string& name) const = 0;
  virtual void set(std::size_t population, const std::string& name, const Ids& ids, const Values& values) = 0;
  virtual void set_spikes(std::size_t population, std::span<const Step> steps, std::span<const Neuron> neurons) = 0;
  // Takes back the population, or the drive, that was added last, if something about it turns out to be impossible.
  virtual void withdraw_population() = 0;
  virtual void withdraw_drive() = 0;
  virtual void set_rate_schedule(std::size_t population, std::vector<Step> steps, Values values) = 0;
  virtual std::uint64_t spike_count(std::size_t population) const = 0;
  virtual std::vector<std::string> variables(std::size_t population) const = 0;

  virtual Connections connect(std::size_t pre, std::size_t post, const Ids& pre_ids, const Ids& post_ids, const std::string& connector,
                              const ConnectorOptions& options, std::span<const double> pre_positions, std::span<const double> post_positions,
                              int dimensions) = 0;
  virtual std::size_t add_projection(Connections connections, std::size_t receptor, const SynapseValues& weight, const SynapseValues& delay,
                                     double dendritic_fraction, const std::vector<PartSpec>& rules) = 0;
  virtual std::uint64_t synapses(std::size_t projection) const = 0;
  virtual Values weights(std::size_t projection) = 0;
  virtual void set_weights(std::size_t projection, const Values& values) = 0;
  virtual std::vector<Neuron> sources(std::size_t projection) = 0;
  virtual std::vector<Neuron> targets(std::size_t projection) = 0;
  virtual Values delays(std::size_t projection) = 0;
  virtual bool learns(std::size_t projection) const = 0;  // some rule changes weights
  virtual bool plastic(std::size_t projection) const = 0;
  virtual void set_plastic(std::size_t projection, bool on) = 0;
  // Whatever the switches say: no weight learns and no controller moves, until as many calls have said false as have said true. What changes in between,
  // and the switches, take effect when the network next runs.
  virtual void freeze(bool on) = 0;
  virtual bool frozen() const = 0;
  virtual double rule_get(std::size_t projection, std::size_t rule, const std::string& name) const = 0;
  // Throws if these parameters of a rule could not all be set to these values.
  virtual void check_rule_set(std::size_t projection, std::size_t rule, const std::map<std::string, double>& values) const = 0;
  virtual void rule_set(std::size_t projection, std::size_t rule, const std::string& name, double value) = 0;
  virtual std::size_t bytes(std::size_t projection) const = 0;
  // What the rules keep, besides weights: per synapse, per axon (given and taken per synapse) or per neuron of the target population.
  virtual std::vector<RuleState> rule_states(std::size_t projection) const = 0;
  virtual Values state_get(std::size_t projection, std::size_t state) = 0;
  virtual void state_set(std::size_t projection, std::size_t state, const Values& values) = 0;

  // New synapses deliver later spikes only; spikes on their way to one that is removed are lost. Weights and delays: one, or one each.
  virtual void add_synapses(std::size_t projection, const std::vector<Neuron>& sources, const std::vector<Neuron>& targets, const Values& weights,
                            const Values& delays) = 0;
  virtual void remove_synapses(std::size_t projection, std::vector<std::int64_t> indices) = 0;
  virtual Values births(std::size_t projection) = 0;  // ms
  // Spikes of silent neurons are dropped before anything sees them.
  virtual void silence(std::size_t population, const Ids& ids, bool on) = 0;
  virtual std::vector<char> silent(std::size_t population) const = 0;
  // All synapses from and to these neurons go.
  virtual void disconnect(std::size_t population, const std::vector<Neuron>& ids) = 0;
  // They go silent for good, without synapses; a neuron can be born in the place of each.
  virtual void kill(std::size_t population, const std::vector<Neuron>& ids) = 0;
  virtual void give_birth(std::size_t population, const std::vector<Neuron>& ids) = 0;
  virtual std::vector<char> alive(std::size_t population) const = 0;
  virtual Values neuron_births(std::size_t population) const = 0;  // ms

  virtual std::size_t add_modulator(double tau, double baseline) = 0;
  virtual double modulator_level(std::size_t modulator) const = 0;
  virtual double modulator_baseline(std::size_t modulator) const = 0;
  virtual void set_modulator_baseline(std::size_t modulator, double baseline) = 0;
  virtual void release(std::size_t modulator, const std::vector<Step>& steps, const Values& amounts) = 0;
  virtual void release_by(std::size_t modulator, std::size_t population, const Ids& ids, double amount, Step delay) = 0;

  virtual std::size_t add_drive(std::size_t population, const Ids& ids, const PartSpec& stimulus, int receptor, const Values& weight) = 0;
  virtual Values drive_get(std::size_t drive, const std::string& name) const = 0;
  virtual void drive_set(std::size_t drive, const std::string& name, const Values& values) = 0;
  virtual bool drive_active(std::size_t drive) const = 0;
  virtual void set_drive_active(std::size_t drive, bool on) = 0;
  virtual void set_drive_schedule(std::size_t drive, const std::string& name, std::vector<Step> steps, Values values) = 0;

  // `acts_on`: the parameter, or the gain of a receptor, that the controller moves.
  virtual std::size_t add_controller(const std::string& name, Owner owner, std::size_t target, const Ids& ids, const std::string& acts_on,
                                     const PartSpec& part) = 0;
  // A parameter or a state: one value for all, or one per neuron of the population.
  virtual Values controller_get(std::size_t controller, const std::string& name) const = 0;
  virtual void controller_set(std::size_t controller, const std::string& name, const Values& values) = 0;
  virtual bool controller_active(std::size_t controller) const = 0;
  virtual void set_controller_active(std::size_t controller, bool on) = 0;
  // In force from `start` on, until `stop`.
  virtual std::size_t add_modifier(const std::string& name, const std::vector<Modification>& changes, Step start, std::optional<Step> stop) = 0;
  virtual bool modifier_active(std::size_t modifier) const = 0;  // the user's switch
  virtual void set_modifier_active(std::size_t modifier, bool active) = 0;
  virtual bool modifier_acts(std::size_t modifier) const = 0;
  virtual void remove_modifier(std::size_t modifier) = 0;
  // Watches the mean rate of neurons (Hz) or the weights of a projection, at every multiple of the window.
  virtual std::size_t add_guard(Owner owner, std::size_t target, const Ids& ids, double low, double high, Step window, bool stop) = 0;
  virtual bool guard_active(std::size_t guard) const = 0;
  virtual void set_guard_active(std::size_t guard, bool on) = 0;
  virtual std::vector<GuardEvent> guard_events(std::size_t guard) const = 0;
  virtual Values effective(Owner owner, std::size_t target, const std::string& name) const = 0;

  // `specs`: the law, then, where synapses bind elements, those of the axons and of the dendrites of each projection; columns of elements count
  // in this order.
  virtual std::size_t add_rewiring(const std::string& name, const std::vector<std::size_t>& projections, const std::vector<PartSpec>& specs,
                                   const Places& places) = 0;
  virtual Values elements_get(std::size_t rewiring, std::size_t column, const std::string& name) = 0;
  virtual void elements_set(std::size_t rewiring, std::size_t column, const std::string& name, const Values& values) = 0;
  virtual double rewiring_get(std::size_t rewiring, const std::string& name) const = 0;
  virtual void rewiring_set(std::size_t rewiring, const std::string& name, double value) = 0;
  virtual void set_rewiring_schedule(std::size_t rewiring, std::vector<Step> steps, Values values) = 0;
  virtual bool rewiring_active(std::size_t rewiring) const = 0;
  virtual void set_rewiring_active(std::size_t rewiring, bool on) = 0;
  // Synapses that it has created, and removed.
  virtual std::pair<std::uint64_t, std::uint64_t> rewired(std::size_t rewiring) const = 0;
  // Seconds of the last update, by phase.
  virtual std::array<double, structure_phases.size()> rewiring_timings(std::size_t rewiring) const = 0;
  virtual std::size_t record_elements(std::size_t rewiring, std::size_t column, const std::string& name, Step interval) = 0;
  virtual std::size_t record_controller(std::size_t controller, const std::string& name, const Ids& ids, Step interval) = 0;
  virtual std::size_t record_spikes(std::size_t population, const Ids& ids) = 0;
  virtual std::size_t record_states(std::size_t population, const std::string& name, const Ids& ids, Step interval) = 0;
  virtual std::size_t record_rate(std::size_t population, const Ids& ids, Step interval) = 0;
  // Of a state of the rules, or of the weights, where there is none.
  virtual std::size_t record_synapses(std::size_t projection, std::optional<std::size_t> state, std::optional<std::vector<std::int64_t>> indices,
                                      Step interval) = 0;
  virtual std::size_t record_modulator(std::size_t modulator, Step interval) = 0;
  virtual std::size_t record_structure(std::size_t projection) = 0;
  virtual StructureLog structure_log(std::size_t recorder) const = 0;
  virtual std::pair<std::vector<Step>, std::vector<Neuron>> spikes(std::size_t recorder) const = 0;
  virtual std::pair<std::vector<Step>, Values> samples(std::size_t recorder) const = 0;  // [sample][index]
  virtual std::pair<std::vector<Step>, std::vector<std::int64_t>> spike_counts(std::size_t recorder) const = 0;
  // Takes back the recorder that was added last, if what goes with it turns out to be impossible.
  virtual void withdraw_recorder() = 0;
  virtual void clear_recorder(std::size_t recorder) = 0;
  // Bytes that what it has recorded takes; and, after that has been taken away, everything but a bin that is not complete yet is dropped.
  virtual std::size_t recorded_bytes(std::size_t recorder) const = 0;
  virtual void drop_recorded(std::size_t recorder) = 0;
};

std::unique_ptr<Core> make_core_single(const Settings& settings);
std::unique_ptr<Core> make_core_double(const Settings& settings);

}  // namespace plastica
