// What a plasticity rule is: what it does to one synapse between events, at a postsynaptic event and at a presynaptic arrival.
//
// For one synapse, in the order of its events, the engine calls
//   advance(w, own, constants, span)    from the last event of the synapse (or its birth) to this one; only if the variant `evolves`
//   at_post(w, own, constants, moment)  a postsynaptic spike is at the synapse
//   at_pre (w, own, constants, moment)  a presynaptic spike is at the synapse; what is left of the weight is then transmitted
// of every rule of the projection, each in the order of the list: all advance, then all act. `w` is the magnitude of the weight and `own`
// the rule's variables of this synapse. A `Moment` holds the traces at the event, without the event itself.
//
// A variant is `separable` if its change at a postsynaptic event is potentiate(w, constants, x[0] times a factor of the event), and doing that
// with the sum over several events is the same as with each: then the engine reads sums from a table instead of replaying events, which is
// several times faster. Such a rule has no variables and does not evolve.
//
// An axon's variant (`axon = true`) has variables that all synapses of a row share, and says which part of the weight a spike transmits.
#pragma once
#include <algorithm>
#include <bit>
#include <tuple>

#include "base/isa.hpp"
#include "base/math.hpp"
#include "base/random.hpp"
#include "schema/terms.hpp"

namespace plastica::inline PLASTICA_ISA {

// Decays are tabulated step by step over 40 time constants.
inline constexpr double longest_trace = 10000;  // ms

// What a variant is unless it says otherwise.
struct RuleDefaults {
  static constexpr int pre = 1, post = 1;        // traces that it reads
  static constexpr int variables = 0;            // per synapse; of an axon: per row
  static constexpr int neurons = 0;              // per target neuron, read as moment.neuron[]
  static constexpr int levels = 0;               // modulators read at events
  static constexpr int integrals = 0;            // modulators read over the time between events
  static constexpr bool axon = false;
  static constexpr bool separable = false;
  static constexpr bool weighted = false;        // separable, and events have a factor of their own
  static constexpr bool evolves = false;         // has advance()
  static constexpr bool everywhere = false;      // a postsynaptic event acts also where no presynaptic trace is left
  static constexpr bool compares = false;        // reads moment.change
  static constexpr bool owns = false;            // the weight follows from its variables: what other rules do to it would be lost
  static constexpr bool reads_y_at_post = true;  // at_post reads postsynaptic traces
  static constexpr bool random = false;          // reads words of random bits
  static constexpr bool transmits = false;       // at_pre(w, own, constants, moment, sent): `sent` is the part that is transmitted
  static constexpr bool ticks = false;           // has at_tick(), and contribution() and neuron_tick() if it has neurons
  static constexpr bool voltage = false;         // post events are steps at which the membrane potential is high
};

constexpr int room(int count) { return count > 0 ? count : 1; }

// One event of one synapse.
template <class R, class Variant>
struct Moment {
  R x[room(Variant::pre)];           // traces of presynaptic arrivals
  R y[room(Variant::post)];          // traces of postsynaptic events
  R change;                          // what the rules before this one have done to the weight at this event
  R w_max;                           // the bound that the rules of the projection share
  R level[room(Variant::levels)];    // modulators, now
  R neuron[room(Variant::neurons)];  // of the target neuron
  std::uint32_t word[4];             // random bits, if the variant is `random`
};

// The time between two events of one synapse.
template <class R, class Variant>
struct Span {
  R gap;                               // ms
  R w_max;
  R integral[room(Variant::integrals)];  // of modulator(t) exp(-(t - begin)/tau) over the gap, in units of the modulator times ms
  R neuron[room(Variant::neurons)];
  std::uint32_t word[4];
};

// One tick of one synapse: every `interval` of the rule, after advance() up to it.
template <class R, class Variant>
struct Tick {
  R w_max;
  R neuron[room(Variant::neurons)];  // of the target, after its own tick
  std::uint32_t word[4];
};

// `yes` unless `flag`, a constant of the rule, is 0. Made with bits: GCC gives up on a loop with a selection by an invariant condition.
template <class R>
PLASTICA_FN R choose(R flag, R yes, R no) {
  using Bits = typename math::Format<R>::Bits;
  const Bits mask = flag == R(0) ? Bits{0} : ~Bits{0};
  return std::bit_cast<R>((std::bit_cast<Bits>(yes) & mask) | (std::bit_cast<Bits>(no) & ~mask));
}

template <class R>
PLASTICA_FN R clipped(R w, R low, R high) {
  w = w < low ? low : w;  // NaN stays NaN, to be found
  return w > high ? high : w;
}

}  // namespace plastica::inline PLASTICA_ISA
