// What the rules of a projection need, made when the projection is: traces, tables, variables, constants.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/memory.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

// Decays are tabulated over 40 time constants; rows are brought up to date before so many of them have passed.
constexpr double renewal_taus = 8;
constexpr Step longest_renewal = 1 << 15;

std::string names_of(const std::vector<PartSpec>& specs) {
  std::string names;
  for (const auto& spec : specs) names += (names.empty() ? "" : ", ") + spec.part;
  return names;
}

// What a rule looks back at is counted in steps of 32 bits, and kept.
void check_reach(std::string_view part, const RuleNeeds& needs, double dt) {
  constexpr double most_delay = 1 << 24, most_tau = 1 << 25;
  const auto refuse = [&](const char* what, double ms, double most) {
    throw Error(std::string(part) + ": " + what + " of " + to_text(ms) + " ms must be below " + to_text(most * dt) + " ms, at this dt");
  };
  for (const double delay : {needs.lag, needs.V_delay})
    if (!(delay / dt < most_delay)) refuse("a delay", delay, most_delay);
  for (const auto* traces : {&needs.pre, &needs.post})
    for (const TraceSpec& trace : *traces)
      if (!(std::max(trace.tau, trace.tau_suppression) / dt < most_tau)) refuse("a time constant", std::max(trace.tau, trace.tau_suppression), most_tau);
}

}  // namespace

// Constants that single precision has no number for would end in weights that are none.
template <class R>
void Simulation<R>::check_rule(const RuleOperations& part, const std::vector<double>& parameters) const {
  const std::string_view name = part.schema.text.name;
  for (std::size_t i = 0; i < parameters.size(); ++i) check_magnitudes(name, part.schema.parameters[i], {&parameters[i], 1});
  if (part.conflict != nullptr)
    if (const auto conflict = part.conflict(parameters.data()); !conflict.empty()) throw Error(std::string(name) + ": " + std::string(conflict));
  std::array<float, max_constants> constants{};
  part.derive_float(parameters.data(), dt_, constants.data());
  for (const float constant : constants)
    if (!std::isfinite(constant)) throw Error("the parameters of " + std::string(name) + " lead to a constant beyond single precision; use less extreme ones");
}

// ---- the plan: everything that can be refused, before anything is made ----------------------------------------------------------

