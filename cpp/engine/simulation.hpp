// One network and its step. Threads own fixed ranges of neurons ("parts" of the network) and every synapse onto them: one writer per
// datum, sums in a fixed order, so the result does not depend on the number of threads.
#pragma once
#include <atomic>
#include <chrono>
#include <limits>

#include "base/barrier.hpp"
#include "base/parallel.hpp"
#include "base/poisson.hpp"
#include "engine/catalogue.hpp"
#include "engine/core.hpp"
#include "engine/kernels/kernels.hpp"
#include "network/population.hpp"
#include "network/projection.hpp"
#include "network/row_editor.hpp"

namespace plastica {

class SynapseReader;

inline constexpr Step last_step = Step{1} << 60;  // the longest time that steps can count

// A delay in steps, rounded to the grid. `drawn`: from a distribution, whose bounds the message of an error recommends.
std::uint32_t delay_steps(double delay, double dt, bool drawn = false);

template <class R>
class Simulation final : public Core {
 public:
  explicit Simulation(const Settings& settings);
  std::unique_ptr<Core> copy() const override;
  Catalogue& catalogue() override { return catalogue_; }
  SavedTree save() override;
  std::vector<Neuron> row_blocks(std::size_t projection) const override;
  SavedTree save_rows(std::size_t projection, Neuron first, Neuron last) const override;
  void load(SavedTree tree) override;
  void begin_rows(std::size_t projection, std::uint64_t sources, std::uint64_t rows, std::uint64_t synapses) override;
  void load_rows(SavedTree tree) override;
  void end_rows() override;
  void end_loading() override;

  Step now() const override { return now_; }
  int threads() const override { return threads_ == 0 ? parts_ : threads_; }
  Isa isa() const override { return isa_; }
  void run(Step steps) override;
  Step memory() const override;
  void rest(Step steps) override;
  void profile(bool on) override;
  std::array<double, phase_names.size()> timings() const override { return timings_; }

  std::size_t add_population(Neuron size, const PartSpec& model, const std::vector<ReceptorSpec>& receptors) override;
  Values get(std::size_t population, const std::string& name) const override;
  void set(std::size_t population, const std::string& name, const Ids& ids, const Values& values) override;
  void set_spikes(std::size_t population, std::span<const Step> steps, std::span<const Neuron> neurons) override;
  void withdraw_population() override;
  void withdraw_drive() override;
  void set_rate_schedule(std::size_t population, std::vector<Step> steps, Values values) override;
  std::uint64_t spike_count(std::size_t population) const override;
  std::vector<std::string> variables(std::size_t population) const override;

  Connections connect(std::size_t pre, std::size_t post, const Ids& pre_ids, const Ids& post_ids, const std::string& connector, const ConnectorOptions& options,
                      std::span<const double> pre_positions, std::span<const double> post_positions, int dimensions) override;
  std::size_t add_projection(Connections connections, std::size_t receptor, const SynapseValues& weight, const SynapseValues& delay, double dendritic_fraction,
                             const std::vector<PartSpec>& rules) override;
  std::uint64_t synapses(std::size_t projection) const override { return projections_.at(projection).synapses(); }
  Values weights(std::size_t projection) override;
  void set_weights(std::size_t projection, const Values& values) override;
  std::vector<Neuron> sources(std::size_t projection) override;
  std::vector<Neuron> targets(std::size_t projection) override;
  Values delays(std::size_t projection) override;
  bool learns(std::size_t projection) const override { return projections_.at(projection).learns(); }
  bool plastic(std::size_t projection) const override { return projections_.at(projection).learns() && projections_[projection].plastic; }
  void set_plastic(std::size_t projection, bool on) override;
  void freeze(bool on) override;
  bool frozen() const override { return frozen_ > 0; }
  double rule_get(std::size_t projection, std::size_t rule, const std::string& name) const override;
  void check_rule_set(std::size_t projection, std::size_t rule, const std::map<std::string, double>& values) const override;
  void rule_set(std::size_t projection, std::size_t rule, const std::string& name, double value) override;
  std::size_t bytes(std::size_t projection) const override;
  std::vector<RuleState> rule_states(std::size_t projection) const override;
  Values state_get(std::size_t projection, std::size_t state) override;
  void state_set(std::size_t projection, std::size_t state, const Values& values) override;

  void add_synapses(std::size_t projection, const std::vector<Neuron>& sources, const std::vector<Neuron>& targets, const Values& weights,
                    const Values& delays) override;
  void remove_synapses(std::size_t projection, std::vector<std::int64_t> indices) override;
  Values births(std::size_t projection) override;
  void silence(std::size_t population, const Ids& ids, bool on) override;
  std::vector<char> silent(std::size_t population) const override;
  void disconnect(std::size_t population, const std::vector<Neuron>& ids) override;
  void kill(std::size_t population, const std::vector<Neuron>& ids) override;
  void give_birth(std::size_t population, const std::vector<Neuron>& ids) override;
  std::vector<char> alive(std::size_t population) const override;
  Values neuron_births(std::size_t population) const override;

  std::size_t add_modulator(double tau, double baseline) override;
  double modulator_level(std::size_t modulator) const override;
  double modulator_baseline(std::size_t modulator) const override { return modulators_.at(modulator).baseline; }
  void set_modulator_baseline(std::size_t modulator, double baseline) override;
  void release(std::size_t modulator, const std::vector<Step>& steps, const Values& amounts) override;
  void release_by(std::size_t modulator, std::size_t population, const Ids& ids, double amount, Step delay) override;

  std::size_t add_drive(std::size_t population, const Ids& ids, const PartSpec& stimulus, int receptor, const Values& weight) override;
  Values drive_get(std::size_t drive, const std::string& name) const override;
  void drive_set(std::size_t drive, const std::string& name, const Values& values) override;
  bool drive_active(std::size_t drive) const override { return drives_.at(drive).active; }
  void set_drive_active(std::size_t drive, bool on) override { drives_.at(drive).active = on; }
  void set_drive_schedule(std::size_t drive, const std::string& name, std::vector<Step> steps, Values values) override;

