// What the rules of a projection need, made when the projection is: traces, tables, variables.
#include "engine/plastic/prepare.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/views.hpp"
#include "engine/plastic/walk.hpp"

namespace plastica {

template <class R>
std::shared_ptr<const Decay<R>> decay_table(Network<R>& net, const TraceSpec& spec) {
  if (!spec.window.empty()) return std::make_shared<const Decay<R>>(spec.window);
  auto table = net.decay_tables[spec.tau].lock();
  if (!table) net.decay_tables[spec.tau] = table = std::make_shared<const Decay<R>>(spec.tau, net.dt);
  return table;
}

template <class R>
void make_plastic(Network<R>& net, std::size_t id) {
  auto& projection = net.projections[id];
  auto& set = net.plastic_sets[id];
  set.shares.resize(static_cast<std::size_t>(net.share_count));
  if (projection.synaptic) prepare_learning(net, id);
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& rule = projection.rules[k];
    const auto& slot = set.slots[k];
    std::vector<double> own(static_cast<std::size_t>(slot.traits.variables + slot.traits.neurons) + 1, 0.0);
    if (rule.part->initial != nullptr) rule.part->initial(rule.parameters.data(), 0, own.data());
    for (std::size_t share = 0; share < set.shares.size(); ++share) {
      const std::size_t owned = padded(net.populations[projection.post].owned(share));
      auto& neurons = set.shares[share].neurons.emplace_back();
      auto& narrow = set.shares[share].narrow.emplace_back();
      for (int n = 0; n < slot.traits.neurons; ++n) {
        const double value = own[static_cast<std::size_t>(slot.traits.variables + n)];
        neurons.emplace_back(owned, value);
        narrow.emplace_back(owned, static_cast<R>(value));
      }
    }
  }
  use_modulators(net, id);
  begin_rows(net, id);
  derive_rules(net, id);
}

template <class R>
static void prepare_learning(Network<R>& net, std::size_t id) {
  auto& projection = net.projections[id];
  auto& post = net.populations[projection.post];
  auto& set = net.plastic_sets[id];
  if (post.learning.empty()) {
    post.learning.resize(static_cast<std::size_t>(net.share_count));
    for (std::size_t share = 0; share < post.learning.size(); ++share) {
      post.learning[share].history.resize(post.owned(share));
      post.learning[share].history.set_swept(relative(net, share, net.now));
      post.learning[share].nothing.assign(padded(post.owned(share)), R(0));
      // Spikes stamped with the present step have not reached any synapse yet.
      post.learning[share].newest = newest_spikes(net, share, projection.post);
      for (const Neuron i : post.learning[share].newest) post.learning[share].history.push(i, relative(net, share, net.now));
    }
  }
  post.dendritic_reach = std::max(post.dendritic_reach, reach_of(net, projection));
  for (std::size_t k = 0; k < set.slots.size(); ++k)
    if (set.slots[k].view >= 0) set.kernels = kernels_of(net, projection.rules[k], set.slots[k].variant);
  set.walk->prepare(net, id);
}

template <class R>
void use_traces(Network<R>& net, std::size_t id, RuleSlot<R>& slot) {
  for (const TraceSpec& spec : slot.needs.post) {
    const auto decay = decay_table(net, spec);
    const auto suppression = spec.pairing == Pairing::suppressed ? decay_table(net, TraceSpec{.tau = spec.tau_suppression}) : nullptr;
    std::size_t trace = 0;
    for (auto& learning : net.populations[net.projections[id].post].learning)
      trace = learning.history.add_trace(spec, net.now, decay, suppression, learning.newest);
    slot.post.push_back(trace);
  }
}

template <class R>
std::size_t use_dense(Network<R>& net, std::size_t id, const TraceSpec& spec) {
  auto& post = net.populations[net.projections[id].post];
  std::size_t found = 0;
  for (std::size_t share = 0; share < post.learning.size(); ++share) {
    auto& dense = post.learning[share].dense;
    const auto same = std::find_if(dense.begin(), dense.end(), [&](const auto& d) { return d.spec == spec && d.created == net.now; });
    found = static_cast<std::size_t>(same - dense.begin());
    if (same == dense.end()) dense.push_back({spec, net.now, static_cast<R>(-math::expm1(-net.dt / spec.tau)), Column<R>(padded(post.owned(share)), R(0))});
  }
  return found;
}

