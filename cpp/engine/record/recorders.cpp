// Making recorders, and reading what they hold. Every share appends what its own neurons and synapses do; reading merges.
#include "engine/record/recorders.hpp"

#include <algorithm>
#include <numeric>

#include "engine/build/connect.hpp"
#include "engine/build/synapses.hpp"
#include "engine/build/values.hpp"
#include "engine/checkpoint/recorders.hpp"
#include "engine/core/projections.hpp"
#include "engine/core/recorded.hpp"
#include "engine/core/recorders.hpp"
#include "engine/core/rewiring.hpp"
#include "engine/network.hpp"
#include "engine/plastic/states.hpp"
#include "engine/step/bundle.hpp"
#include "engine/structure/laws.hpp"

namespace plastica {

template <class R>
std::size_t record_controller(Network<R>& net, std::size_t c, const std::string& name, const Ids& ids, Step interval) {
  const auto& controller = net.controllers.at(c);
  const Schema& schema = controller.part->schema;
  const auto state = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& field) { return field.name == name; });
  if (state == schema.states.end()) throw Error(std::string(schema.text.name) + " has no state '" + name + "'");
  std::vector<Neuron> wanted(controller.size);
  std::iota(wanted.begin(), wanted.end(), 0u);
  if (ids) wanted = *ids;
  auto& recorder = add_recorder(net, RecorderKind::controller, c, interval);
  recorder.state = static_cast<std::size_t>(state - schema.states.begin());
  recorder.width = wanted.size();
  recorder.owned[0] = wanted;
  recorder.columns[0].resize(wanted.size());
  std::iota(recorder.columns[0].begin(), recorder.columns[0].end(), std::size_t{0});
  net.agenda.push_back({Due::Kind::sample, net.recorders.size() - 1});
  return net.recorders.size() - 1;
}

template <class R>
void sample_controller(const Network<R>& net, Recorder<R>& recorder, Step k) {
  const auto& state = net.controllers[recorder.target].state[recorder.state];
  recorder.steps[0].push_back(k);
  for (const Neuron i : recorder.owned[0]) recorder.values[0].push_back(static_cast<R>(state[i]));
}

template <class R>
std::size_t record_structure(Network<R>& net, std::size_t p) {
  on_its_own(net, p);
  add_recorder(net, RecorderKind::structure, p, 1);
  return net.recorders.size() - 1;
}

template <class R>
static Recorder<R>& add_recorder(Network<R>& net, RecorderKind kind, std::size_t target, Step interval) {
  if (interval < 1) throw Error("interval must be at least the step dt = " + to_text(net.dt) + " ms");
  Owned<Recorder<R>> recorder;
  recorder->kind = kind;
  recorder->target = target;
  recorder->interval = interval;
  recorder->created = net.now;
  share_out(net, *recorder);
  net.recorders.push_back(std::move(recorder));
  return *net.recorders.back();
}

template <class R>
std::vector<char> membership(const Network<R>& net, std::size_t p, const Ids& ids) {
  std::vector<char> member;
  if (!ids) return member;
  member.assign(net.populations.at(p).size, 0);
  for (const Neuron i : *ids) {
    if (i >= member.size()) throw Error("neuron " + std::to_string(i) + " is not among the " + std::to_string(member.size()) + " of the population");
    member[i] = 1;
  }
  return member;
}

template <class R>
std::size_t record_spikes(Network<R>& net, std::size_t p, const Ids& ids) {
  auto member = membership(net, p, ids);
  add_recorder(net, RecorderKind::spikes, p, 1).member = std::move(member);
  return net.recorders.size() - 1;
}

template <class R>
std::size_t record_rate(Network<R>& net, std::size_t p, const Ids& ids, Step interval) {
  auto member = membership(net, p, ids);
  add_recorder(net, RecorderKind::rate, p, interval).member = std::move(member);
  return net.recorders.size() - 1;
}

template <class R>
std::size_t record_states(Network<R>& net, std::size_t p, const std::string& name, const Ids& ids, Step interval) {
  const Variable<R> found = variable(net, p, name);
  if (found.state == nullptr) throw Error("'" + name + "' is a parameter; it changes only when it is set. States can be recorded");
  std::vector<Neuron> wanted(net.populations[p].size);
  std::iota(wanted.begin(), wanted.end(), 0u);
  if (ids) {
    membership(net, p, ids);
    wanted = *ids;
  }
  auto& recorder = add_recorder(net, RecorderKind::states, p, interval);
  recorder.width = wanted.size();
  recorder.variable = name;
  for (std::size_t c = 0; c < wanted.size(); ++c) {
    const auto share = static_cast<std::size_t>(net.populations[p].partition.owner(wanted[c]));
    recorder.owned[share].push_back(wanted[c]);
    recorder.columns[share].push_back(c);
  }
  return net.recorders.size() - 1;
}