template <class R>
void Simulation<R>::plan_rules(Projection<R>& projection, PlasticSet& set, const std::vector<PartSpec>& specs) const {
  const auto& post = populations_[projection.post];
  int views = 0;
  for (const auto& spec : specs) {
    const auto& part = catalogue_.rule(spec.part);
    const auto& operations = *part;
    RuleInstance rule{part, {}, spec.samples};
    for (const auto& column : resolve(operations.schema, spec.parameters, 1)) rule.parameters.push_back(column[0]);
    check_rule(operations, rule.parameters);
    RuleSlot slot{};
    slot.variant = operations.variant(rule.parameters.data());
    slot.traits = operations.variants.at(slot.variant);
    slot.needs = operations.needs(rule.parameters.data(), rule.samples, dt_);
    slot.view = slot.traits.axon ? -1 : views++;
    slot.trace = set.of_row;
    set.of_row += slot.traits.axon ? 0 : static_cast<std::size_t>(slot.traits.pre);
    slot.first = slot.traits.axon ? set.of_row : set.variables;
    (slot.traits.axon ? set.of_row : set.variables) += static_cast<std::size_t>(slot.traits.variables);
    slot.made = now_;
    if (slot.needs.interval > 0) slot.interval = std::max<Step>(1, steps_in(slot.needs.interval, dt_));
    check_reach(operations.schema.text.name, slot.needs, dt_);
    const Step lag = steps_in(slot.needs.lag, dt_);
    if (lag > 0 && set.lag > 0 && lag != set.lag)
      throw Error("the rules of one projection must share one delay of their presynaptic event: " + names_of(specs));
    set.lag = std::max(set.lag, lag);
    for (const int modulator : slot.needs.levels)
      if (static_cast<std::size_t>(modulator) >= modulators_.size()) throw Error(spec.part + ": there is no such modulator; make it with net.modulator(...)");
    for (const auto& integral : slot.needs.integrals)
      if (static_cast<std::size_t>(integral.modulator) >= modulators_.size())
        throw Error(spec.part + ": there is no such modulator; make it with net.modulator(...)");
    if (slot.needs.w_max >= 0) {
      const auto bounded = std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot& other) { return other.needs.w_max >= 0; });
      if (bounded != set.slots.end() && bounded->needs.w_max != slot.needs.w_max)
        throw Error("the rules of one projection must share one w_max; " + specs[static_cast<std::size_t>(bounded - set.slots.begin())].part + " has " +
                    to_text(bounded->needs.w_max) + ", " + spec.part + " has " + to_text(slot.needs.w_max));
      set.w_max = slot.needs.w_max;
    }
    if (slot.traits.voltage) {
      if (post.model == nullptr || !post.model->has_potential)
        throw Error(spec.part + " reads the membrane potential V of its target, and " +
                    (post.model == nullptr ? "a source" : std::string(post.model->schema.text.name)) + " has none");
      check_memory(slot.needs.V_delay / dt_ * static_cast<double>(post.size) * sizeof(R), spec.part + ": the potentials of so long a delay", "lower it");
      if (projection.dendritic_fraction > 0) throw Error(spec.part + " reads the membrane potential as it is at the soma: it needs dendritic_fraction = 0");
    }
    if (slot.interval > 0 && projection.dendritic_fraction > 0)
      throw Error(spec.part + " changes all synapses at the same moments: it needs dendritic_fraction = 0");
    set.axons = set.axons || slot.traits.axon;
    set.evolves = set.evolves || (!slot.traits.axon && slot.traits.evolves);
    set.everywhere = set.everywhere || slot.traits.everywhere;
    set.compares = set.compares || slot.traits.compares;
    set.random = set.random || slot.traits.random;
    set.transmits = set.transmits || slot.traits.transmits;
    projection.rules.push_back(std::move(rule));
    set.slots.push_back(std::move(slot));
  }
  projection.synaptic = views > 0;
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& slot = set.slots[k];
    if (slot.traits.voltage && views > 1)
      throw Error(specs[k].part + " goes together with rules of the axon, such as TsodyksMarkram, and no other: " + names_of(specs));
    if (slot.traits.compares && slot.view == 0) throw Error(specs[k].part + " acts on what the rules before it in the list do; there is none before it");
    for (std::size_t other = 0; other < set.slots.size() && slot.traits.owns; ++other) {
      const auto& traits = set.slots[other].traits;
      if (other == k || traits.axon || (traits.transmits && !traits.compares) || (slot.traits.compares && other < k)) continue;
      throw Error(specs[k].part + " makes the weight of its own variables; what " + specs[other].part + " does to it would be lost: " + names_of(specs));
    }
    for (const auto& trace : slot.needs.pre)
      if (set.lag > 0 && (!trace.window.empty() || trace.pairing == Pairing::suppressed) && slot.needs.lag == 0)
        throw Error(specs[k].part + " does not go together with a rule whose presynaptic event comes late: " + names_of(specs));
  }
}

template <class R>
typename Simulation<R>::Walk Simulation<R>::walk_for(const Projection<R>& projection, const PlasticSet& set) const {
  if (!projection.synaptic) return Walk::none;
  const auto synaptic = [](const RuleSlot& slot) { return slot.view >= 0; };
  const auto& slot = *std::find_if(set.slots.begin(), set.slots.end(), synaptic);
  if (slot.traits.voltage) return Walk::running;
  // Within an epoch a trace is scaled back to its start: a time constant below a step has nothing left to scale.
  const bool alone = std::count_if(set.slots.begin(), set.slots.end(), synaptic) == 1;
  const bool plain =
      std::all_of(slot.needs.pre.begin(), slot.needs.pre.end(), [&](const TraceSpec& t) { return t.tau >= dt_ && t.window.empty(); }) &&
      std::all_of(slot.needs.post.begin(), slot.needs.post.end(), [&](const TraceSpec& t) { return t.window.empty() && t.pairing != Pairing::suppressed; });
  // By the fraction, not by the delays that there are: edits bring others, and rows cannot change their walk.
  if (!alone || !slot.traits.separable || !plain || projection.dendritic_fraction > 0) return Walk::replay;
  return slot.traits.weighted ? Walk::running : Walk::table;
}