// How far back in the dendrites of a projection's targets its rows look. Edits may bring a longer delay than any before, whose synapses see spikes that
// are in the dendrite already; where that is not longer than foreseen here, the history has kept them all.
template <class R>
std::uint32_t reach_of(const Network<R>& net, const Projection<R>& projection) {
  constexpr double foreseen = 100;  // ms
  constexpr Step most = 1 << 24;
  if (!projection.learns()) return 0;
  const auto delay = static_cast<std::uint32_t>(std::max<Step>(projection.max_delay, std::min(steps_in(foreseen, net.dt), most)));
  return static_cast<std::uint32_t>(projection.dendritic(delay));
}

// Rows will look further back than any before. Threads have kept what they had room for beyond what was needed: from here on all have the same.
template <class R>
void lengthen_reach(Network<R>& net, std::size_t population, std::uint32_t reach) {
  auto& post = net.populations[population];
  if (reach <= post.dendritic_reach) return;
  const FlushDenormals flush;
  for (std::size_t share = 0; share < post.learning.size(); ++share) {
    auto& history = post.learning[share].history;
    sweep(net, share, population, net.now - 1);
    history.forget_before(needed_history(net, share, population, net.now));
    history.set_swept(relative(net, share, net.now) - 1 - 2 * static_cast<std::int32_t>(reach));
  }
  post.dendritic_reach = reach;
}

// The thread's neurons that spiked in the last step of the last run, whose spikes are stamped with the present one.
template <class R>
std::vector<Neuron> newest_spikes(const Network<R>& net, std::size_t share, std::size_t population) {
  const auto& emitted = net.shares[share].emitted[net.parity ^ 1];
  if (net.last_interval == 0 || population >= emitted.size()) return {};
  std::vector<Neuron> neurons = emitted[population][static_cast<std::size_t>(net.last_interval - 1)];
  for (auto& neuron : neurons) neuron -= net.populations[population].first(share);
  return neurons;
}

template <class R>
static void begin_rows(Network<R>& net, std::size_t id) {
  auto& projection = net.projections[id];
  auto& set = net.plastic_sets[id];
  for (std::size_t share = 0; share < projection.shards.size(); ++share) {
    auto& shard = projection.shards[share];
    if (set.lag > 0) shard.lagged.resize(static_cast<std::size_t>(set.lag) + 1);
    shard.for_each_row([&](RowPosition at) { begin_row(net, id, share, at); });
  }
}

// A row whose synapses have seen nothing yet.
template <class R>
void begin_row(Network<R>& net, std::size_t id, std::size_t share, RowPosition at) {
  auto& projection = net.projections[id];
  const auto& set = net.plastic_sets[id];
  auto& shard = projection.shards[share];
  RowState& state = shard.state(at);
  state.arrival = never;
  state.consumed = relative(net, share, net.now) - 1;
  state.base = relative(net, share, net.now) - projection.dendritic(state.delay);
  const std::uint32_t count = shard.head(at).count();
  std::vector<double> own;
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& slot = set.slots[k];
    const auto& initial = projection.rules[k].part->initial;
    const auto variables = static_cast<std::size_t>(slot.traits.variables);
    if (initial == nullptr || variables == 0) continue;
    own.assign(variables + static_cast<std::size_t>(slot.traits.neurons), 0.0);
    for (std::uint32_t place = 0; place < (slot.traits.axon ? 1 : count); ++place) {
      initial(projection.rules[k].parameters.data(), static_cast<double>(shard.weight(at, place)), own.data());
      R* const to = slot.traits.axon ? shard.traces(at) + slot.first : shard.weights(at) + count * (1 + slot.first) + place;
      for (std::size_t v = 0; v < variables; ++v) to[slot.traits.axon ? v : v * count] = static_cast<R>(own[v]);
    }
  }
}

PLASTICA_INSTANTIATE(decay_table);
PLASTICA_INSTANTIATE(make_plastic);
PLASTICA_INSTANTIATE(use_traces);
PLASTICA_INSTANTIATE(use_dense);
PLASTICA_INSTANTIATE(reach_of);
PLASTICA_INSTANTIATE(lengthen_reach);
PLASTICA_INSTANTIATE(newest_spikes);
PLASTICA_INSTANTIATE(begin_row);

}  // namespace plastica