  std::size_t add_controller(const std::string& name, Owner owner, std::size_t target, const Ids& ids, const std::string& acts_on,
                             const PartSpec& part) override;
  Values controller_get(std::size_t controller, const std::string& name) const override;
  void controller_set(std::size_t controller, const std::string& name, const Values& values) override;
  bool controller_active(std::size_t controller) const override { return controllers_.at(controller).active; }
  void set_controller_active(std::size_t controller, bool on) override { controllers_.at(controller).active = on; }
  std::size_t add_modifier(const std::string& name, const std::vector<Modification>& changes, Step start, std::optional<Step> stop) override;
  bool modifier_active(std::size_t modifier) const override { return modifiers_.at(modifier).active; }
  void set_modifier_active(std::size_t modifier, bool active) override;
  bool modifier_acts(std::size_t modifier) const override { return modifiers_.at(modifier).on; }
  void remove_modifier(std::size_t modifier) override;
  std::size_t add_guard(Owner owner, std::size_t target, const Ids& ids, double low, double high, Step window, bool stop) override;
  bool guard_active(std::size_t guard) const override { return guards_.at(guard).active; }
  void set_guard_active(std::size_t guard, bool on) override { guards_.at(guard).active = on; }
  std::vector<GuardEvent> guard_events(std::size_t guard) const override { return guards_.at(guard).events; }
  Values effective(Owner owner, std::size_t target, const std::string& name) const override;

  std::size_t add_rewiring(const std::string& name, const std::vector<std::size_t>& projections, const std::vector<PartSpec>& specs,
                           const Places& places) override;
  Values elements_get(std::size_t rewiring, std::size_t column, const std::string& name) override;
  void elements_set(std::size_t rewiring, std::size_t column, const std::string& name, const Values& values) override;
  double rewiring_get(std::size_t rewiring, const std::string& name) const override;
  void rewiring_set(std::size_t rewiring, const std::string& name, double value) override;
  void set_rewiring_schedule(std::size_t rewiring, std::vector<Step> steps, Values values) override;
  bool rewiring_active(std::size_t rewiring) const override { return rewirings_.at(rewiring).active; }
  void set_rewiring_active(std::size_t rewiring, bool on) override { rewirings_.at(rewiring).active = on; }
  std::pair<std::uint64_t, std::uint64_t> rewired(std::size_t rewiring) const override {
    return {rewirings_.at(rewiring).created, rewirings_.at(rewiring).removed};
  }
  std::array<double, structure_phases.size()> rewiring_timings(std::size_t rewiring) const override { return rewirings_.at(rewiring).timings; }
  std::size_t record_elements(std::size_t rewiring, std::size_t column, const std::string& name, Step interval) override;

  std::size_t record_controller(std::size_t controller, const std::string& name, const Ids& ids, Step interval) override;
  std::size_t record_spikes(std::size_t population, const Ids& ids) override;
  std::size_t record_states(std::size_t population, const std::string& name, const Ids& ids, Step interval) override;
  std::size_t record_rate(std::size_t population, const Ids& ids, Step interval) override;
  std::size_t record_synapses(std::size_t projection, std::optional<std::size_t> state, std::optional<std::vector<std::int64_t>> indices,
                              Step interval) override;
  std::size_t record_modulator(std::size_t modulator, Step interval) override;
  std::size_t record_structure(std::size_t projection) override;
  StructureLog structure_log(std::size_t recorder) const override;
  std::pair<std::vector<Step>, std::vector<Neuron>> spikes(std::size_t recorder) const override;
  std::pair<std::vector<Step>, Values> samples(std::size_t recorder) const override;
  std::pair<std::vector<Step>, std::vector<std::int64_t>> spike_counts(std::size_t recorder) const override;
  void withdraw_recorder() override;
  void clear_recorder(std::size_t recorder) override;
  std::size_t recorded_bytes(std::size_t recorder) const override;
  void drop_recorded(std::size_t recorder) override;

 private:
  using Clock = std::chrono::steady_clock;

  // ---- drives ------------------------------------------------------------------------------------------------------------------
  enum class DriveKind { poisson, constant, sine, noise };
  struct Drive {
    DriveKind kind;
    std::size_t population;
    int receptor = -1;
    bool active = true;
    std::vector<ParameterColumn> parameters;  // per neuron of the population where an array or a subset is given
    std::vector<char> member;                 // empty: all neurons
    Schedule schedule;                        // of the first parameter
    RandomKey key;
    std::size_t id = 0;
    ParameterColumn first;  // the first parameter as adjusted
    Column<R> weight, keep, spread, state;
    // What follows from the parameters: at first, and after each change of the schedule.
    struct Derived {
      bool uniform = true;
      Column<R> mean_current;
      std::vector<double> mean_number, none;  // of means of their own, with the probability of 0
      PoissonTable table;                     // of a uniform mean
      std::uint32_t rounds = 1, terms = 0;
    };
    std::vector<Derived> derived;
    const Derived& at(Step k) const { return derived[schedule.at(k)]; }
  };

  // ---- recorders ---------------------------------------------------------------------------------------------------------------
  enum class RecorderKind { spikes, states, rate, synapses, modulator, structure, controller, elements };
  // A synapse that has come or gone.
  struct Change {
    Step step;
    Neuron source, target;
    bool created;
    friend auto operator<=>(const Change&, const Change&) = default;
  };
  // What is read of a synapse.
  struct Probe {
    enum class Where { weight, variable, row, neuron } where = Where::weight;
    std::size_t at = 0;    // variable of the synapse, word of the row, or column of the neurons
    std::size_t rule = 0;  // that has the neurons' column
  };
  struct SampledSynapse {
    RowPosition row;
    std::uint32_t place;   // within the row
    std::uint64_t column;  // of the result
  };
  struct Recorder {
    RecorderKind kind;
    std::size_t target;  // population, projection, modulator or controller
    Step interval = 1;
    std::size_t width = 0;
    std::vector<char> member;  // by neuron; empty: all
    // Per thread.
    std::vector<std::vector<Step>> steps;
    std::vector<std::vector<Neuron>> ids;        // of spikes
    std::vector<std::vector<Neuron>> owned;      // sampled neurons
    std::vector<std::vector<std::size_t>> columns;  // of the result that they fill
    std::vector<std::vector<SampledSynapse>> synapses;
    std::vector<std::vector<R>> constant;  // their weights, while the projection is part of a bundle
    std::vector<std::vector<R>> values;
    std::vector<std::vector<std::int64_t>> counts;
    std::string variable;  // of a recorder of states
    std::size_t state = 0;  // of a controller
    Probe probe;           // of a recorder of synapses
    std::vector<Change> changes;
    Step created = 0;
  };