// ---- what is kept -----------------------------------------------------------------------------------------------------------------

template <class R>
std::shared_ptr<const Decay<R>> Simulation<R>::decay_table(const TraceSpec& spec) {
  if (!spec.window.empty()) return std::make_shared<const Decay<R>>(spec.window);
  auto table = decay_tables_[spec.tau].lock();
  if (!table) decay_tables_[spec.tau] = table = std::make_shared<const Decay<R>>(spec.tau, dt_);
  return table;
}

template <class R>
void Simulation<R>::make_plastic(std::size_t id) {
  auto& projection = projections_[id];
  auto& set = plastic_[id];
  set.parts.resize(static_cast<std::size_t>(parts_));
  if (projection.synaptic) prepare_learning(id);
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& rule = projection.rules[k];
    const auto& slot = set.slots[k];
    std::vector<double> own(static_cast<std::size_t>(slot.traits.variables + slot.traits.neurons) + 1, 0.0);
    if (rule.part->initial != nullptr) rule.part->initial(rule.parameters.data(), 0, own.data());
    for (std::size_t part = 0; part < set.parts.size(); ++part) {
      const std::size_t owned = padded(populations_[projection.post].owned(part));
      auto& neurons = set.parts[part].neurons.emplace_back();
      auto& narrow = set.parts[part].narrow.emplace_back();
      for (int n = 0; n < slot.traits.neurons; ++n) {
        const double value = own[static_cast<std::size_t>(slot.traits.variables + n)];
        neurons.emplace_back(owned, value);
        narrow.emplace_back(owned, static_cast<R>(value));
      }
    }
  }
  const bool moved = use_modulators(id);
  begin_rows(id);
  derive_rules(id);
  // Projections onto other populations read the rings of levels, too.
  if (moved) refresh_all_views();
}

template <class R>
void Simulation<R>::prepare_learning(std::size_t id) {
  auto& projection = projections_[id];
  auto& post = populations_[projection.post];
  auto& set = plastic_[id];
  if (post.learning.empty()) {
    post.learning.resize(static_cast<std::size_t>(parts_));
    for (std::size_t part = 0; part < post.learning.size(); ++part) {
      post.learning[part].history.resize(post.owned(part));
      post.learning[part].history.set_swept(relative(part, now_));
      post.learning[part].nothing.assign(padded(post.owned(part)), R(0));
      // Spikes stamped with the present step have not reached any synapse yet.
      post.learning[part].newest = newest_spikes(part, projection.post);
      for (const Neuron i : post.learning[part].newest) post.learning[part].history.push(i, relative(part, now_));
    }
  }
  if (set.walk == Walk::replay && !post.replayed) {
    for (std::size_t part = 0; part < post.learning.size(); ++part) post.learning[part].history.set_swept(relative(part, now_));
    post.replayed = true;
  }
  post.dendritic_reach = std::max(post.dendritic_reach, reach_of(projection));
  for (auto& slot : set.slots) {
    if (slot.view < 0) continue;
    // Of a table, only what the factors of events are made of.
    if (set.walk == Walk::replay || (set.walk == Walk::running && !slot.traits.voltage))
      for (const TraceSpec& spec : slot.needs.post) {
        const auto decay = decay_table(spec);
        const auto suppression = spec.pairing == Pairing::suppressed ? decay_table(TraceSpec{.tau = spec.tau_suppression}) : nullptr;
        std::size_t trace = 0;
        for (auto& learning : post.learning) trace = learning.history.add_trace(spec, now_, decay, suppression, learning.newest);
        slot.post.push_back(trace);
      }
    set.kernels = kernels_of(projection.rules[static_cast<std::size_t>(&slot - set.slots.data())], slot.variant);
    if (set.walk == Walk::table) use_table(id);
    if (set.walk == Walk::running) use_running(id);
  }
}

