// Synapses that come and go, neurons that fall silent, die and are born: between intervals, in a network that lives.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"
#include "network/row_editor.hpp"

namespace plastica {

// ---- synapses -------------------------------------------------------------------------------------------------------------------

// All threads' shares of an edit. Nothing can fail here but memory.
template <class R>
void Simulation<R>::edit(std::size_t p, StructuralEdit& change) {
  auto& projection = on_its_own(p);
  projection.alone = true;
  if (projection.synapses() == 0) projection.sign = change.sign;
  bool shared = true;
  for (std::size_t part = 0; part < change.fresh.size(); ++part)
    for (const auto& each : change.fresh[part]) shared = shared && each.weight == projection.shards[part].shared;
  note_changes(p, change);
  // What has passed a synapse reaches the soma, even if the synapse goes.
  parallel(parts_, [&](int thread) {
    const FlushDenormals flush;
    settle_in_flight(p, static_cast<std::size_t>(thread));
    catch_up_equals(p, static_cast<std::size_t>(thread), change.gone[static_cast<std::size_t>(thread)]);
  });
  const std::uint32_t least_before = projection.min_delay;
  take_delays(p, change);
  parallel(parts_, [&](int thread) {
    const FlushDenormals flush;
    edit_shard(p, static_cast<std::size_t>(thread), change, least_before, !shared);
  });
}

// Everything that follows from the delays of a projection follows those of its new synapses.
template <class R>
void Simulation<R>::take_delays(std::size_t p, const StructuralEdit& change) {
  auto& projection = projections_[p];
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max(), most = 0;
  for (const auto& fresh : change.fresh)
    for (const auto& each : fresh) {
      least = std::min(least, each.delay);
      most = std::max(most, each.delay);
    }
  if (most == 0) return;
  const bool empty = projection.synapses() == 0;
  const std::uint32_t least_before = projection.min_delay;
  projection.min_delay = empty ? least : std::min(projection.min_delay, least);
  projection.max_delay = empty ? most : std::max(projection.max_delay, most);
  if (projection.min_delay != least_before) begin_earlier(p);
  lengthen_reach(projection.post, reach_of(projection));
  if (plastic_[p].renewal > 0) {
    if (make_room_for_delays(p)) refresh_all_views();
    for (std::size_t part = 0; part < populations_[projection.post].learning.size(); ++part) refresh_views(part, projection.post);
  }
  choose_interval();
}

// A spike begins to walk the least delay after its stamp. Those that have yet to begin walk already; their rows are where they were.
template <class R>
void Simulation<R>::begin_earlier(std::size_t p) {
  for (auto& shard : projections_[p].shards) {
    shard.due.for_each(now_, [&](Step start, const auto& due) {
      for (const RowPosition at : due) shard.walking.push_back({at, static_cast<std::uint32_t>(start) + shard.head(at).gap()});
    });
    shard.due.clear();
    shard.make_ring(projections_[p].min_delay);
    shard.staggered = true;
  }
}

template <class R>
void Simulation<R>::count_changes(Shard<R>& shard, std::span<const typename RowEditor<R>::Place> gone, std::span<const typename RowEditor<R>::Fresh> fresh) {
  shard.synapses += fresh.size();
  shard.synapses -= gone.size();
  if (shard.out_degree.empty()) return;
  for (const auto& each : fresh) {
    ++shard.out_degree[each.source];
    ++shard.in_degree[each.target];
  }
  Neuron source = 0;
  for (const auto& each : gone) {
    while (shard.first[source + 1] <= each.row) ++source;
    --shard.out_degree[source];
    --shard.in_degree[shard.target(each.row, each.place)];
  }
}

// Random numbers count the synapses of a row between the same two neurons, and those behind one that goes move up. What has happened to them by
// now has drawn under the numbers that they had: rows catch up at moments of their own, which must not show.
template <class R>
void Simulation<R>::catch_up_equals(std::size_t p, std::size_t part, std::span<const typename RowEditor<R>::Place> gone) {
  if (!plastic_[p].random) return;
  auto& shard = projections_[p].shards[part];
  const auto kernel = kernels_.rows.catch_up[shard.layout.narrow()];
  RowPosition caught_up = RowEditor<R>::nowhere;
  for (const auto& [at, place] : gone) {
    if (at == caught_up || place + 1 == shard.head(at).count() || shard.target(at, place) != shard.target(at, place + 1)) continue;
    PlasticRow<R> row = row_of(p, part, at);
    kernel(context(p, part), row, relative(part, now_) - 1 - row.dendritic);
    put_back(p, part, at, row);
    caught_up = at;
  }
}

template <class R>
void Simulation<R>::edit_shard(std::size_t p, std::size_t part, const StructuralEdit& change, std::uint32_t least_before, bool own_weights) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  const auto& gone = change.gone[part];
  const auto& fresh = change.fresh[part];
  RowEditor<R> editor(shard, least_before, now_);
  editor.begin_at(projection.min_delay);
  RowLayout layout = shard.layout;
  layout.weights = layout.weights || own_weights;
  layout.births = true;
  editor.use(layout);
  const auto& set = plastic_[p];
  if (!set.evolves && !set.everywhere && !set.axons) editor.ignore_beginnings();
  if (set.random) editor.keep_twins_apart();
  follow_samples(p, part, editor);
  count_changes(shard, gone, fresh);
  editor.edit(gone, fresh);
  for (const auto& [at, delay] : editor.created()) {
    if (projection.stateful()) {
      begin_row(p, part, at);
      // Postsynaptic spikes that are still in the dendrite will reach it.
      shard.state(at).consumed -= projection.dendritic(shard.state(at).delay);
    }
    shard.asleep.push_back({at, now_ + 1 + delay});
  }
  std::sort(shard.asleep.begin(), shard.asleep.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  keep_following(p, part, editor);
}

// Recorders go on with the synapses that they have been given; of those that are gone they record nothing.
template <class R>
void Simulation<R>::follow_samples(std::size_t p, std::size_t part, RowEditor<R>& editor) const {
  std::vector<typename RowEditor<R>::Place> places;
  for (const auto& recorder : recorders_)
    if (recorder->kind == RecorderKind::synapses && recorder->target == p)
      for (const auto& synapse : recorder->synapses[part]) places.push_back({synapse.row, synapse.place});
  std::sort(places.begin(), places.end());
  editor.follow(std::move(places));
}

template <class R>
void Simulation<R>::keep_following(std::size_t p, std::size_t part, const RowEditor<R>& editor) {
  for (auto& recorder : recorders_) {
    if (recorder->kind != RecorderKind::synapses || recorder->target != p) continue;
    for (auto& synapse : recorder->synapses[part]) {
      if (synapse.row == RowEditor<R>::nowhere) continue;
      const auto to = editor.moved(typename RowEditor<R>::Place{synapse.row, synapse.place});
      synapse.row = to.row;
      synapse.place = to.place;
    }
  }
}

template <class R>
void Simulation<R>::note_changes(std::size_t p, const StructuralEdit& change) {
  const auto& projection = projections_[p];
  std::vector<Change> changes;
  for (const auto& recorder : recorders_) {
    if (recorder->kind != RecorderKind::structure || recorder->target != p) continue;
    if (changes.empty()) {
      for (std::size_t part = 0; part < change.gone.size(); ++part)
        for (const auto& each : change.gone[part])
          changes.push_back({now_, projection.shards[part].source_of(each.row),
                             populations_[projection.post].first(part) + projection.shards[part].target(each.row, each.place), false});
      for (std::size_t part = 0; part < change.fresh.size(); ++part)
        for (const auto& each : change.fresh[part]) changes.push_back({now_, each.source, populations_[projection.post].first(part) + each.target, true});
      std::sort(changes.begin(), changes.end());
    }
    recorder->changes.insert(recorder->changes.end(), changes.begin(), changes.end());
  }
}

// Gives every synapse a weight of its own instead of one for all.
template <class R>
void Simulation<R>::separate_weights(std::size_t p) {
  auto& projection = projections_[p];
  parallel(parts_, [&](int thread) {
    const auto part = static_cast<std::size_t>(thread);
    RowEditor<R> editor(projection.shards[part], projection.min_delay, now_);
    RowLayout layout = projection.shards[part].layout;
    layout.weights = true;
    editor.use(layout);
    follow_samples(p, part, editor);
    editor.edit({}, {});
    keep_following(p, part, editor);
  });
}

template <class R>
typename Simulation<R>::StructuralEdit Simulation<R>::no_change(std::size_t p) const {
  const auto all = static_cast<std::size_t>(parts_);
  return {std::vector<std::vector<typename RowEditor<R>::Place>>(all), std::vector<std::vector<typename RowEditor<R>::Fresh>>(all), projections_.at(p).sign};
}

// A new synapse in the share of the thread that owns its target; `sort_change` follows.
template <class R>
void Simulation<R>::plan_synapse(std::size_t p, StructuralEdit& change, Neuron source, Neuron target, std::uint32_t delay, double weight) const {
  const auto& projection = projections_[p];
  const auto& post = populations_[projection.post];
  const auto part = static_cast<std::size_t>(post.partition.owner(target));
  check_look_back(projection, plastic_[p], delay);
  change.fresh[part].push_back({source, delay, target - post.first(part), static_cast<R>(projection.learns() ? std::abs(weight) : weight)});
}

template <class R>
void Simulation<R>::sort_change(StructuralEdit& change) {
  for (auto& gone : change.gone) std::sort(gone.begin(), gone.end());
  for (auto& fresh : change.fresh)
    std::stable_sort(fresh.begin(), fresh.end(),
                     [](const auto& a, const auto& b) { return std::tie(a.source, a.delay, a.target) < std::tie(b.source, b.delay, b.target); });
}

template <class R>
void Simulation<R>::add_synapses(std::size_t p, const std::vector<Neuron>& sources, const std::vector<Neuron>& targets, const Values& weights,
                                 const Values& delays) {
  auto& projection = on_its_own(p);
  if (sources.empty()) return;
  const auto check_count = [&](const char* what, std::size_t count) {
    if (count != 1 && count != sources.size())
      throw Error("there are " + std::to_string(count) + " " + what + " for " + std::to_string(sources.size()) + " new synapses");
  };
  if (targets.size() != sources.size())
    throw Error("there are " + std::to_string(sources.size()) + " sources and " + std::to_string(targets.size()) + " targets of new synapses");
  check_count("weights", weights.size());
  check_count("delays", delays.size());
  check_weights(projection, weights);
  const R sign = sign_of(weights);
  const bool any = std::any_of(weights.begin(), weights.end(), [](double w) { return w != 0; });
  if (projection.learns() && projection.synapses() > 0 && any && sign != projection.sign)
    throw Error("weight: the weights of a plastic projection must all have one sign; make two projections");
  const auto check_neuron = [&](const char* what, Neuron i, Neuron size) {
    if (i >= size) throw Error(std::string(what) + " " + std::to_string(i) + " of a new synapse is not among the " + std::to_string(size) + " neurons");
  };
  StructuralEdit change = no_change(p);
  change.sign = sign;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    check_neuron("source", sources[i], populations_[projection.pre].size);
    check_neuron("target", targets[i], populations_[projection.post].size);
    const std::uint32_t delay = delay_steps(delays[delays.size() == 1 ? 0 : i], dt_);
    plan_synapse(p, change, sources[i], targets[i], delay, weights[weights.size() == 1 ? 0 : i]);
  }
  sort_change(change);
  edit(p, change);
}