  // A population that neither learns nor takes currents is advanced by so many steps at a time.
  static constexpr std::size_t stretch_steps = 16;

  // ---- modulators --------------------------------------------------------------------------------------------------------------
  struct Modulator {
    double tau, baseline;
    std::map<Step, double> releases;  // from Python; those that are past are forgotten
    struct Releaser {
      std::size_t population;
      std::vector<char> member;  // empty: all neurons
      double amount;
      Step delay;
    };
    std::vector<Releaser> releasers;
  };
  // Every thread works it out for itself, from the same numbers. Rings of steps: what decays, and the level with the baseline.
  struct ModulatorState {
    Step next = 0;  // the first step that is not known yet
    double decaying = 0;
    std::vector<double> transient, level;
    std::map<Step, double> releases;  // by spikes
    double at(Step k) const { return level[static_cast<std::size_t>(k) & (level.size() - 1)]; }
    double transient_at(Step k) const { return transient[static_cast<std::size_t>(k) & (level.size() - 1)]; }
  };

  // ---- what acts on parameters (adjust.cpp) ------------------------------------------------------------------------------------
  struct Contribution {
    std::size_t id;
    std::string source;  // its name
    bool multiply;
    bool active;
    std::vector<double> values;  // one for all, or one per neuron
  };
  struct Adjusted {
    Owner owner;
    std::size_t target;
    std::string name;
    std::string_view part = {};
    const Field* field = nullptr;
    int receptor = -1;
    std::size_t rule = 0, index = 0;  // of the rule, and of the parameter
    bool gain = false;                // of what arrives at the receptor, or of the projection
    bool spikes = false;              // whether what neurons fire leaves them
    std::vector<double> base = {};    // of a rule's parameter
    std::vector<Contribution> contributions = {};  // in the order their sources were made
  };
  std::size_t add_contribution(std::size_t adjusted, const std::string& source, bool multiply, bool active, std::vector<double> values);
  Contribution& contribution_of(std::size_t adjusted, std::size_t id);
  Adjusted locate_in_population(std::size_t population, const std::string& name);
  Adjusted find_in_projection(std::size_t projection, const std::string& name) const;
  Adjusted locate_in_projection(std::size_t projection, const std::string& name) const;
  std::vector<double> in_force(const Adjusted& adjusted) const;
  void put_in_population(const Adjusted& adjusted);
  void put_in_projection(const Adjusted& adjusted);
  void readjust_controller(std::size_t controller);
  const Adjusted* adjusted_rule(std::size_t projection, std::size_t rule, std::size_t index) const;
  // The base as adjusted, where something acts on it.
  std::vector<double> adjusted_values(Owner owner, std::size_t target, const std::string& name, std::span<const double> base) const;
  std::size_t adjusted_parameter(Owner owner, std::size_t target, const std::string& name);
  Adjusted locate(Owner owner, std::size_t target, const std::string& name);
  std::string named_sources(const Adjusted& adjusted) const;
  std::vector<double> effective_of(const Adjusted& adjusted, std::span<const double> base) const;
  std::vector<double> checked_effect(const Adjusted& adjusted, std::span<const double> base) const;
  std::span<const double> base_of(const Adjusted& adjusted) const;
  void put_in_force(std::size_t adjusted);
  bool move_thresholds(Population<R>& population) const;
  void block_spikes(Population<R>& population, const std::vector<double>& leave) const;
  void take_gain(const Population<R>& population, ReceptorColumns<R>& receptor, const std::vector<double>& values) const;
  void readjust(std::size_t population);
  std::vector<ParameterColumn> adjusted_columns(std::size_t population, int receptor, const std::vector<ParameterColumn>& base) const;

  // ---- what happens between steps (control.cpp) --------------------------------------------------------------------------------
  static constexpr std::size_t no_population = std::numeric_limits<std::size_t>::max();
  // A spike that a controller will count, and what will be left of it at the next control step.
  struct Sensed {
    Neuron neuron;
    double left;
  };
  struct alignas(apart) SensedSpikes {
    std::vector<Sensed> spikes;
  };
  // Of something that the user can switch off, or freeze: since when it stands still, at the steps that were run.
  struct Pause {
    Step since = running;
    static constexpr Step running = -1;
    bool on() const { return since != running; }
    // The time that it knows.
    Step clock(Step now) const { return on() ? since : now; }
  };
  struct Controller {
    std::string name;
    std::shared_ptr<const ControllerPart> part;
    Owner owner = Owner::population;
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
  struct WeightSums {
    std::vector<double> sum, count;  // per target or source
  };
  // Factors that come and go together.
  struct Modifier {
    struct Piece {
      std::size_t adjusted, contribution;
    };
    Step start, stop;
    bool active = true, on = false;  // the user's switch; whether it is in force
    std::vector<Piece> parts = {};
  };
  struct Rewiring;
  struct Guard {
    struct Count {
      Step window = -1;  // its number
      std::uint64_t spikes = 0;
    };
    Owner owner;
    std::size_t target;
    double low, high;
    Step window, made;
    bool stop, active = true;
    std::vector<char> member = {};  // empty: all neurons
    std::size_t size = 0;
    std::vector<Count> counts = {};  // per thread
    std::vector<GuardEvent> events = {};
  };
  // Something that happens in the caller's thread, before anything else of its step: at steps that the model determines, so that neither chunks
  // nor threads matter. What only looks comes first; the rest in the order it was made.
  struct Due {
    enum class Kind { sample, controller, modifier, guard, structure } kind;
    std::size_t index;  // of the recorder, the controller, ...
    Step done = -1;     // the step at which it last happened
  };
  static constexpr Step not_due = std::numeric_limits<Step>::max();
  Step next_of(const Due& due, Step from) const;
  Step next_due(Step from) const;
  static bool acts(const Due& due) { return due.kind == Due::Kind::controller || due.kind == Due::Kind::structure; }
  bool have_acted() const;
  void sample_before_acting();
  void perform_due();
  void sample_controller(Recorder& recorder, Step k) const;
  Step next_switch(const Modifier& modifier, Step from) const;
  void switch_modifier(std::size_t modifier);
  void count_spikes(Guard& guard, std::size_t part, const std::vector<Neuron>& neurons, Step stamp) const;
  std::optional<GuardError> look(std::size_t guard);