template <class R>
std::size_t record_modulator(Network<R>& net, std::size_t modulator, Step interval) {
  if (modulator >= net.modulators.size()) throw Error("there is no such modulator");
  auto& recorder = add_recorder(net, RecorderKind::modulator, modulator, interval);
  recorder.width = 1;
  recorder.columns[0].push_back(0);
  return net.recorders.size() - 1;
}

template <class R>
std::size_t record_synapses(Network<R>& net, std::size_t p, std::optional<std::size_t> state, std::optional<std::vector<std::int64_t>> indices, Step interval) {
  const Probe probe = state ? probe_of(net, p, *state) : Probe{};
  if (probe.where == Probe::Where::neuron) {
    const auto& post = net.populations[net.projections.at(p).post];
    auto& recorder = add_recorder(net, RecorderKind::synapses, p, interval);
    recorder.probe = probe;
    recorder.width = post.size;
    for (Neuron i = 0; i < post.size; ++i) {
      const auto share = static_cast<std::size_t>(post.partition.owner(i));
      recorder.owned[share].push_back(i);
      recorder.columns[share].push_back(i);
    }
    return net.recorders.size() - 1;
  }
  on_its_own(net, p);
  const auto count = static_cast<std::int64_t>(synapses(net, p));
  std::vector<std::int64_t> wanted(indices ? indices->size() : static_cast<std::size_t>(count));
  std::iota(wanted.begin(), wanted.end(), std::int64_t{0});
  if (indices) wanted = *indices;
  for (const auto i : wanted)
    if (i < 0 || i >= count) throw Error("connection " + std::to_string(i) + " is not among the " + std::to_string(count) + " of the projection");
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
  auto& recorder = add_recorder(net, RecorderKind::synapses, p, interval);
  recorder.probe = probe;
  recorder.width = wanted.size();
  std::int64_t canonical = 0;
  std::size_t next = 0;
  visit(net, p, [&](const Synapse& s) {
    for (; next < order.size() && wanted[order[next]] == canonical; ++next) recorder.synapses[s.share].push_back({s.row, s.place, order[next]});
    ++canonical;
  });
  for (std::size_t share = 0; share < recorder.synapses.size(); ++share) {
    std::stable_sort(recorder.synapses[share].begin(), recorder.synapses[share].end(), [](const auto& a, const auto& b) { return a.row < b.row; });
    for (const auto& synapse : recorder.synapses[share]) recorder.columns[share].push_back(synapse.column);
  }
  choose_interval(net);
  return net.recorders.size() - 1;
}

// By step, and within a step by neuron: threads own ascending ranges.
template <class R>
std::pair<std::vector<Step>, std::vector<Neuron>> spikes(const Network<R>& net, std::size_t r) {
  const auto& recorder = *net.recorders.at(r);
  std::vector<Step> steps;
  std::vector<Neuron> ids;
  std::size_t total = 0;
  for (const auto& of_share : recorder.steps) total += of_share.size();
  steps.reserve(total);
  ids.reserve(total);
  std::vector<std::size_t> at(recorder.steps.size(), 0);
  while (steps.size() < total) {
    std::size_t first = at.size();
    for (std::size_t share = 0; share < at.size(); ++share)
      if (at[share] < recorder.steps[share].size() && (first == at.size() || recorder.steps[share][at[share]] < recorder.steps[first][at[first]]))
        first = share;
    const Step step = recorder.steps[first][at[first]];
    for (; at[first] < recorder.steps[first].size() && recorder.steps[first][at[first]] == step; ++at[first]) {
      steps.push_back(step);
      ids.push_back(recorder.ids[first][at[first]]);
    }
  }
  return {std::move(steps), std::move(ids)};
}

template <class R>
std::pair<std::vector<Step>, Values> samples(const Network<R>& net, std::size_t r) {
  const auto& recorder = *net.recorders.at(r);
  const auto& steps = recorder.steps[0];
  Values values(steps.size() * recorder.width);
  for (std::size_t share = 0; share < recorder.values.size(); ++share) {
    const auto& columns = recorder.columns[share];
    for (std::size_t t = 0; t < steps.size(); ++t)
      for (std::size_t c = 0; c < columns.size(); ++c) values[t * recorder.width + columns[c]] = recorder.values[share][t * columns.size() + c];
  }
  return {steps, std::move(values)};
}