template <class R>
void Simulation<R>::remove_synapses(std::size_t p, std::vector<std::int64_t> indices) {
  const auto& projection = on_its_own(p);
  const auto count = static_cast<std::int64_t>(projection.synapses());
  std::sort(indices.begin(), indices.end());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < 0 || indices[i] >= count)
      throw Error("connection " + std::to_string(indices[i]) + " is not among the " + std::to_string(count) + " of the projection");
    if (i > 0 && indices[i] == indices[i - 1]) throw Error("connection " + std::to_string(indices[i]) + " is to be removed twice");
  }
  if (indices.empty()) return;
  StructuralEdit change = no_change(p);
  std::int64_t canonical = 0;
  auto next = indices.begin();
  visit(p, [&](const Synapse& s) {
    if (next != indices.end() && *next == canonical) {
      change.gone[s.part].push_back({s.row, s.place});
      ++next;
    }
    ++canonical;
  });
  sort_change(change);
  edit(p, change);
}

template <class R>
Values Simulation<R>::births(std::size_t p) {
  const auto& projection = on_its_own(p);
  Values values;
  values.reserve(projection.synapses());
  visit(p, [&](const Synapse& s) { values.push_back(static_cast<double>(projection.shards[s.part].birth(s.row, s.place)) * dt_); });
  return values;
}

