// What all synapses onto a population do at once at some steps: ticks of rules, and renewals of integrals.
#include "engine/plastic/ticks.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/settle.hpp"

namespace plastica {

// Integrals lose digits far from their origin, and rings come round: every row is brought to this step, and a new origin is taken.
template <class R>
static void renew(Network<R>& net, std::size_t share, std::size_t p, Step k) {
  auto& projection = net.projections[p];
  auto& set = net.plastic_sets[p];
  catch_up(net, p, share, k - 1);
  const RulesInUse<R> rules(net, p, share);
  projection.shards[share].for_each_row([&](RowPosition at) {
    const std::int32_t dendritic = projection.dendritic(projection.shards[share].state(at).delay);
    advance_row(net, p, share, at, relative(net, share, k) - 2 * dendritic, rules);
  });
  for (auto& integral : set.shares[share].integrals) {
    const Step known = integral.known;
    integral.origin = integral.known = std::max<Step>(integral.origin, k - projection.dendritic(projection.max_delay));
    integral.sum[0] = 0;
    extend(net, integral, net.shares[share].modulators[integral.modulator], known);
  }
}

// Everything that all synapses onto a population do at once at this step, before what is stamped with it acts.
template <class R>
void tick(Network<R>& net, std::size_t share, std::size_t population, Step k) {
  for (const std::size_t p : net.incoming[population]) {
    auto& set = net.plastic_sets[p];
    if (!net.projections[p].synaptic) continue;
    for (std::size_t rule = 0; rule < set.slots.size(); ++rule)
      if (set.slots[rule].interval > 0 && k % set.slots[rule].interval == 0 && k > set.slots[rule].made) tick_rule(net, share, p, rule, k);
    if (set.renewal > 0 && k % set.renewal == 0) renew(net, share, p, k);
  }
}

template <class R>
static void tick_rule(Network<R>& net, std::size_t share, std::size_t p, std::size_t rule, Step k) {
  auto& projection = net.projections[p];
  auto& shard = projection.shards[share];
  const auto& slot = net.plastic_sets[p].slots[rule];
  const auto& kernels = kernels_of(net, projection.rules[rule], slot.variant);
  catch_up(net, p, share, k - 1);
  const RulesInUse<R> rules(net, p, share);
  shard.for_each_row([&](RowPosition at) { advance_row(net, p, share, at, relative(net, share, k), rules); });
  if (kernels.neuron_tick != nullptr && kernels.contribute != nullptr) tick_neurons(net, share, p, rule, kernels);
  if (kernels.at_tick == nullptr) return;
  shard.for_each_row([&](RowPosition at) {
    PlasticRow<R> row = row_of(net, p, share, at);
    net.kernels.rows.tick[shard.layout.narrow()](rules, row, slot.view, relative(net, share, k));
  });
}

// The variables of the rule's target neurons move, by what all synapses onto each contribute.
template <class R>
static void tick_neurons(Network<R>& net, std::size_t share, std::size_t p, std::size_t rule, const RuleKernels<R>& kernels) {
  const auto& slot = net.plastic_sets[p].slots[rule];
  auto& neurons = net.plastic_sets[p].shares[share].neurons[rule];
  auto& narrow = net.plastic_sets[p].shares[share].narrow[rule];
  const std::vector<double> sum = contributions(net, share, p, slot, kernels);
  std::vector<double> state(sum.size() * neurons.size());
  for (std::size_t n = 0; n < neurons.size(); ++n) std::copy(neurons[n].begin(), neurons[n].end(), state.begin() + static_cast<std::ptrdiff_t>(n * sum.size()));
  kernels.neuron_tick(state.data(), sum.size(), slot.exact.data(), sum.data(), sum.size());
  for (std::size_t n = 0; n < neurons.size(); ++n)
    for (std::size_t i = 0; i < sum.size() && !(net.projections[p].held && slot.stands_still(n)); ++i) {
      neurons[n][i] = state[n * sum.size() + i];
      narrow[n][i] = static_cast<R>(state[n * sum.size() + i]);
    }
}

// By source, then delay: the order does not depend on the number of threads.
template <class R>
static std::vector<double> contributions(Network<R>& net, std::size_t share, std::size_t p, const RuleSlot<R>& slot, const RuleKernels<R>& kernels) {
  auto& shard = net.projections[p].shards[share];
  std::vector<double> sum(padded(net.populations[net.projections[p].post].owned(share)), 0.0);
  std::vector<R> out(synapse_block), weight(synapse_block);
  std::array<std::uint16_t, synapse_block> all{};
  for (std::uint16_t s = 0; s < synapse_block; ++s) all[s] = s;
  shard.for_each_row([&](RowPosition at) {
    const PlasticRow<R> row = row_of(net, p, share, at);
    for (std::uint32_t first = 0; first < row.count; first += synapse_block) {
      const std::uint32_t count = std::min(synapse_block, row.count - first);
      std::copy_n(row.weight + first, count, weight.data());
      std::fill(weight.begin() + count, weight.end(), R(0));
      R* const variables = row.variables + slot.first * row.count + first;
      kernels.contribute({count, weight.data(), variables, row.count, all.data()}, slot.constants.data(), out.data());
      for (std::uint32_t s = 0; s < count; ++s) sum[shard.target(at, first + s)] += static_cast<double>(out[s]);
    }
  });
  return sum;
}

PLASTICA_INSTANTIATE(tick);

}  // namespace plastica