// One count per finished or begun bin since the recorder was made, with the step at which each bin ends.
template <class R>
std::pair<std::vector<Step>, std::vector<std::int64_t>> spike_counts(const Network<R>& net, std::size_t r) {
  const auto& recorder = *net.recorders.at(r);
  std::vector<Step> steps;
  const Step interval = recorder.interval;
  for (Step end = (recorder.created / interval + 1) * interval; end - interval < net.now; end += interval) steps.push_back(end);
  std::vector<std::int64_t> counts(steps.size(), 0);
  for (std::size_t share = 0; share < recorder.steps.size(); ++share)
    for (std::size_t i = 0; i < recorder.steps[share].size(); ++i)
      counts[static_cast<std::size_t>((recorder.steps[share][i] - steps[0]) / interval)] += recorder.counts[share][i];
  return {std::move(steps), std::move(counts)};
}

template <class R>
StructureLog structure_log(const Network<R>& net, std::size_t r) {
  StructureLog log;
  for (const Change& change : net.recorders.at(r)->changes) {
    log.steps.push_back(change.step);
    log.sources.push_back(change.source);
    log.targets.push_back(change.target);
    log.created.push_back(change.created ? 1 : 0);
  }
  return log;
}

template <class R>
void withdraw_recorder(Network<R>& net) {
  const std::size_t last = net.recorders.size() - 1;
  std::erase_if(net.agenda, [last](const Due& due) { return due.kind == Due::Kind::sample && due.index == last; });
  net.recorders.pop_back();
}

template <class R>
void clear_recorder(Network<R>& net, std::size_t r) {
  auto& recorder = *net.recorders.at(r);
  recorder.created = net.now;
  for (auto& of_share : recorder.steps) of_share.clear();
  for (auto& of_share : recorder.ids) of_share.clear();
  for (auto& of_share : recorder.values) of_share.clear();
  for (auto& of_share : recorder.counts) of_share.clear();
  recorder.changes.clear();
}

template <class R>
std::size_t recorded_bytes(const Network<R>& net, std::size_t r) {
  const auto& recorder = *net.recorders.at(r);
  const auto bytes = [](const auto& lists) {
    std::size_t sum = 0;
    for (const auto& list : lists) sum += list.size() * sizeof(list[0]);
    return sum;
  };
  return bytes(recorder.steps) + bytes(recorder.ids) + bytes(recorder.values) + bytes(recorder.counts) + recorder.changes.size() * sizeof(Change);
}

template <class R>
void drop_recorded(Network<R>& net, std::size_t r) {
  auto& recorder = *net.recorders.at(r);
  if (recorder.kind != RecorderKind::rate) return clear_recorder(net, r);
  recorder.created = std::max(recorder.created, net.now / recorder.interval * recorder.interval);
  for (std::size_t share = 0; share < recorder.steps.size(); ++share) {
    auto& steps = recorder.steps[share];
    const auto complete = std::upper_bound(steps.begin(), steps.end(), net.now) - steps.begin();
    steps.erase(steps.begin(), steps.begin() + complete);
    recorder.counts[share].erase(recorder.counts[share].begin(), recorder.counts[share].begin() + complete);
  }
}

template <class R>
std::size_t record_elements(Network<R>& net, std::size_t id, std::size_t column, const std::string& name, Step interval) {
  auto& recorder = add_recorder(net, RecorderKind::elements, id, interval);
  recorder.state = column;
  recorder.variable = name;
  recorder.width = net.rewirings.at(id).elements.at(column).z.size();
  recorder.columns[0].resize(recorder.width);
  std::iota(recorder.columns[0].begin(), recorder.columns[0].end(), std::size_t{0});
  net.agenda.push_back({Due::Kind::sample, net.recorders.size() - 1});
  return net.recorders.size() - 1;
}

template <class R>
void sample_elements(Network<R>& net, Recorder<R>& recorder, Step k) {
  recorder.steps[0].push_back(k);
  for (const double value : elements_get(net, recorder.target, recorder.state, recorder.variable)) recorder.values[0].push_back(static_cast<R>(value));
}

PLASTICA_INSTANTIATE(record_controller);
PLASTICA_INSTANTIATE(sample_controller);
PLASTICA_INSTANTIATE(record_structure);
PLASTICA_INSTANTIATE(membership);
PLASTICA_INSTANTIATE(record_spikes);
PLASTICA_INSTANTIATE(record_rate);
PLASTICA_INSTANTIATE(record_states);
PLASTICA_INSTANTIATE(record_modulator);
PLASTICA_INSTANTIATE(record_synapses);
PLASTICA_INSTANTIATE(spikes);
PLASTICA_INSTANTIATE(samples);
PLASTICA_INSTANTIATE(spike_counts);
PLASTICA_INSTANTIATE(structure_log);
PLASTICA_INSTANTIATE(withdraw_recorder);
PLASTICA_INSTANTIATE(clear_recorder);
PLASTICA_INSTANTIATE(recorded_bytes);
PLASTICA_INSTANTIATE(drop_recorded);
PLASTICA_INSTANTIATE(record_elements);
PLASTICA_INSTANTIATE(sample_elements);

}  // namespace plastica
