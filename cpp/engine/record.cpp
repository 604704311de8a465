// Recorders: every thread appends what its own neurons and synapses do; reading merges.
#include <algorithm>
#include <numeric>

#include "engine/simulation.hpp"

namespace plastica {

template <class R>
typename Simulation<R>::Recorder& Simulation<R>::add_recorder(RecorderKind kind, std::size_t target, Step interval) {
  if (interval < 1) throw Error("interval must be at least the step dt = " + to_text(dt_) + " ms");
  Owned<Recorder> recorder;
  recorder->kind = kind;
  recorder->target = target;
  recorder->interval = interval;
  recorder->created = now_;
  share_out(*recorder);
  recorders_.push_back(std::move(recorder));
  return *recorders_.back();
}

template <class R>
std::vector<char> Simulation<R>::membership(std::size_t p, const Ids& ids) const {
  std::vector<char> member;
  if (!ids) return member;
  member.assign(populations_.at(p).size, 0);
  for (const Neuron i : *ids) {
    if (i >= member.size()) throw Error("neuron " + std::to_string(i) + " is not among the " + std::to_string(member.size()) + " of the population");
    member[i] = 1;
  }
  return member;
}

template <class R>
std::size_t Simulation<R>::record_spikes(std::size_t p, const Ids& ids) {
  auto member = membership(p, ids);
  add_recorder(RecorderKind::spikes, p, 1).member = std::move(member);
  return recorders_.size() - 1;
}

template <class R>
std::size_t Simulation<R>::record_rate(std::size_t p, const Ids& ids, Step interval) {
  auto member = membership(p, ids);
  add_recorder(RecorderKind::rate, p, interval).member = std::move(member);
  return recorders_.size() - 1;
}

template <class R>
std::size_t Simulation<R>::record_states(std::size_t p, const std::string& name, const Ids& ids, Step interval) {
  const Variable found = variable(p, name);
  if (found.state == nullptr) throw Error("'" + name + "' is a parameter; it changes only when it is set. States can be recorded");
  std::vector<Neuron> wanted(populations_[p].size);
  std::iota(wanted.begin(), wanted.end(), 0u);
  if (ids) {
    membership(p, ids);
    wanted = *ids;
  }
  auto& recorder = add_recorder(RecorderKind::states, p, interval);
  recorder.width = wanted.size();
  recorder.variable = name;
  for (std::size_t c = 0; c < wanted.size(); ++c) {
    const auto part = static_cast<std::size_t>(populations_[p].partition.owner(wanted[c]));
    recorder.owned[part].push_back(wanted[c]);
    recorder.columns[part].push_back(c);
  }
  return recorders_.size() - 1;
}

template <class R>
std::size_t Simulation<R>::record_modulator(std::size_t modulator, Step interval) {
  if (modulator >= modulators_.size()) throw Error("there is no such modulator");
  auto& recorder = add_recorder(RecorderKind::modulator, modulator, interval);
  recorder.width = 1;
  recorder.columns[0].push_back(0);
  return recorders_.size() - 1;
}

template <class R>
std::size_t Simulation<R>::record_synapses(std::size_t p, std::optional<std::size_t> state, std::optional<std::vector<std::int64_t>> indices, Step interval) {
  const Probe probe = state ? probe_of(p, *state) : Probe{};
  if (probe.where == Probe::Where::neuron) {
    const auto& post = populations_[projections_.at(p).post];
    auto& recorder = add_recorder(RecorderKind::synapses, p, interval);
    recorder.probe = probe;
    recorder.width = post.size;
    for (Neuron i = 0; i < post.size; ++i) {
      const auto part = static_cast<std::size_t>(post.partition.owner(i));
      recorder.owned[part].push_back(i);
      recorder.columns[part].push_back(i);
    }
    return recorders_.size() - 1;
  }
  on_its_own(p);
  const auto count = static_cast<std::int64_t>(synapses(p));
  std::vector<std::int64_t> wanted(indices ? indices->size() : static_cast<std::size_t>(count));
  std::iota(wanted.begin(), wanted.end(), std::int64_t{0});
  if (indices) wanted = *indices;
  for (const auto i : wanted)
    if (i < 0 || i >= count) throw Error("connection " + std::to_string(i) + " is not among the " + std::to_string(count) + " of the projection");
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
  auto& recorder = add_recorder(RecorderKind::synapses, p, interval);
  recorder.probe = probe;
  recorder.width = wanted.size();
  std::int64_t canonical = 0;
  std::size_t next = 0;
  visit(p, [&](const Synapse& s) {
    for (; next < order.size() && wanted[order[next]] == canonical; ++next) recorder.synapses[s.part].push_back({s.row, s.place, order[next]});
    ++canonical;
  });
  for (std::size_t part = 0; part < recorder.synapses.size(); ++part) {
    std::stable_sort(recorder.synapses[part].begin(), recorder.synapses[part].end(), [](const auto& a, const auto& b) { return a.row < b.row; });
    for (const auto& synapse : recorder.synapses[part]) recorder.columns[part].push_back(synapse.column);
  }
  choose_interval();
  return recorders_.size() - 1;
}

// By step, and within a step by neuron: threads own ascending ranges.
template <class R>
std::pair<std::vector<Step>, std::vector<Neuron>> Simulation<R>::spikes(std::size_t r) const {
  const auto& recorder = *recorders_.at(r);
  std::vector<Step> steps;
  std::vector<Neuron> ids;
  std::size_t total = 0;
  for (const auto& of_part : recorder.steps) total += of_part.size();
  steps.reserve(total);
  ids.reserve(total);
  std::vector<std::size_t> at(recorder.steps.size(), 0);
  while (steps.size() < total) {
    std::size_t first = at.size();
    for (std::size_t part = 0; part < at.size(); ++part)
      if (at[part] < recorder.steps[part].size() && (first == at.size() || recorder.steps[part][at[part]] < recorder.steps[first][at[first]])) first = part;
    const Step step = recorder.steps[first][at[first]];
    for (; at[first] < recorder.steps[first].size() && recorder.steps[first][at[first]] == step; ++at[first]) {
      steps.push_back(step);
      ids.push_back(recorder.ids[first][at[first]]);
    }
  }
  return {std::move(steps), std::move(ids)};
}

template <class R>
std::pair<std::vector<Step>, Values> Simulation<R>::samples(std::size_t r) const {
  const auto& recorder = *recorders_.at(r);
  const auto& steps = recorder.steps[0];
  Values values(steps.size() * recorder.width);
  for (std::size_t part = 0; part < recorder.values.size(); ++part) {
    const auto& columns = recorder.columns[part];
    for (std::size_t t = 0; t < steps.size(); ++t)
      for (std::size_t c = 0; c < columns.size(); ++c) values[t * recorder.width + columns[c]] = recorder.values[part][t * columns.size() + c];
  }
  return {steps, std::move(values)};
}

// One count per finished or begun bin since the recorder was made, with the step at which each bin ends.
template <class R>
std::pair<std::vector<Step>, std::vector<std::int64_t>> Simulation<R>::spike_counts(std::size_t r) const {
  const auto& recorder = *recorders_.at(r);
  std::vector<Step> steps;
  const Step interval = recorder.interval;
  for (Step end = (recorder.created / interval + 1) * interval; end - interval < now_; end += interval) steps.push_back(end);
  std::vector<std::int64_t> counts(steps.size(), 0);
  for (std::size_t part = 0; part < recorder.steps.size(); ++part)
    for (std::size_t i = 0; i < recorder.steps[part].size(); ++i)
      counts[static_cast<std::size_t>((recorder.steps[part][i] - steps[0]) / interval)] += recorder.counts[part][i];
  return {std::move(steps), std::move(counts)};
}

template <class R>
StructureLog Simulation<R>::structure_log(std::size_t r) const {
  StructureLog log;
  for (const Change& change : recorders_.at(r)->changes) {
    log.steps.push_back(change.step);
    log.sources.push_back(change.source);
    log.targets.push_back(change.target);
    log.created.push_back(change.created ? 1 : 0);
  }
  return log;
}

template <class R>
void Simulation<R>::withdraw_recorder() {
  const std::size_t last = recorders_.size() - 1;
  std::erase_if(agenda_, [last](const Due& due) { return due.kind == Due::Kind::sample && due.index == last; });
  recorders_.pop_back();
}

template <class R>
void Simulation<R>::clear_recorder(std::size_t r) {
  auto& recorder = *recorders_.at(r);
  recorder.created = now_;
  for (auto& of_part : recorder.steps) of_part.clear();
  for (auto& of_part : recorder.ids) of_part.clear();
  for (auto& of_part : recorder.values) of_part.clear();
  for (auto& of_part : recorder.counts) of_part.clear();
  recorder.changes.clear();
}

template <class R>
std::size_t Simulation<R>::recorded_bytes(std::size_t r) const {
  const auto& recorder = *recorders_.at(r);
  const auto bytes = [](const auto& lists) {
    std::size_t sum = 0;
    for (const auto& list : lists) sum += list.size() * sizeof(list[0]);
    return sum;
  };
  return bytes(recorder.steps) + bytes(recorder.ids) + bytes(recorder.values) + bytes(recorder.counts) + recorder.changes.size() * sizeof(Change);
}

template <class R>
void Simulation<R>::drop_recorded(std::size_t r) {
  auto& recorder = *recorders_.at(r);
  if (recorder.kind != RecorderKind::rate) return clear_recorder(r);
  recorder.created = std::max(recorder.created, now_ / recorder.interval * recorder.interval);
  for (std::size_t part = 0; part < recorder.steps.size(); ++part) {
    auto& steps = recorder.steps[part];
    const auto complete = std::upper_bound(steps.begin(), steps.end(), now_) - steps.begin();
    steps.erase(steps.begin(), steps.begin() + complete);
    recorder.counts[part].erase(recorder.counts[part].begin(), recorder.counts[part].begin() + complete);
  }
}

std::unique_ptr<Core> make_core_single(const Settings& settings) { return std::make_unique<Simulation<float>>(settings); }
std::unique_ptr<Core> make_core_double(const Settings& settings) { return std::make_unique<Simulation<double>>(settings); }

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