  // ---- what stands still (freezing.cpp) ----------------------------------------------------------------------------------------
  void put_switches_in_force();
  bool holds_weights(std::size_t projection) const;
  void hold(Projection<R>& projection, Step lag, bool held) const;
  bool holds(const Controller& controller) const;
  bool holds(const Rewiring& rewiring) const;
  void resume(Controller& controller);
  void resume(Rewiring& rewiring) const;

  // ---- controllers (controllers.cpp) -------------------------------------------------------------------------------------------
  static bool fixed_in_controller(const Field& field);
  void check_controller(const Controller& controller, const std::vector<ParameterColumn>& parameters) const;
  void begin_acting(Controller& controller, const std::string& acts_on);
  void begin_normalising(Controller& controller);
  Probe factor_of_depression(const Controller& controller) const;
  void sense(Controller& controller, std::size_t part, const std::vector<Neuron>& neurons, Step stamp) const;
  static void count_sensed(Controller& controller, std::size_t part);
  void tick_controller(Controller& controller, Step k);
  void gather_sensors(Controller& controller, Step k) const;
  std::optional<double> sensed(const Controller& controller) const;
  void move(Controller& controller, double seconds);
  void apply(Controller& controller);
  template <class F>
  void for_each_block(Controller& controller, F&& f);
  void put_effect(Controller& controller);
  void set_rule_state(const Controller& controller);
  WeightSums sums_of_weights(const Controller& controller) const;
  void normalise(Controller& controller);
  // Runs f(part) for every part of the population, on several threads if it is large.
  template <class F>
  void for_parts(const Population<R>& population, F&& f) const {
    constexpr Neuron worth_it = 4096;
    const auto all = static_cast<std::size_t>(parts_);
    if (population.size >= worth_it) return parallel(parts_, [&](int thread) { f(static_cast<std::size_t>(thread)); });
    const FlushDenormals flush;
    for (std::size_t part = 0; part < all; ++part) f(part);
  }

  // ---- one thread's share of the network ---------------------------------------------------------------------------------------
  using Emitted = std::vector<std::vector<Neuron>>;  // by one population, in each step of one interval
  struct alignas(apart) Part {
    std::array<std::vector<Emitted>, 2> emitted;  // [parity of the interval][population]
    Column<R> current, conductance, reversal;
    std::vector<BundleMember<R>> members;    // scratch
    std::vector<TableRow<R>> table_rows;     // likewise
    std::vector<R> scales;                   // likewise
    std::vector<ModulatorState> modulators;
    std::vector<Neuron> fired;               // [step of a stretch][neuron]
    std::array<std::size_t, stretch_steps> fired_count{};
    std::vector<std::uint64_t> spike_count;  // by population
    std::vector<R> row_weight, row_variables, row_traces, nowhere;  // scratch for reading a row
    Step origin = 0;                         // of the 32-bit steps of histories and rows
    std::array<double, phase_names.size()> timings{};
    std::array<std::optional<SimulationError>, 2> failure;
  };

  // How the rows of a projection learn: not at all; by replaying histories; by the table of epochs; by running sums.
  enum class Walk { none, replay, table, running };
  struct RuleSlot {
    std::size_t variant;
    RuleNeeds needs;
    VariantTraits traits;
    std::size_t first;  // variable of the synapse, or word of the row
    std::size_t trace;  // word of the row where its traces begin
    int view;           // among those that act on synapses; -1 for an axon
    AxonKernels<R> axon;
    Step interval, made;  // of ticks, 0: none; and the step when the rule came into being
    std::array<R, max_constants> constants;
    std::array<double, max_constants> exact;
    std::vector<std::size_t> post;  // traces of the history
    // Whether a variable of the target neuron does while weights do.
    bool stands_still(std::size_t of_neuron) const {
      return traits.states[static_cast<std::size_t>(traits.variables) + of_neuron].when_frozen == WhenFrozen::stands_still;
    }
  };
  // The integral of a modulator against an exponential, from an origin on: sum[step - origin].
  struct Integral {
    double tau = 0;
    std::size_t modulator = 0;
    std::vector<double> sum;
    Step origin = 0, known = 0;  // sums are known up to this step
    double share = 0, of_baseline = 0;  // what a unit of the transient and of the baseline add in a step
  };
  struct LearningPart {
    std::vector<RuleView<R>> views;  // with the traces of the thread's own neurons
    std::vector<std::vector<Column<double>>> neurons;  // [rule][variable][neuron]
    std::vector<std::vector<Column<R>>> narrow;        // the same in the precision of the network
    std::vector<Integral> integrals;
  };
  struct PlasticSet {
    std::vector<RuleSlot> slots;
    std::vector<RuleView<R>> rules;
    std::vector<LearningPart> parts;
    std::vector<std::shared_ptr<const Decay<R>>> tables;  // that the views point to
    Walk walk = Walk::none;
    std::size_t table = 0;  // of epochs, or of running sums
    std::vector<std::size_t> dense;
    std::size_t filter = 0;
    RuleKernels<R> kernels{};  // of the one rule of a table or of running sums
    std::size_t of_row = 0, variables = 0;
    double w_max = infinity;
    bool axons = false;  // some rule is of the axon
    bool evolves = false, everywhere = false, compares = false, random = false, transmits = false;
    Step lag = 0;      // steps from an arrival to its second visit; 0: none
    Step renewal = 0;  // steps between renewals of the integrals' origin; 0: none
    std::vector<double> growth;  // per integral: exp(i dt/tau), one after the other
    std::size_t growth_length = 0;
  };

