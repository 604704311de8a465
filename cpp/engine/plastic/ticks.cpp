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
  projection.shards[share].for_each_row([&](RowPosition at) {
    const std::int32_t dendritic = projection.dendritic(projection.shards[share].state(at).delay);
    advance_row(net, p, share, at, relative(net, share, k) - 2 * dendritic);
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
  auto& set = net.plastic_sets[p];
  auto& mine = set.shares[share];
  const auto& slot = set.slots[rule];
  const auto& kernels = kernels_of(net, projection.rules[rule], slot.variant);
  catch_up(net, p, share, k - 1);
  shard.for_each_row([&](RowPosition at) { advance_row(net, p, share, at, relative(net, share, k)); });
  if (kernels.neuron_tick != nullptr && kernels.contribute != nullptr) {
    const std::size_t owned = padded(net.populations[projection.post].owned(share));
    std::vector<double> sum(owned, 0.0), state(owned * mine.neurons[rule].size());
    std::vector<R> out(synapse_block), weight(synapse_block);
    std::array<std::uint16_t, synapse_block> all{};
    for (std::uint16_t s = 0; s < synapse_block; ++s) all[s] = s;
    // By source, then delay: the order does not depend on the number of threads.
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
    for (std::size_t n = 0; n < mine.neurons[rule].size(); ++n)
      std::copy(mine.neurons[rule][n].begin(), mine.neurons[rule][n].end(), state.begin() + static_cast<std::ptrdiff_t>(n * owned));
    kernels.neuron_tick(state.data(), owned, slot.exact.data(), sum.data(), owned);
    for (std::size_t n = 0; n < mine.neurons[rule].size(); ++n)
      for (std::size_t i = 0; i < owned && !(projection.held && slot.stands_still(n)); ++i) {
        mine.neurons[rule][n][i] = state[n * owned + i];
        mine.narrow[rule][n][i] = static_cast<R>(state[n * owned + i]);
      }
  }
  if (kernels.at_tick == nullptr) return;
  const PlasticContext<R> rules = context(net, p, share);
  shard.for_each_row([&](RowPosition at) {
    PlasticRow<R> row = row_of(net, p, share, at);
    net.kernels.rows.tick[shard.layout.narrow()](rules, row, slot.view, relative(net, share, k));
  });
}

PLASTICA_INSTANTIATE(tick);

}  // namespace plastica