template <class R>
std::size_t Simulation<R>::record_structure(std::size_t p) {
  on_its_own(p);
  add_recorder(RecorderKind::structure, p, 1);
  return recorders_.size() - 1;
}

// ---- neurons --------------------------------------------------------------------------------------------------------------------

// A silent neuron's spikes are dropped before anything sees them.
template <class R>
void Simulation<R>::silence(std::size_t p, const Ids& ids, bool on) {
  auto& population = populations_.at(p);
  membership(p, ids);
  if (population.silent.empty()) population.silent.assign(population.size, 0);
  if (ids)
    for (const Neuron i : *ids) population.silent[i] = on ? 1 : 0;
  else
    std::fill(population.silent.begin(), population.silent.end(), on ? 1 : 0);
  if (std::none_of(population.silent.begin(), population.silent.end(), [](char silent) { return silent != 0; })) population.silent.clear();
}

template <class R>
std::vector<char> Simulation<R>::silent(std::size_t p) const {
  const auto& population = populations_.at(p);
  return population.silent.empty() ? std::vector<char>(population.size, 0) : population.silent;
}

// All synapses from and to these neurons go.
template <class R>
void Simulation<R>::disconnect(std::size_t population, const std::vector<Neuron>& ids) {
  const std::vector<char> member = membership(population, Ids(ids));
  for (std::size_t p = 0; p < projections_.size(); ++p) {
    if (projections_[p].pre != population && projections_[p].post != population) continue;
    const auto& projection = on_its_own(p);
    StructuralEdit change = no_change(p);
    parallel(parts_, [&](int thread) {
      const auto part = static_cast<std::size_t>(thread);
      const auto& shard = projection.shards[part];
      const Neuron first = populations_[projection.post].first(part);
      for (Neuron source = 0; source < shard.sources(); ++source) {
        const bool whole = projection.pre == population && member[source];
        if (!whole && projection.post != population) continue;
        for (RowPosition at = shard.first[source]; at < shard.rows_end(source); at = shard.next(at))
          for (std::uint32_t place = 0; place < shard.head(at).count(); ++place)
            if (whole || member[first + shard.target(at, place)]) change.gone[part].push_back({at, place});
      }
    });
    if (std::any_of(change.gone.begin(), change.gone.end(), [](const auto& gone) { return !gone.empty(); })) edit(p, change);
  }
}