  struct Variable {
    const Schema* schema;
    const Field* field;
    ParameterColumn* parameter;  // or
    Column<R>* state;
  };
  Variable variable(std::size_t population, const std::string& name);
  void set_parameter(std::size_t population, ParameterColumn& parameter, const Ids& ids, const Values& values);
  const Schema& schema_of(const Drive& drive) const;
  // Calls f(synapse) for every synapse in canonical order.
  template <class F>
  void visit(std::size_t projection, F&& f) const {
    const auto& p = projections_.at(projection);
    for_each_synapse(p, populations_[p.pre].size, populations_[p.post].partition.begin, f);
  }
  // What the probe reads of every synapse at this moment, shard by shard, in the order they are stored.
  std::vector<std::vector<R>> current(std::size_t projection, const Probe& probe) const;
  void adopt_weights(std::size_t projection);
  Probe probe_of(std::size_t projection, std::size_t state) const;
  Recorder& add_recorder(RecorderKind kind, std::size_t target, Step interval);
  std::vector<char> membership(std::size_t population, const Ids& ids) const;
  static void check_schedule(const std::string& what, const std::vector<Step>& steps, const Values& values, std::size_t neurons);

  // ---- building (build.cpp) ----------------------------------------------------------------------------------------------------
  std::vector<ParameterColumn> resolve(const Schema& schema, const Parameters& given, std::size_t size) const;
  void derive(Population<R>& population);
  struct MembraneConstants {
    std::vector<Column<R>> columns;
    Differs differs;
  };
  MembraneConstants membrane_constants(const Population<R>& population) const;
  void take_constants(Population<R>& population, MembraneConstants constants) const;
  bool same_responses(const Population<R>& population, const std::vector<ParameterColumn>& before) const;
  void derive_source(Population<R>& population);
  Schedule without(const Schedule& schedule, std::size_t size, const std::vector<Neuron>& ids, const Values& values) const;
  void derive_drive(Drive& drive);
  typename Drive::Derived derive_poisson(const std::vector<double>& rates, bool uniform) const;
  void derive_rules(std::size_t projection);
  void change_rule(std::size_t projection, std::size_t rule, std::vector<double> parameters);
  bool can_change(std::size_t projection, std::size_t rule, const std::vector<double>& parameters) const;
  const RuleKernels<R>& kernels_of(const RuleInstance& rule, std::size_t variant) const { return rule.part->kernels.template of<R>(isa_).variant[variant]; }
  RuleView<R> view_of(const Projection<R>& projection, PlasticSet& set, std::size_t rule);
  void build_shard(Projection<R>& projection, const PlasticSet& set, std::size_t part, const Connectivity& connectivity, const SynapseReader& weights,
                   const std::uint32_t* delays) const;
  static constexpr Step longest_interval = 1000;
  void choose_interval();
  // What there is of a population's learning before a projection is made.
  struct LearningSizes {
    struct Part {
      std::size_t traces, tables, dense, running, filters;
    };
    std::vector<Part> parts;
    bool replayed;
    std::uint32_t dendritic_reach;
  };
  LearningSizes learning_sizes(std::size_t population) const;
  void take_back_projection(const LearningSizes& before);
  void take_magnitudes(Projection<R>& projection) const;
  void make_plastic(std::size_t projection);
  std::vector<Neuron> newest_spikes(std::size_t part, std::size_t population) const;
  void check_rule(const RuleOperations& part, const std::vector<double>& parameters) const;
  void plan_rules(Projection<R>& projection, PlasticSet& set, const std::vector<PartSpec>& specs) const;
  Walk walk_for(const Projection<R>& projection, const PlasticSet& set) const;
  void prepare_learning(std::size_t projection);
  std::uint32_t reach_of(const Projection<R>& projection) const;
  void lengthen_reach(std::size_t population, std::uint32_t reach);
  void use_table(std::size_t projection);
  void use_running(std::size_t projection);
  std::size_t use_dense(std::size_t projection, const TraceSpec& spec);
  bool use_modulators(std::size_t projection);
  static constexpr std::int32_t longest_look_back = 1 << 18;
  void check_look_back(const Projection<R>& projection, const PlasticSet& set, std::uint32_t delay) const;
  bool make_room_for_delays(std::size_t projection);
  static bool lengthen_ring(ModulatorState& state, double baseline, Step least);
  void refresh_all_views();
  void begin_row(std::size_t projection, std::size_t part, RowPosition at);
  void begin_rows(std::size_t projection);
  std::shared_ptr<const Decay<R>> decay_table(const TraceSpec& spec);
  void choose_kernel(Population<R>& population) const;
  // `first` is the number of the first one's connection.
  void check_weights(const Projection<R>& projection, std::span<const double> weights, std::uint64_t first = 0) const;
  R sign_of(std::span<const double> weights) const;

  // ---- bundles (bundle.cpp) ----------------------------------------------------------------------------------------------------
  std::vector<std::vector<std::size_t>> bundles_wanted() const;
  void bundle_up();
  void make_bundle(Bundle<R>& bundle, Neuron sources, std::size_t part);
  void unbundle(std::size_t pre);
  void undo_bundle(Bundle<R>& bundle, Neuron sources, std::size_t part);
  void keep_samples(const std::vector<std::size_t>& members);
  void deliver_bundles(std::size_t part, Step begin, Step end);
  bool bundled(std::size_t projection) const { return projection < bundled_.size() && bundled_[projection]; }
  // The projection's synapses, where they can be looked at one by one.
  Projection<R>& on_its_own(std::size_t projection) {
    auto& p = projections_.at(projection);
    if (bundled(projection)) unbundle(p.pre);
    return p;
  }

