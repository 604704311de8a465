// The loops of the engine over columns: compiled once per instruction set, chosen at run time. Every table holds the same functions
// of the same arithmetic, so every instruction set gives the same bits.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/cpu.hpp"
#include "base/poisson.hpp"
#include "base/random.hpp"
#include "base/types.hpp"

namespace plastica {

// ---- update ---------------------------------------------------------------------------------------------------------------------

// What inputs are summed from: x + -0 is x for every x, also for -0, so that a compiler may leave it out.
template <class R>
inline constexpr R nothing = -R{};

// One block of a population's neurons: `count` is a multiple of chunk_size; columns are offset to the block's first neuron.
// Constants are one value each (uniform) or one per neuron.
template <class R>
struct ReceptorBlock {
  R* const* state;
  const R* const* constants;
  R* arrivals;
  R* V;
  R* current;
  R* conductance;
  R* reversal;
  std::size_t count;
};

template <class R>
struct MembraneBlock {
  R* const* state;
  const R* const* constants;
  const R* current;
  const R* conductance;
  const R* reversal;
  std::size_t count;
  Neuron first;           // index that the block's first neuron has in the list
  Neuron* fired;          // room for `count`
};

template <class R>
using ReceptorKernel = void (*)(const ReceptorBlock<R>&);
template <class R>
using MembraneKernel = std::size_t (*)(const MembraneBlock<R>&);  // the number of neurons that fired

// Which constants of a membrane differ between neurons: none, its threshold alone, or any; they are one value each, or one per neuron.
enum class Differs { none, threshold, all };

// Membrane and one or two receptors of uniform parameters in one pass over `steps` steps; row j of arrivals is what arrives in step j, and
// row j of fired takes the neurons that fire in it.
template <class R>
struct FusedInput {
  R* const* state;
  const R* const* constants;
  R* arrivals;
};
template <class R>
struct FusedBlock {
  R* const* state;
  const R* const* constants;
  FusedInput<R> inputs[2];
  std::size_t stride;  // between rows
  std::size_t steps;
  std::size_t count;
  Neuron first;
  Neuron* fired;
  std::size_t* fired_count;  // per step; added to
};
template <class R>
using FusedKernel = void (*)(const FusedBlock<R>&);

// The kernels of a receptor, by whether it has constants per neuron.
template <class R>
struct ReceptorKernels {
  ReceptorKernel<R> step[2];
};

// A membrane together with these receptors, which are known by what they do: receptors that do the same have the same kernel.
template <class R>
struct FusedCase {
  ReceptorKernel<R> receptors[2];  // for constants that are the same for all neurons; the second is null where there is one receptor
  bool swapped;                    // the kernel takes the second receptor first
  FusedKernel<R> step[3];          // see Differs
};

// The kernels of a membrane.
template <class R>
struct MembraneKernels {
  MembraneKernel<R> step[2][2];  // [constants per neuron][conductances]
  const FusedCase<R>* fused;     // what it goes together with
  std::size_t fused_count;
};

// ---- stimuli --------------------------------------------------------------------------------------------------------------------

// Poisson numbers for neurons first .. first + count (multiples of chunk_size) at one step, times a weight, into `arrivals`.
// A mean above 32 is drawn as the sum of `rounds` numbers.
template <class R>
struct PoissonBlock {
  RandomKey key;
  Step step;
  Neuron first;
  std::size_t count;
  std::uint32_t rounds;
  const PoissonTable* table;  // of a uniform mean
  const double* mean;         // else per neuron and round, with the probability of 0 and the number of terms needed
  const double* none;
  std::uint32_t terms;
  const R* weight;
  bool uniform_weight;
  R* arrivals;
};

// Source neurons: those that emit at this step, by comparing one random word each with a threshold.
struct BernoulliBlock {
  RandomKey key;
  Step step;
  Neuron first;
  std::size_t count;
  const std::uint64_t* thresholds;  // in units of 2^-32, up to 2^32
  bool uniform;
  Neuron local;   // index of the first neuron in the list of fired ones
  Neuron* fired;
};

template <class R>
struct NoiseBlock {
  RandomKey key;
  Step step;
  Neuron first;
  std::size_t count;
  const R* mean;
  const R* keep;   // exp(-dt/tau)
  const R* spread; // sigma sqrt(1 - exp(-2 dt/tau))
  bool uniform;
  R* state;
  R* current;      // += state before the step
};

// ---- static delivery ------------------------------------------------------------------------------------------------------------

// The synapses of one projection onto one thread's neurons, as records (network/projection.hpp).
template <class R>
struct StaticRows {
  const R* store;
  std::size_t head;  // words before the targets
  R shared;          // what all weigh, if they have no weights of their own
};

template <class R>
using StaticKernel = void (*)(const StaticRows<R>&, const std::uint32_t* rows, const R* scale, std::size_t count, R* input);

// The same for a bundle of projections: `records` are whole records, in words of R (network/projection.hpp).
template <class R>
struct BundleMember {
  R* input;
  R shared;  // what all weigh, if they have no weights of their own
  bool narrow, weights;
};

template <class R>
using BundleKernel = void (*)(const R* store, const std::uint32_t* records, std::size_t count, const BundleMember<R>* members);

// ---- plastic delivery -----------------------------------------------------------------------------------------------------------

// The latest event of each neuron, the one before, ...: [how far back][neuron]. Steps are relative to an origin that the engine moves on
// before 32 bits run out; where there are not so many events, they are long ago.
struct HistoryView {
  const std::int32_t* step;
  std::size_t neurons;
  std::uint32_t capacity;  // events kept of each
};

template <class R>
struct DecayTable {
  const R* value;       // exp(-i dt / tau), and 0 at `length`
  std::int32_t length;  // 40 tau
};

template <class R>
struct TraceView {
  const R *value, *before;  // just after each event of the history, and without it
  DecayTable<R> decay;
};

// What a rule works on at once: at most so many synapses of one row, with one event each. Columns are filled up to a multiple of
// `synapse_lanes` with numbers that do no harm, so that vector loops need no remainder.
inline constexpr std::uint32_t synapse_block = 512, synapse_lanes = 16;

template <class R>
struct SynapseRound {
  std::uint32_t count;
  R* weight;
  R* variables;                   // the rule's, of synapse s: variables[s], variables[stride + s], ...; not filled up
  std::size_t stride;
  const std::uint16_t* position;  // s of each synapse of the round
  bool held = false;              // weights and the variables that they follow from stand still
};

inline constexpr int max_traces = 3, max_levels = 2, max_integrals = 2, max_neurons = 2;

// Which random numbers the events of a round draw: words 1 to 3 of the counter, per synapse; word 0 is the source.
struct RoundRandom {
  RandomKey key;
  std::uint32_t source, purpose;
  const std::uint32_t *target, *step, *more;
};

// What a rule is told about the events of a round. Arrays hold one number per synapse; those that no rule of the list asks for are null.
template <class R>
struct RoundInput {
  R trace[max_traces];          // of the row: as of its last arrival, at a postsynaptic event; at an arrival, now
  const R* since[max_traces];   // what is left of it at the event
  const R* y[max_traces];
  const R* before;              // the weight before any rule acted
  const R* gap;                 // ms
  const R* level[max_levels];
  const R* integral[max_integrals];
  const R* neuron[max_neurons];
  R* sent;
  R w_max;
  RoundRandom random;
};

// What an event adds to a trace: all pairings `one`; nearest ones replace it; suppressed ones leave out what is left of the last event.
template <class R>
struct PreTrace {
  DecayTable<R> decay;
  DecayTable<R> suppression;  // null: none
  bool nearest;
};

template <class R>
using RuleKernel = void (*)(const SynapseRound<R>& round, const void* constants, const RoundInput<R>& in);

// A modulator at a step: level[step & mask].
struct LevelView {
  const double* level;
  std::uint32_t mask;
};
// Integrals from the steps' common origin: what they say of two steps is growth[from] (sum[to] - sum[from]).
struct IntegralView {
  const double *sum, *growth;
};

template <class R>
struct RuleView {
  const void* constants;
  int pre_count, post_count, level_count, integral_count, neuron_count;
  PreTrace<R> pre[max_traces];
  TraceView<R> post[max_traces];
  LevelView level[max_levels];
  IntegralView integral[max_integrals];
  const R* neuron[max_neurons];  // columns of the thread's neurons
  int first_trace;               // of the row's
  int first_variable;
  int number;                    // in the list, for random numbers
  bool lagged;                   // acts at the second visit of a spike
  bool everywhere, compares, random, reads_y_at_post;
  RuleKernel<R> advance, at_post, at_pre, at_tick;  // null where there is nothing to do
};

template <class R>
struct PlasticContext {
  HistoryView history;
  const RuleView<R>* rules;
  int rule_count;
  R sign;
  R w_max;
  R dt;
  bool evolves, everywhere, compares, random, transmits;
  bool listens;                  // something happens at postsynaptic events: some rule acts, or several take turns between them
  std::int32_t integral_origin;  // of the integrals' steps
  RandomKey key;
  std::int64_t origin;           // of relative steps
  Neuron first;                  // of the thread's neurons
  std::int32_t made;             // histories may go back further, for the sake of others; events before this are none of the projection's
  bool held;                     // weights and the variables that they follow from stand still
};

// The synapses of one source and delay. Steps are as the synapse's postsynaptic neuron dates its spikes: a presynaptic
// arrival at synapse time t meets the event of a spike stamped t - dendritic delay, and is dated so.
template <class R>
struct PlasticRow {
  const void* target;
  R* weight;
  R* variables;  // [variable][synapse]
  std::uint32_t count;
  R* traces;              // of all rules, as of `arrival`
  std::int32_t arrival;
  std::int32_t consumed;  // postsynaptic events up to here are in the weights
  std::int32_t base;      // variables have been advanced to here, and further by events after it
  std::int32_t dendritic;
  Neuron source;
  bool inert = false;  // the spike that arrives teaches nothing
};

// What a visit of a spike does: rules that act at the arrival, or those that act some time after it.
enum class Visit { arrival, lagged };

// A presynaptic spike: earlier events, the spike's own change, at an arrival the transmission of the result times `efficacy`. Moves the row's
// state.
template <class R>
using ArriveKernel = void (*)(const PlasticContext<R>&, PlasticRow<R>&, std::int32_t now, Visit visit, R efficacy, R* input);
// Postsynaptic events up to and including `until`.
template <class R>
using CatchUpKernel = void (*)(const PlasticContext<R>&, PlasticRow<R>&, std::int32_t until);
// Variables up to the left limit of `now`; all events before it have been consumed.
template <class R>
using AdvanceKernel = void (*)(const PlasticContext<R>&, PlasticRow<R>&, std::int32_t now);
// A tick of one rule, after that: per synapse, or what the synapses add to their neurons' sums.
template <class R>
using TickKernel = void (*)(const PlasticContext<R>&, PlasticRow<R>&, int rule, std::int32_t now);
template <class R>
using ContributeKernel = void (*)(const SynapseRound<R>& round, const void* constants, R* out);
template <class R>
using NeuronTickKernel = void (*)(double* state, std::size_t stride, const void* constants, const double* sum, std::size_t count);

// The variables of an axon's variant, which all synapses of a row share.
template <class R>
struct AxonKernels {
  void (*advance)(R* own, const void* constants, R gap);
  R (*release)(R* own, const void* constants);
};

// The same by the table of epochs (network/epochs.hpp), for rules that allow it and rows without a dendritic delay.
template <class R>
struct TableRow {
  const void* target;
  R* weight;
  std::uint32_t count;
  R x, x_at_start;               // the row's trace at its last arrival, and scaled to the start of that epoch
  std::int32_t arrival;          // the last one
  std::uint16_t arrival_offset;  // in its epoch, plus 1
  const R* later;                // of that epoch
  const std::uint16_t* inside;   // likewise; null where no trace is left
  HistoryView history;
  DecayTable<R> decay_pre;
  bool held;           // weights stand still
  bool inert = false;  // the spike that arrives teaches nothing
};

template <class R>
using ArriveTableKernel = void (*)(const TableRow<R>& row, const void* constants, const R* y, R w_max, R sign, R* input);
template <class R>
using RetireTableKernel = void (*)(const TableRow<R>& row, const void* constants);

// Asks for what the row will need of the table, which does not fit the cache where rows are short.
template <class R>
using FetchTableKernel = void (*)(const TableRow<R>& row);

// The same by running sums (network/epochs.hpp), for rules whose events have a factor of their own.
template <class R>
struct RunningRow {
  const void* target;
  R* weight;
  R* seen;         // of each synapse, the sum at the last arrival
  std::uint32_t count;
  const R* sum;    // of the epoch of the last arrival; null where no trace is left
  const R* present;  // of the present epoch
  R x_at_start;    // the trace at the last arrival, scaled to the start of its epoch
  R x[max_traces];   // traces now, without this arrival
  bool inert = false;   // the spike that arrives teaches nothing
};

template <class R>
struct RunningInput {
  const void* constants;
  const R* y[max_traces];
  const R* neuron[max_neurons];
  R w_max;
  bool held;  // weights stand still
};

template <class R>
using ArriveRunningKernel = void (*)(const RunningRow<R>& row, const RunningInput<R>& in, R sign, R* input);
// Pays what is owed, without an arrival.
template <class R>
using PayRunningKernel = void (*)(const RunningRow<R>& row, const RunningInput<R>& in);
// The factor of each of some postsynaptic events; y[trace][event].
template <class R>
using FactorKernel = void (*)(const void* constants, const R* const* y, std::size_t count, R* out);
// The factor of every neuron at this step, of the membrane potential and its filter.
template <class R>
using GateKernel = void (*)(const void* constants, const R* V, const R* V_high, std::size_t count, R* out);

// The kernels of one variant of a rule.
template <class R>
struct RuleKernels {
  RuleKernel<R> advance, at_post, at_pre, at_tick;
  ContributeKernel<R> contribute;
  NeuronTickKernel<R> neuron_tick;
  AxonKernels<R> axon;
  ArriveTableKernel<R> arrive_table[2];  // 32-bit and 16-bit targets; null where the rule is not separable
  RetireTableKernel<R> retire_table[2];
  ArriveRunningKernel<R> arrive_running[2];  // null where its events have no factor
  PayRunningKernel<R> pay_running[2];
  FactorKernel<R> factor;
  GateKernel<R> gate;
};

// Of rows, whatever the rules.
template <class R>
struct RowKernels {
  ArriveKernel<R> arrive[2];
  CatchUpKernel<R> catch_up[2];
  AdvanceKernel<R> advance[2];
  TickKernel<R> tick[2];
  FetchTableKernel<R> fetch_table[2];
};

// ---- the tables -----------------------------------------------------------------------------------------------------------------

// What is not of one part.
template <class R>
struct Kernels {
  void (*scale)(R* values, const R* factors, std::size_t count);  // values *= factors
  void (*poisson)(const PoissonBlock<R>&);
  void (*poisson_each)(const PoissonBlock<R>&);
  std::size_t (*bernoulli)(const BernoulliBlock&);
  void (*noise)(const NoiseBlock<R>&);
  StaticKernel<R> deliver[2][2][2];  // [16-bit targets][one weight for all][a factor for each row]
  BundleKernel<R> deliver_bundle;
  RowKernels<R> rows;
  // V moves on by a step: filters of V with these losses, and of (V - V_mean)^2.
  void (*filter)(R* low, R* high, R* mean, R* last, const R* V, const R* losses, R V_mean, std::size_t count);
  void (*decay)(R* value, R loss, std::size_t count);
  void (*draw_normal)(RandomKey key, std::uint64_t first, std::size_t count, double* out);
};

template <class R>
const Kernels<R>& kernels(Isa isa);

// The kernels of a rule, by variant.
template <class R>
struct VariantKernels {
  const RuleKernels<R>* variant;
};

// Those of the parts that are compiled in, in the order of the lists in cpp/parts/*/all.hpp. Plain arrays: a function of the standard library that
// is compiled together with kernels could come to be used elsewhere, on a machine that lacks its instructions.
template <class R>
struct PartKernels {
  const MembraneKernels<R>* membranes;
  const ReceptorKernels<R>* receptors;
  const VariantKernels<R>* rules;
};
template <class R>
PartKernels<R> part_kernels(Isa isa);

}  // namespace plastica
