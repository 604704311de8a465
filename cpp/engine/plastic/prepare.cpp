// What the rules of a projection need, made when the projection is: traces, tables, variables.
#include "engine/plastic/prepare.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/views.hpp"

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
  const bool moved = use_modulators(net, id);
  begin_rows(net, id);
  derive_rules(net, id);
  // Projections onto other populations read the rings of levels, too.
  if (moved) refresh_all_views(net);
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
  if (set.walk == Walk::replay && !post.replayed) {
    for (std::size_t share = 0; share < post.learning.size(); ++share) post.learning[share].history.set_swept(relative(net, share, net.now));
    post.replayed = true;
  }
  post.dendritic_reach = std::max(post.dendritic_reach, reach_of(net, projection));
  for (auto& slot : set.slots) {
    if (slot.view < 0) continue;
    // Of a table, only what the factors of events are made of.
    if (set.walk == Walk::replay || (set.walk == Walk::running && !slot.traits.voltage))
      for (const TraceSpec& spec : slot.needs.post) {
        const auto decay = decay_table(net, spec);
        const auto suppression = spec.pairing == Pairing::suppressed ? decay_table(net, TraceSpec{.tau = spec.tau_suppression}) : nullptr;
        std::size_t trace = 0;
        for (auto& learning : post.learning) trace = learning.history.add_trace(spec, net.now, decay, suppression, learning.newest);
        slot.post.push_back(trace);
      }
    set.kernels = kernels_of(net, projection.rules[static_cast<std::size_t>(&slot - set.slots.data())], slot.variant);
    if (set.walk == Walk::table) use_table(net, id);
    if (set.walk == Walk::running) use_running(net, id);
  }
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

// Tables and traces are shared by all rules of the same time constants that began at the same step.
template <class R>
static void use_table(Network<R>& net, std::size_t id) {
  auto& set = net.plastic_sets[id];
  auto& post = net.populations[net.projections[id].post];
  const auto& slot = *std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot<R>& s) { return s.view >= 0; });
  const double tau = slot.needs.pre[0].tau;
  for (std::size_t share = 0; share < post.learning.size(); ++share) {
    auto& learning = post.learning[share];
    const auto same = std::find_if(learning.tables.begin(), learning.tables.end(), [&](const auto& t) { return t.matches(tau, net.now); });
    set.table = static_cast<std::size_t>(same - learning.tables.begin());
    if (same == learning.tables.end()) learning.tables.emplace_back(tau, net.dt, net.now, padded(post.owned(share)), decay_table(net, slot.needs.pre[0]));
  }
  set.dense = {use_dense(net, id, slot.needs.post[0])};
}

template <class R>
static std::size_t use_dense(Network<R>& net, std::size_t id, const TraceSpec& spec) {
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

// Sums are of one projection: their factors are its rule's.
template <class R>
static void use_running(Network<R>& net, std::size_t id) {
  auto& set = net.plastic_sets[id];
  auto& post = net.populations[net.projections[id].post];
  const auto& slot = *std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot<R>& s) { return s.view >= 0; });
  for (std::size_t share = 0; share < post.learning.size(); ++share) {
    auto& learning = post.learning[share];
    set.table = learning.running.size();
    learning.running.emplace_back(slot.needs.pre[0].tau, net.dt, padded(post.owned(share)), decay_table(net, slot.needs.pre[0]));
    if (!slot.traits.voltage) continue;
    const auto& needs = slot.needs;
    const Step delay = steps_in(needs.V_delay, net.dt);
    const std::size_t owned = padded(post.owned(share)), first = post.first(share);
    const auto same = std::find_if(learning.filters.begin(), learning.filters.end(), [&](const auto& f) {
      return f.tau_low == needs.tau_low && f.tau_high == needs.tau_high && f.tau_mean == needs.tau_mean && f.V_mean == needs.V_mean && f.delay == delay &&
             f.created == net.now;
    });
    set.filter = static_cast<std::size_t>(same - learning.filters.begin());
    if (same != learning.filters.end()) continue;
    const auto loss = [&](double tau) { return tau > 0 ? static_cast<R>(-math::expm1(-net.dt / tau)) : R(0); };
    const R* const V = post.state[0].data() + first;
    Column<R> potential(V, V + owned);
    learning.filters.push_back({needs.tau_low,
                                needs.tau_high,
                                needs.tau_mean,
                                needs.V_mean,
                                delay,
                                net.now,
                                {loss(needs.tau_low), loss(needs.tau_high), loss(needs.tau_mean)},
                                potential,
                                potential,
                                Column<R>(owned, R(0)),
                                std::vector<Column<R>>(static_cast<std::size_t>(delay) + 1, potential)});
  }
  for (const TraceSpec& spec : slot.needs.post)
    if (!slot.traits.voltage) set.dense.push_back(use_dense(net, id, spec));
}

template <class R>
static void begin_rows(Network<R>& net, std::size_t id) {
  auto& projection = net.projections[id];
  auto& set = net.plastic_sets[id];
  for (std::size_t share = 0; share < projection.shards.size(); ++share) {
    auto& shard = projection.shards[share];
    if (set.lag > 0) shard.lagged.resize(static_cast<std::size_t>(set.lag) + 1);
    shard.for_each_row([&](RowPosition at) { begin_row(net, id, share, at); });
    if (set.walk == Walk::table) shard.arrived.resize(net.populations[projection.post].learning[share].tables[set.table].rows());
    if (set.walk == Walk::running) shard.arrived.resize(net.populations[projection.post].learning[share].running[set.table].rows());
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
PLASTICA_INSTANTIATE(reach_of);
PLASTICA_INSTANTIATE(lengthen_reach);
PLASTICA_INSTANTIATE(newest_spikes);
PLASTICA_INSTANTIATE(begin_rows);
PLASTICA_INSTANTIATE(begin_row);

}  // namespace plastica