// How far back in the dendrites of a projection's targets its rows look. Edits may bring a longer delay than any before, whose synapses see spikes that
// are in the dendrite already; where that is not longer than foreseen here, the history has kept them all.
template <class R>
std::uint32_t Simulation<R>::reach_of(const Projection<R>& projection) const {
  constexpr double foreseen = 100;  // ms
  constexpr Step most = 1 << 24;
  if (!projection.learns()) return 0;
  const auto delay = static_cast<std::uint32_t>(std::max<Step>(projection.max_delay, std::min(steps_in(foreseen, dt_), most)));
  return static_cast<std::uint32_t>(projection.dendritic(delay));
}

// Rows will look further back than any before. Threads have kept what they had room for beyond what was needed: from here on all have the same.
template <class R>
void Simulation<R>::lengthen_reach(std::size_t population, std::uint32_t reach) {
  auto& post = populations_[population];
  if (reach <= post.dendritic_reach) return;
  const FlushDenormals flush;
  for (std::size_t part = 0; part < post.learning.size(); ++part) {
    auto& history = post.learning[part].history;
    sweep(part, population, now_ - 1);
    history.forget_before(needed_history(part, population, now_));
    history.set_swept(relative(part, now_) - 1 - 2 * static_cast<std::int32_t>(reach));
  }
  post.dendritic_reach = reach;
}

// The thread's neurons that spiked in the last step of the last run, whose spikes are stamped with the present one.
template <class R>
std::vector<Neuron> Simulation<R>::newest_spikes(std::size_t part, std::size_t population) const {
  const auto& emitted = parts_state_[part].emitted[parity_ ^ 1];
  if (last_interval_ == 0 || population >= emitted.size()) return {};
  std::vector<Neuron> neurons = emitted[population][static_cast<std::size_t>(last_interval_ - 1)];
  for (auto& neuron : neurons) neuron -= populations_[population].first(part);
  return neurons;
}

// Tables and traces are shared by all rules of the same time constants that began at the same step.
template <class R>
void Simulation<R>::use_table(std::size_t id) {
  auto& set = plastic_[id];
  auto& post = populations_[projections_[id].post];
  const auto& slot = *std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot& s) { return s.view >= 0; });
  const double tau = slot.needs.pre[0].tau;
  for (std::size_t part = 0; part < post.learning.size(); ++part) {
    auto& learning = post.learning[part];
    const auto same = std::find_if(learning.tables.begin(), learning.tables.end(), [&](const auto& t) { return t.matches(tau, now_); });
    set.table = static_cast<std::size_t>(same - learning.tables.begin());
    if (same == learning.tables.end()) learning.tables.emplace_back(tau, dt_, now_, padded(post.owned(part)), decay_table(slot.needs.pre[0]));
  }
  set.dense = {use_dense(id, slot.needs.post[0])};
}

template <class R>
std::size_t Simulation<R>::use_dense(std::size_t id, const TraceSpec& spec) {
  auto& post = populations_[projections_[id].post];
  std::size_t found = 0;
  for (std::size_t part = 0; part < post.learning.size(); ++part) {
    auto& dense = post.learning[part].dense;
    const auto same = std::find_if(dense.begin(), dense.end(), [&](const auto& d) { return d.spec == spec && d.created == now_; });
    found = static_cast<std::size_t>(same - dense.begin());
    if (same == dense.end()) dense.push_back({spec, now_, static_cast<R>(-math::expm1(-dt_ / spec.tau)), Column<R>(padded(post.owned(part)), R(0))});
  }
  return found;
}