template <class R>
void Simulation<R>::kill(std::size_t p, const std::vector<Neuron>& ids) {
  auto& population = populations_.at(p);
  disconnect(p, ids);
  if (population.dead.empty()) population.dead.assign(population.size, 0);
  for (const Neuron i : ids) population.dead[i] = 1;
}

template <class R>
void Simulation<R>::give_birth(std::size_t p, const std::vector<Neuron>& ids) {
  auto& population = populations_.at(p);
  membership(p, Ids(ids));
  for (const Neuron i : ids)
    if (population.dead.empty() || population.dead[i] == 0)
      throw Error("neuron " + std::to_string(i) + " is alive; a neuron can be born only where one is dead");
  if (population.born.empty()) population.born.assign(population.size, 0);
  for (const Neuron i : ids) {
    population.dead[i] = 0;
    population.born[i] = now_;
    if (!population.silent.empty()) population.silent[i] = 0;
  }
  renew_neurons(p, ids);
  renew_elements(p, ids);
}

template <class R>
std::vector<char> Simulation<R>::alive(std::size_t p) const {
  const auto& population = populations_.at(p);
  std::vector<char> alive(population.size, 1);
  for (std::size_t i = 0; i < population.dead.size(); ++i) alive[i] = population.dead[i] == 0 ? 1 : 0;
  return alive;
}

