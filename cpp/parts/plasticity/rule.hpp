// What a plasticity rule is: what it does to a weight at a postsynaptic event and at a presynaptic arrival.
//
// The engine keeps the two traces a rule may read: x, of presynaptic arrivals (one per row of synapses), and y, of postsynaptic
// events (one per neuron), and calls
//   at_post(w, own, constants, x, since)   x: the trace at the event; since: exp(-(time since the last arrival)/tau of x)
//   at_pre (w, own, constants, y, since)   y: the trace at the arrival; since: the same decay, from the previous arrival
// in the order of the events, for one synapse. `own` are the rule's variables of that synapse, if it has any.
//
// A rule is `separable` if it has no such variables and at_post with the sum of x over several events is the same as at_post with
// each: then the engine reads sums from a table instead of replaying events, which is several times faster.
#pragma once
#include <tuple>

#include "base/isa.hpp"
#include "base/math.hpp"
#include "schema/operations.hpp"

namespace plastica::inline PLASTICA_ISA {

// Decays are tabulated step by step over 40 time constants.
inline constexpr double longest_trace = 10000;  // ms

template <class R>
PLASTICA_FN R clipped(R w, R low, R high) {
  w = w < low ? low : w;  // NaN stays NaN, to be found
  return w > high ? high : w;
}

}  // namespace plastica::inline PLASTICA_ISA