// Sums are of one projection: their factors are its rule's.
template <class R>
void Simulation<R>::use_running(std::size_t id) {
  auto& set = plastic_[id];
  auto& post = populations_[projections_[id].post];
  const auto& slot = *std::find_if(set.slots.begin(), set.slots.end(), [](const RuleSlot& s) { return s.view >= 0; });
  for (std::size_t part = 0; part < post.learning.size(); ++part) {
    auto& learning = post.learning[part];
    set.table = learning.running.size();
    learning.running.emplace_back(slot.needs.pre[0].tau, dt_, padded(post.owned(part)), decay_table(slot.needs.pre[0]));
    if (!slot.traits.voltage) continue;
    const auto& needs = slot.needs;
    const Step delay = steps_in(needs.V_delay, dt_);
    const std::size_t owned = padded(post.owned(part)), first = post.first(part);
    const auto same = std::find_if(learning.filters.begin(), learning.filters.end(), [&](const auto& f) {
      return f.tau_low == needs.tau_low && f.tau_high == needs.tau_high && f.tau_mean == needs.tau_mean && f.V_mean == needs.V_mean && f.delay == delay &&
             f.created == now_;
    });
    set.filter = static_cast<std::size_t>(same - learning.filters.begin());
    if (same != learning.filters.end()) continue;
    const auto loss = [&](double tau) { return tau > 0 ? static_cast<R>(-math::expm1(-dt_ / tau)) : R(0); };
    const R* const V = post.state[0].data() + first;
    Column<R> potential(V, V + owned);
    learning.filters.push_back({needs.tau_low,
                                needs.tau_high,
                                needs.tau_mean,
                                needs.V_mean,
                                delay,
                                now_,
                                {loss(needs.tau_low), loss(needs.tau_high), loss(needs.tau_mean)},
                                potential,
                                potential,
                                Column<R>(owned, R(0)),
                                std::vector<Column<R>>(static_cast<std::size_t>(delay) + 1, potential)});
  }
  for (const TraceSpec& spec : slot.needs.post)
    if (!slot.traits.voltage) set.dense.push_back(use_dense(id, spec));
}

// Rings of levels long enough that every row is visited before they come round, and integrals from a common origin. Whether rings have moved.
template <class R>
bool Simulation<R>::use_modulators(std::size_t id) {
  auto& set = plastic_[id];
  bool used = false;
  double shortest = infinity;
  for (const auto& slot : set.slots) {
    used = used || !slot.needs.levels.empty() || !slot.needs.integrals.empty();
    for (const auto& integral : slot.needs.integrals) shortest = std::min(shortest, integral.tau);
  }
  if (!used) return false;
  set.renewal = std::clamp<Step>(static_cast<Step>(std::min(renewal_taus * shortest / dt_, static_cast<double>(longest_renewal))), 16, longest_renewal);
  for (auto& part : set.parts)
    for (const auto& slot : set.slots)
      for (const auto& spec : slot.needs.integrals) {
        const auto& modulator = modulators_[static_cast<std::size_t>(spec.modulator)];
        const double both = 1 / spec.tau + 1 / modulator.tau;
        Integral integral;
        integral.tau = spec.tau;
        integral.modulator = static_cast<std::size_t>(spec.modulator);
        integral.origin = integral.known = now_;
        integral.share = -math::expm1(-dt_ * both) / both;
        integral.of_baseline = -math::expm1(-dt_ / spec.tau) * spec.tau;
        part.integrals.push_back(std::move(integral));
      }
  return make_room_for_delays(id);
}

// What rules look back at of modulators is kept for every step.
template <class R>
void Simulation<R>::check_look_back(const Projection<R>& projection, const PlasticSet& set, std::uint32_t delay) const {
  const bool reads = std::any_of(set.slots.begin(), set.slots.end(), [](const RuleSlot& s) { return !s.needs.levels.empty() || !s.needs.integrals.empty(); });
  if (reads && projection.dendritic(delay) > longest_look_back)
    throw Error("delay = " + to_text(delay * dt_) + " ms, of which " + to_text(projection.dendritic_fraction) +
                " is dendritic, is too long for rules that read a modulator; the dendritic delay must be at most " + to_text(longest_look_back * dt_) +
                " ms, at this dt");
}