template <class R>
Values Simulation<R>::neuron_births(std::size_t p) const {
  const auto& population = populations_.at(p);
  Values births(population.size, 0.0);
  for (std::size_t i = 0; i < population.born.size(); ++i) births[i] = static_cast<double>(population.born[i]) * dt_;
  return births;
}

// The state of neurons that have just come into being, whatever was in their places before.
template <class R>
void Simulation<R>::renew_neurons(std::size_t p, const std::vector<Neuron>& ids) {
  auto& population = populations_.at(p);
  if (population.source != SourceKind::none) return;
  const auto& membrane = *population.model;
  std::vector<double> parameters, state(membrane.schema.states.size() + 1);
  for (const Neuron i : ids) {
    parameters.clear();
    for (const auto& column : population.parameters) parameters.push_back(column[i]);
    membrane.initial(parameters.data(), state.data());
    for (std::size_t s = 0; s < population.state.size(); ++s) population.state[s][i] = static_cast<R>(state[s]);
    for (auto& receptor : population.receptors)
      for (auto& column : receptor.state) column[i] = R(0);
    if (population.learning.empty()) continue;
    const auto part = static_cast<std::size_t>(population.partition.owner(i));
    const Neuron local = i - population.first(part);
    auto& learning = population.learning[part];
    learning.history.forget(local);
    for (auto& trace : learning.dense) trace.value[local] = R(0);
    for (auto& filter : learning.filters) filter.reset(local, population.state[0][i]);
    std::erase(learning.newest, local);
    for (const std::size_t in : incoming_[p]) renew_rule_states(in, part, local);
  }
  for (auto& controller : controllers_)
    if (controller.population == p && controller.size == population.size) renew_controller(controller, ids);
}

template <class R>
void Simulation<R>::renew_controller(Controller& controller, const std::vector<Neuron>& ids) {
  const auto& operations = *controller.part;
  if (operations.senses != Senses::spikes) return;
  for (std::size_t part = 0; part < controller.sensed.size(); ++part) count_sensed(controller, part);
  std::vector<double> parameters(controller.parameters.size() + 1), own(controller.state.size() + 1);
  for (const Neuron i : ids) {
    for (std::size_t c = 0; c < controller.parameters.size(); ++c) parameters[c] = controller.parameters[c][i];
    operations.initial(parameters.data(), own.data());
    for (std::size_t s = 0; s < controller.state.size(); ++s) controller.state[s][i] = own[s];
    if (!controller.pending.empty()) controller.pending[i] = 0;
  }
  apply(controller);
}

template <class R>
void Simulation<R>::renew_rule_states(std::size_t p, std::size_t part, Neuron local) {
  auto& projection = projections_[p];
  auto& set = plastic_[p];
  std::vector<double> own;
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& traits = set.slots[k].traits;
    if (traits.neurons == 0) continue;
    own.assign(static_cast<std::size_t>(traits.variables + traits.neurons), 0.0);
    const auto& rule = projection.rules[k];
    if (rule.part->initial != nullptr) rule.part->initial(rule.parameters.data(), 0, own.data());
    for (int n = 0; n < traits.neurons; ++n) {
      const double value = own[static_cast<std::size_t>(traits.variables + n)];
      set.parts[part].neurons[k][static_cast<std::size_t>(n)][local] = value;
      set.parts[part].narrow[k][static_cast<std::size_t>(n)][local] = static_cast<R>(value);
    }
  }
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