  // ---- structure (edit.cpp) ----------------------------------------------------------------------------------------------------
  // By thread, sorted.
  struct StructuralEdit {
    std::vector<std::vector<typename RowEditor<R>::Place>> gone;
    std::vector<std::vector<typename RowEditor<R>::Fresh>> fresh;
    R sign;  // of the weights, where there are none yet
  };
  StructuralEdit no_change(std::size_t projection) const;
  void plan_synapse(std::size_t projection, StructuralEdit& change, Neuron source, Neuron target, std::uint32_t delay, double weight) const;
  static void sort_change(StructuralEdit& change);
  void edit(std::size_t projection, StructuralEdit& change);
  void catch_up_equals(std::size_t projection, std::size_t part, std::span<const typename RowEditor<R>::Place> gone);
  void edit_shard(std::size_t projection, std::size_t part, const StructuralEdit& change, std::uint32_t least_before, bool own_weights);
  static void count_changes(Shard<R>& shard, std::span<const typename RowEditor<R>::Place> gone, std::span<const typename RowEditor<R>::Fresh> fresh);
  void take_delays(std::size_t projection, const StructuralEdit& change);
  void begin_earlier(std::size_t projection);
  void separate_weights(std::size_t projection);
  void follow_samples(std::size_t projection, std::size_t part, RowEditor<R>& editor) const;
  void keep_following(std::size_t projection, std::size_t part, const RowEditor<R>& editor);
  void note_changes(std::size_t projection, const StructuralEdit& change);
  void renew_neurons(std::size_t population, const std::vector<Neuron>& ids);
  void renew_controller(Controller& controller, const std::vector<Neuron>& ids);
  void renew_rule_states(std::size_t projection, std::size_t part, Neuron local);

  // ---- quiet periods (rest.cpp) ------------------------------------------------------------------------------------------------
  void check_quiet() const;
  Step next_tick(Step from) const;
  static bool flows_under_modulators(const PlasticSet& set);
  void skip_controllers(Step end);
  void glide(std::size_t part, Step until);
  void glide_rows(std::size_t part, std::size_t projection, Step until);
  void pass_releases(std::size_t part, std::size_t modulator, Step until);

  // ---- laws of structure (structure.cpp) ----------------------------------------------------------------------------------------
  struct ElementColumns {
    std::shared_ptr<const ElementsPart> part;
    std::size_t population;
    std::vector<double> parameters = {};
    double tau = 1, beta = 0, nu = 0, tau_vacant = infinity, initial = 0;
    std::vector<double> calcium = {}, at_start = {}, z = {};  // calcium when it was last `seen`, and when the interval began
    std::vector<Step> seen = {};
    std::vector<std::uint32_t> spikes = {};  // of the interval
    double calcium_at(std::size_t i, Step k, double dt) const;
  };
  static constexpr std::array<std::string_view, 4> variables_of_elements{"z", "Ca", "bound", "vacant"};
  struct Rewiring {
    std::string name;
    std::shared_ptr<const LawPart> law;
    std::size_t id;
    std::vector<std::size_t> projections;  // of one source population
    std::vector<double> parameters = {};
    Step interval = 1, made = 0;
    Step last = 0;       // its last update, later by the pauses since
    bool active = true;  // the user's switch
    Pause pause = {};
    Places places = {};
    Schedule schedule = {};                     // of the rate
    std::vector<ElementColumns> elements = {};  // none; or of the axons, then of the dendrites of each projection
    std::vector<Step> last_spike = {};          // of each source
    std::uint64_t created = 0, removed = 0;
    std::array<double, structure_phases.size()> timings{};  // seconds, of the last update
  };
  struct Degrees {
    std::vector<std::uint32_t> out, in;
  };
  struct Growth;
  void check_rewired(const Rewiring& rewiring, std::size_t projection) const;
  void check_formed(const Rewiring& rewiring, const Projection<R>& projection) const;
  static void take_parameters(ElementColumns& columns);
  void begin_elements(Rewiring& rewiring, const PartSpec& spec, std::size_t population, std::optional<std::size_t> dendritic);
  void note_in_elements(Rewiring& rewiring, std::size_t population, const std::vector<Neuron>& neurons, Step stamp) const;
  void grow(Rewiring& rewiring, ElementColumns& columns, Step k) const;
  void renew_elements(std::size_t population, const std::vector<Neuron>& ids);
  template <class F>
  static void for_each_target(const Shard<R>& shard, RowPosition at, F&& f);
  Degrees degrees_of(std::size_t projection);
  void take_from_source(std::size_t projection, Neuron source, std::span<const std::uint64_t> places, StructuralEdit& change, Degrees& degrees) const;
  void take_from_targets(std::size_t projection, std::size_t part, const std::vector<std::vector<std::uint64_t>>& places, StructuralEdit& change,
                         std::vector<std::uint32_t>& lost) const;
  bool connected(std::size_t projection, Neuron source, Neuron target) const;
  void update_structure(Rewiring& rewiring, Step k);
  void put_through(Rewiring& rewiring, std::size_t projection, StructuralEdit& change);
  void break_surplus(Rewiring& rewiring, Growth& growth, Step k);
  void break_dendritic(const Rewiring& rewiring, std::size_t q, Growth& growth, Step k);
  double bound_to(const Rewiring& rewiring, const Growth& growth, std::size_t column, std::size_t neuron) const;
  double squared_distance(const Places& places, std::size_t q, Neuron source, Neuron target) const;
  bool plan_pair(const Rewiring& rewiring, Growth& growth, std::size_t q, Neuron source, Neuron target) const;
  void pair_elements(const Rewiring& rewiring, Growth& growth, Step k);
  double affinity(const Rewiring& rewiring, const Growth& growth, std::size_t q, Neuron source, Neuron target) const;
  void find_sources(const Rewiring& rewiring, Growth& growth, Neuron target, std::uint64_t number, Stream stream) const;
  void attempt(const Rewiring& rewiring, Growth& growth, Step k, double expected);
  void revise(const Rewiring& rewiring, Growth& growth, Step k, double seconds);
  void check_revised(const Rewiring& rewiring, Step k);
  void revise_shard(const Rewiring& rewiring, std::size_t part, StructuralEdit& change, Step k, double seconds, std::vector<std::uint32_t>& lost);
  void sample_elements(Recorder& recorder, Step k);

