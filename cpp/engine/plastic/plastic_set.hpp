// What the rules of a projection keep besides its rows.
#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/column.hpp"
#include "engine/kernels/kernels.hpp"
#include "network/history.hpp"
#include "schema/operations.hpp"

namespace plastica {

template <class R>
struct Walk;

template <class R>
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
template <class R>
struct LearningShare {
  std::vector<std::vector<Column<double>>> neurons;  // [rule][variable][neuron]
  std::vector<std::vector<Column<R>>> narrow;        // the same in the precision of the network
  std::vector<Integral> integrals;
};
template <class R>
struct PlasticSet {
  std::vector<RuleSlot<R>> slots;
  std::vector<RuleView<R>> rules;  // without addresses of what can move: see RulesInUse
  std::vector<LearningShare<R>> shares;
  std::vector<std::shared_ptr<const Decay<R>>> tables;  // that `rules` point to
  const Walk<R>* walk = nullptr;  // how the rows learn; null: they do not
  std::size_t table = 0;  // of epochs, or of running sums
  std::vector<std::size_t> dense;
  std::size_t filter = 0;
  RuleKernels<R> kernels{};  // of the one rule of a table or of running sums
  std::size_t of_row = 0, variables = 0;
  double w_max = infinity;
  bool axons = false;  // some rule is of the axon
  bool evolves = false, everywhere = false, compares = false, random = false, transmits = false;
  bool listens = false;  // something happens at postsynaptic events
  Step lag = 0;      // steps from an arrival to its second visit; 0: none
  Step renewal = 0;  // steps between renewals of the integrals' origin; 0: none
  std::vector<double> growth;  // per integral: exp(i dt/tau), one after the other
  std::size_t growth_length = 0;

  // The first rule that acts on synapses: the one of a table or of running sums.
  const RuleSlot<R>& synaptic() const {
    return *std::find_if(slots.begin(), slots.end(), [](const RuleSlot<R>& slot) { return slot.view >= 0; });
  }
  RuleSlot<R>& synaptic() {
    return *std::find_if(slots.begin(), slots.end(), [](const RuleSlot<R>& slot) { return slot.view >= 0; });
  }
};

}  // namespace plastica