// Rings of levels and integrals reach as far back as the longest dendritic delay, and ahead over an interval. Whether rings have moved.
template <class R>
bool Simulation<R>::make_room_for_delays(std::size_t id) {
  const auto& projection = projections_[id];
  auto& set = plastic_[id];
  const Step reach = projection.dendritic(projection.max_delay), ahead = std::min<Step>(projection.max_delay, longest_interval);
  const Step length = set.renewal + 2 * reach + 2 * set.lag + ahead + 64;
  if (set.renewal == 0 || length <= static_cast<Step>(set.growth_length)) return false;
  bool moved = false;
  for (std::size_t part = 0; part < set.parts.size(); ++part) {
    for (std::size_t m = 0; m < modulators_.size(); ++m) moved = lengthen_ring(parts_state_[part].modulators[m], modulators_[m].baseline, 2 * length) || moved;
    for (auto& integral : set.parts[part].integrals) integral.sum.resize(static_cast<std::size_t>(2 * length), 0.0);
  }
  set.growth_length = static_cast<std::size_t>(length);
  set.growth.clear();
  for (const auto& slot : set.slots)
    for (const auto& spec : slot.needs.integrals)
      for (std::size_t i = 0; i < set.growth_length; ++i) set.growth.push_back(math::exp(std::min(static_cast<double>(i) * dt_ / spec.tau, 600.0)));
  return moved;
}

// Whether a ring of levels had to move, to hold at least so many steps. What is known of the past moves to its place in it.
template <class R>
bool Simulation<R>::lengthen_ring(ModulatorState& state, double baseline, Step least) {
  const auto size = std::bit_ceil(static_cast<std::size_t>(least));
  if (size <= state.level.size()) return false;
  std::vector<double> level(size, baseline), transient(size, 0.0);
  for (Step k = std::max<Step>(0, state.next - static_cast<Step>(state.level.size())); k < state.next; ++k) {
    level[static_cast<std::size_t>(k) & (size - 1)] = state.at(k);
    transient[static_cast<std::size_t>(k) & (size - 1)] = state.transient_at(k);
  }
  state.level = std::move(level);
  state.transient = std::move(transient);
  return true;
}

template <class R>
void Simulation<R>::refresh_all_views() {
  for (std::size_t population = 0; population < populations_.size(); ++population)
    for (std::size_t part = 0; part < populations_[population].learning.size(); ++part) refresh_views(part, population);
}

template <class R>
void Simulation<R>::begin_rows(std::size_t id) {
  auto& projection = projections_[id];
  auto& set = plastic_[id];
  for (std::size_t part = 0; part < projection.shards.size(); ++part) {
    auto& shard = projection.shards[part];
    if (set.lag > 0) shard.lagged.resize(static_cast<std::size_t>(set.lag) + 1);
    shard.for_each_row([&](RowPosition at) { begin_row(id, part, at); });
    if (set.walk == Walk::table) shard.arrived.resize(populations_[projection.post].learning[part].tables[set.table].rows());
    if (set.walk == Walk::running) shard.arrived.resize(populations_[projection.post].learning[part].running[set.table].rows());
  }
}