  // ---- saving and loading (checkpoint.cpp) --------------------------------------------------------------------------------------
  class RowGatherer;
  class RowDealer;
  // A spike on its way, and the delay of the next row that it reaches.
  struct Underway {
    Step stamp;
    Neuron source;
    std::uint32_t delay;
  };
  template <class T, class F>
  void archive_shares(Archive& a, const std::string& name, const Population<R>& population, std::size_t rows, F&& share);
  template <class F>
  void archive_neurons(Archive& a, const std::string& name, const Population<R>& population, F&& list);
  void archive_before_rows(Archive& a);
  void archive_after_rows(Archive& a);
  void archive_population(Archive& a, std::size_t population);
  void archive_emissions(Archive& a, std::size_t population);
  void archive_learning(Archive& a, std::size_t population);
  void archive_running(Archive& a, std::size_t population, std::size_t table);
  void archive_modulator(Archive& a, std::size_t modulator);
  void archive_levels(Archive& a, std::size_t modulator);
  void archive_still(Archive& a, Projection<R>& projection) const;
  void archive_projection(Archive& a, std::size_t projection);
  void archive_kept(Archive& a, std::size_t projection);
  void archive_transmitted(Archive& a, std::size_t projection);
  void archive_spikes(Archive& a, std::size_t projection);
  void archive_drive(Archive& a, std::size_t drive);
  void archive_owner(Archive& a, Owner& owner, std::size_t& target);
  void archive_pause(Archive& a, Pause& pause, bool active) const;
  void archive_controller(Archive& a, std::size_t controller);
  void archive_adjusted(Archive& a, std::size_t adjusted);
  void require_contribution(const Archive& a, const std::string& name, std::size_t adjusted, std::size_t id) const;
  void archive_modifier(Archive& a, std::size_t modifier);
  void archive_guard(Archive& a, std::size_t guard);
  void archive_rewiring(Archive& a, std::size_t rewiring);
  void archive_elements(Archive& a, Step present, ElementColumns& columns, std::size_t population);
  void archive_recorder(Archive& a, std::size_t recorder);
  void share_out(Recorder& recorder) const;
  void archive_recorded_spikes(Archive& a, std::size_t recorder);
  void archive_counts(Archive& a, Recorder& recorder);
  void archive_changes(Archive& a, Recorder& recorder);
  void archive_sampled(Archive& a, Recorder& recorder);
  void archive_sampled_synapses(Archive& a, Recorder& recorder);
  void find_sampled(Recorder& recorder, const std::vector<std::int64_t>& places);
  void archive_samples(Archive& a, Recorder& recorder);
  void deal_samples(Recorder& recorder, const Archive::Held<R>& values) const;
  void archive_agenda(Archive& a);
  void archive_newest(Archive& a);
  void derive_all(const Archive& a);

  // ---- the step (step.cpp) -----------------------------------------------------------------------------------------------------
  void advance_to(Step end);
  void run_thread(int thread, int workers, Step end, Barrier& barrier);
  void advance_all(std::size_t part, Step begin, Step end, Step interval, std::size_t parity);
  void advance(std::size_t part, std::size_t population, Step begin, Step end, std::vector<Neuron>* emitted, std::size_t parity);
  Step stretch(std::size_t population, Step k, Step end) const;
  void sample(std::size_t part, std::size_t population, Step k);
  void sample_synapses(std::size_t part, Recorder& recorder, Step k);
  void deliver(std::size_t part, std::size_t population, Step k, std::size_t row);
  // Whether the spike that is at the soma at step k set out while the projection stood still.
  bool inert(std::size_t projection, std::size_t part, RowPosition at, Step k) const {
    const auto& p = projections_[projection];
    return !p.still.empty() && p.inert(k - p.shards[part].state(at).delay);
  }
  void deliver_plastic(std::size_t part, std::size_t projection, const std::vector<RowPosition>& due, Step k, R* input);
  void deliver_by_table(std::size_t part, std::size_t projection, const std::vector<RowPosition>& due, Step k, R* input);
  void deliver_by_sums(std::size_t part, std::size_t projection, const std::vector<RowPosition>& due, Step k, R* input);
  void deliver_by_axons(std::size_t part, std::size_t projection, const std::vector<RowPosition>& due, Step k, R* input);
  void act_late(std::size_t part, std::size_t projection, Step k);
  void drive(std::size_t part, std::size_t population, Step k, std::size_t row);
  void add_sine(const Drive& stimulus, const Population<R>& population, Neuron first, Step k, R* external) const;
  void update(std::size_t part, std::size_t population, Step k, Step steps, std::size_t row);
  void update_fused(std::size_t part, Population<R>& population, Step steps, std::size_t row);
  void update_by_passes(std::size_t part, Population<R>& population, std::size_t row);
  void emit(std::size_t part, std::size_t population, Step k);
  void learn(std::size_t part, std::size_t population, const std::vector<Neuron>& fired, Step stamp);
  void note_spikes(std::size_t part, std::size_t population, const std::vector<Neuron>& neurons, Step stamp);
  void exchange(std::size_t part, Step begin, Step end, std::size_t parity);
  void note_sample_steps(std::size_t part, Step begin, Step end);
  void begin_interval(std::size_t part, Step k, std::size_t parity);
  void check_finite(std::size_t part, Step k, std::size_t parity);
  void check_fired(std::size_t part, std::size_t population, const std::vector<Neuron>& neurons, Step k, std::size_t parity);
  void fail(std::size_t part, std::size_t parity, Step k, std::size_t population, Neuron neuron, const std::string& variable);
  std::string blame(std::size_t population, Neuron neuron, const std::string& variable) const;
  bool worth_feeding() const;

  // ---- plastic rows (plastic.cpp) ----------------------------------------------------------------------------------------------
  PlasticContext<R> context(std::size_t projection, std::size_t part) const;
  PlasticRow<R> row_of(std::size_t projection, std::size_t part, RowPosition at);
  Neuron source_of(std::size_t projection, std::size_t part, RowPosition at) const;
  void put_back(std::size_t projection, std::size_t part, RowPosition at, const PlasticRow<R>& row);
  void catch_up(std::size_t projection, std::size_t part, Step until);
  void sweep(std::size_t part, std::size_t population, Step stamp);
  void make_room(std::size_t part, std::size_t population, Neuron neuron, Step stamp);
  void begin_epochs(std::size_t part, std::size_t population, Step stamp);
  void begin_running_epochs(std::size_t part, std::size_t population, Step stamp);
  void push_factors(std::size_t part, std::size_t population, const std::vector<Neuron>& fired, Step stamp);
  void push_gates(std::size_t part, std::size_t population, Step stamp);
  void announce_factors(std::size_t part, std::size_t p, const std::vector<Neuron>& fired, Step stamp);
  void announce_gates(std::size_t part, std::size_t p, Step stamp);
  void watch_again(std::size_t population, const std::vector<char>& member);
  void announce_again(std::size_t p);
  RunningRow<R> running_row(std::size_t projection, std::size_t part, RowPosition at, std::int32_t now) const;
  RunningInput<R> running_input(std::size_t projection, std::size_t part) const;
  // Axons' variables of a row move on by so many steps; then, if a spike arrives, what part of the weight it transmits.
  void advance_axons(const PlasticSet& set, R* words, std::int32_t steps) const;
  R release_axons(const PlasticSet& set, R* words, std::int32_t steps) const;
  void mark_traces(const PlasticSet& set, R* words, std::int32_t age) const;
  bool fade_traces(const PlasticSet& set, R* words, std::int32_t age, int first) const;
  void advance_row(std::size_t projection, std::size_t part, RowPosition at, std::int32_t now);
  void tick(std::size_t part, std::size_t population, Step k);
  void tick_rule(std::size_t part, std::size_t projection, std::size_t rule, Step k);
  void renew(std::size_t part, std::size_t projection, Step k);
  void know_modulators(std::size_t part, Step begin, Step end);
  void extend(Integral& integral, const ModulatorState& state, Step end) const;
  void sample_modulator(std::size_t modulator, Step k, double level);
  void release_by_spikes(std::size_t part, Step begin, Step end, std::size_t parity);
  TableRow<R> table_row(std::size_t projection, std::size_t part, RowPosition at);
  std::int32_t needed_history(std::size_t part, std::size_t population, Step stamp) const;
  void settle(std::size_t projection);
  void settle_in_flight(std::size_t projection, std::size_t part);
  void late_in_flight(std::size_t projection, std::size_t part);
  void rebase(std::size_t part, Step k);
  // Visits that have passed the synapse at step k but not yet been made, because the soma is reached later: by row, then by step.
  struct Coming {
    RowPosition row;
    Step soma;
    Visit visit;
    friend auto operator<=>(const Coming&, const Coming&) = default;
  };
  using InFlight = std::vector<Coming>;
  InFlight rows_in_flight(std::size_t projection, std::size_t part, Step k) const;
  // The row at step k, in the scratch; nothing is moved.
  PlasticRow<R> read_row(std::size_t projection, std::size_t part, RowPosition at, Step k, const InFlight& in_flight, Part& scratch) const;
  R probed(std::size_t projection, std::size_t part, const Probe& probe, const PlasticRow<R>& row, std::uint32_t place) const;
  void refresh_views(std::size_t part, std::size_t population);
  std::int32_t relative(std::size_t part, Step k) const { return static_cast<std::int32_t>(k - parts_state_[part].origin); }

  double dt_;
  std::uint64_t seed_;
  Isa isa_;
  const Kernels<R>& kernels_;
  Catalogue catalogue_ = Catalogue::built_in();
  int threads_;  // as set; 0: automatically
  int parts_;
  Step now_ = 0;
  std::size_t parity_ = 0;
  Step last_interval_ = 0;  // steps of the last interval of the last run
  Step interval_ = 1;  // the least delay plus one: spikes of one interval arrive in a later one
  Step span_ = 1;      // so many steps of an interval that all populations have rows for what arrives in them
  // Set by any thread.
  struct Flag : std::atomic<bool> {
    using std::atomic<bool>::operator=;
    Flag() : std::atomic<bool>(false) {}
    Flag(const Flag& other) : std::atomic<bool>(other.load()) {}
  };
  Flag failed_;
  bool have_sampled_ = false;  // the present step, before something acted at it
  bool profile_ = false;
  std::array<double, phase_names.size()> timings_{};

  std::vector<Population<R>> populations_;
  std::vector<Projection<R>> projections_;
  std::vector<PlasticSet> plastic_;                  // by projection
  std::vector<Bundle<R>> bundles_;                   // by source population; without members where there is none
  std::vector<char> bundled_;                        // by projection
  bool bundles_deliver_ = false;                     // there is some bundle
  std::vector<std::vector<std::size_t>> outgoing_, incoming_;  // projections by source and by target population
  std::vector<Drive> drives_;
  std::vector<Owned<Recorder>> recorders_;
  std::vector<Part> parts_state_;
  std::vector<Modulator> modulators_;
  std::vector<Adjusted> adjusted_;
  std::size_t contributions_ = 0;  // made so far
  std::vector<Controller> controllers_;
  std::vector<Modifier> modifiers_;
  std::vector<Guard> guards_;
  std::vector<Rewiring> rewirings_;
  std::vector<Due> agenda_;
  std::size_t frozen_ = 0;  // so many times, one within the other
  std::vector<Integral> no_integrals_;
  std::map<double, std::weak_ptr<const Decay<R>>> decay_tables_;
  // While a network is loaded.
  std::vector<std::vector<Underway>> arriving_;  // by projection
  std::optional<Archive> loading_;               // what has yet to be read
  std::shared_ptr<RowDealer> dealer_;
};

}  // namespace plastica