// A row whose synapses have seen nothing yet.
template <class R>
void Simulation<R>::begin_row(std::size_t id, std::size_t part, RowPosition at) {
  auto& projection = projections_[id];
  const auto& set = plastic_[id];
  auto& shard = projection.shards[part];
  RowState& state = shard.state(at);
  state.arrival = never;
  state.consumed = relative(part, now_) - 1;
  state.base = relative(part, now_) - projection.dendritic(state.delay);
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

// ---- constants and views ----------------------------------------------------------------------------------------------------------

template <class R>
RuleView<R> Simulation<R>::view_of(const Projection<R>& projection, PlasticSet& set, std::size_t k) {
  const auto& slot = set.slots[k];
  const auto& kernels = kernels_of(projection.rules[k], slot.variant);
  RuleView<R> view{};
  view.constants = slot.constants.data();
  view.pre_count = slot.traits.pre;
  view.post_count = slot.traits.post;
  view.level_count = slot.traits.levels;
  view.integral_count = slot.traits.integrals;
  view.neuron_count = slot.traits.neurons;
  const auto kept = [&](const TraceSpec& spec) -> DecayTable<R> {
    set.tables.push_back(decay_table(spec));
    return {set.tables.back()->value.data(), set.tables.back()->length()};
  };
  for (std::size_t t = 0; t < slot.needs.pre.size(); ++t) {
    const TraceSpec& spec = slot.needs.pre[t];
    view.pre[t] = {kept(spec), {nullptr, 0}, spec.pairing == Pairing::nearest || !spec.window.empty()};
    if (spec.pairing == Pairing::suppressed) view.pre[t].suppression = kept(TraceSpec{.tau = spec.tau_suppression});
  }
  view.first_trace = static_cast<int>(slot.trace);
  view.first_variable = static_cast<int>(slot.first);
  view.number = static_cast<int>(k);
  view.lagged = slot.needs.lag > 0 && set.lag > 0;
  view.everywhere = slot.traits.everywhere;
  view.compares = slot.traits.compares;
  view.random = slot.traits.random;
  view.reads_y_at_post = slot.traits.reads_y_at_post;
  view.advance = kernels.advance;
  view.at_post = kernels.at_post;
  view.at_pre = kernels.at_pre;
  view.at_tick = kernels.at_tick;
  return view;
}

template <class R>
void Simulation<R>::derive_rules(std::size_t id) {
  const auto& projection = projections_[id];
  auto& set = plastic_[id];
  set.rules.clear();
  std::vector<std::shared_ptr<const Decay<R>>> before;
  before.swap(set.tables);  // alive until the new views are there
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& rule = projection.rules[k];
    const auto& part = *rule.part;
    auto& slot = set.slots[k];
    part.derive_double(rule.parameters.data(), dt_, slot.exact.data());
    if constexpr (std::is_same_v<R, float>)
      part.derive_float(rule.parameters.data(), dt_, slot.constants.data());
    else
      part.derive_double(rule.parameters.data(), dt_, slot.constants.data());
    if (slot.view >= 0)
      set.rules.push_back(view_of(projection, set, k));
    else
      slot.axon = kernels_of(rule, slot.variant).axon;
  }
  for (std::size_t part = 0; part < projection.shards.size() && projection.synaptic; ++part) refresh_views(part, projection.post);
}

// The histories may have moved when they grew, rings and integrals too; their addresses are taken anew.
template <class R>
void Simulation<R>::refresh_views(std::size_t part, std::size_t population) {
  for (const std::size_t p : incoming_[population]) {
    if (!projections_[p].learns()) continue;
    auto& set = plastic_[p];
    const auto& history = populations_[population].learning[part].history;
    auto& mine = set.parts[part];
    mine.views = set.rules;
    std::size_t integral = 0;
    for (std::size_t k = 0; k < set.slots.size(); ++k) {
      const auto& slot = set.slots[k];
      if (slot.view < 0) continue;
      auto& view = mine.views[static_cast<std::size_t>(slot.view)];
      for (std::size_t t = 0; t < slot.post.size(); ++t) {
        const auto& trace = history.trace(slot.post[t]);
        view.post[t] = {trace.value.data(), trace.before.data(), {trace.decay->value.data(), trace.decay->length()}};
      }
      for (std::size_t l = 0; l < slot.needs.levels.size(); ++l) {
        const auto& state = parts_state_[part].modulators[static_cast<std::size_t>(slot.needs.levels[l])];
        view.level[l] = {state.level.data(), static_cast<std::uint32_t>(state.level.size() - 1)};
      }
      for (std::size_t l = 0; l < slot.needs.integrals.size(); ++l, ++integral)
        view.integral[l] = {mine.integrals[integral].sum.data(), set.growth.data() + integral * set.growth_length};
      for (std::size_t n = 0; n < mine.narrow[k].size(); ++n) view.neuron[n] = mine.narrow[k][n].data();
    }
  }
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
