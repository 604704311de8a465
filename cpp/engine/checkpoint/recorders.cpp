// Recorders in a file, with what they have recorded.
#include "engine/checkpoint/recorders.hpp"

#include <algorithm>

#include "engine/build/values.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/core/recorded.hpp"
#include "engine/core/recorders.hpp"
#include "engine/network.hpp"
#include "engine/record/recorders.hpp"
#include "network/row_editor.hpp"

namespace plastica {

template <class R>
void archive_recorder(Network<R>& net, Archive& a, std::size_t r) {
  if (a.loading()) {
    net.recorders.emplace_back();
    share_out(net, *net.recorders[r]);
  }
  Recorder<R>& recorder = *net.recorders[r];
  archive_enum(a, "kind", recorder.kind, RecorderKind::elements);
  const auto entries = [&]() -> std::size_t {
    switch (recorder.kind) {
      case RecorderKind::spikes:
      case RecorderKind::states:
      case RecorderKind::rate:
        return net.populations.size();
      case RecorderKind::synapses:
      case RecorderKind::structure:
        return net.projections.size();
      case RecorderKind::modulator:
        return net.modulators.size();
      case RecorderKind::controller:
        return net.controllers.size();
      case RecorderKind::elements:
        return net.rewirings.size();
    }
    return 0;
  };
  a.index("target", recorder.target, entries());
  a.number("interval", recorder.interval, 1, last_step);
  a.number("created", recorder.created, 0, net.now);
  const bool of_neurons = recorder.kind == RecorderKind::spikes || recorder.kind == RecorderKind::rate;
  if (of_neurons) archive_flags(a, "member", recorder.member, net.populations[recorder.target].size);
  switch (recorder.kind) {
    case RecorderKind::spikes:
      return archive_recorded_spikes(net, a, r);
    case RecorderKind::rate:
      return archive_counts(net, a, recorder);
    case RecorderKind::structure:
      return archive_changes(net, a, recorder);
    default:
      archive_sampled(net, a, recorder);
      return archive_samples(net, a, recorder);
  }
}

template <class R>
void share_out(const Network<R>& net, Recorder<R>& recorder) {
  const auto all = static_cast<std::size_t>(net.share_count);
  recorder.steps.resize(all);
  recorder.ids.resize(all);
  recorder.owned.resize(all);
  recorder.columns.resize(all);
  recorder.synapses.resize(all);
  recorder.values.resize(all);
  recorder.counts.resize(all);
}

template <class R>
static void archive_recorded_spikes(Network<R>& net, Archive& a, std::size_t r) {
  Recorder<R>& recorder = *net.recorders[r];
  const auto& population = net.populations[recorder.target];
  if (!a.loading()) {
    auto [steps, ids] = spikes(net, r);
    a.give("steps", std::move(steps));
    a.give("ids", std::move(ids));
    return;
  }
  const auto steps = a.template held_indices<Step>("steps", 0, net.now);
  const auto ids = a.template held_indices<Neuron>("ids", 0, std::int64_t{population.size} - 1);
  a.require(ids.size() == steps.size() && std::is_sorted(steps.begin(), steps.end()), "steps", "must ascend, one for each id");
  std::vector<std::size_t> count(recorder.steps.size(), 0);
  const auto owner = [&](std::size_t i) { return static_cast<std::size_t>(population.partition.owner(ids[i])); };
  for (std::size_t i = 0; i < steps.size(); ++i) ++count[owner(i)];
  for (std::size_t share = 0; share < count.size(); ++share) {
    recorder.steps[share].reserve(count[share]);
    recorder.ids[share].reserve(count[share]);
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    recorder.steps[owner(i)].push_back(steps[i]);
    recorder.ids[owner(i)].push_back(ids[i]);
  }
}

template <class R>
static void archive_counts(Network<R>& net, Archive& a, Recorder<R>& recorder) {
  std::map<Step, std::int64_t> bins;
  for (std::size_t share = 0; share < recorder.steps.size(); ++share)
    for (std::size_t i = 0; i < recorder.steps[share].size(); ++i) bins[recorder.steps[share][i]] += recorder.counts[share][i];
  const Step first = recorder.created / recorder.interval + 1, last = (net.now + recorder.interval - 1) / recorder.interval;
  archive_map(a, "steps", "counts", bins, first * recorder.interval, last * recorder.interval);
  if (!a.loading()) return;
  for (const auto& [step, count] : bins) {
    a.require(step % recorder.interval == 0, "steps", "must be multiples of the interval");
    recorder.steps[0].push_back(step);
    recorder.counts[0].push_back(count);
  }
}

template <class R>
static void archive_changes(Network<R>& net, Archive& a, Recorder<R>& recorder) {
  const auto& projection = net.projections[recorder.target];
  std::vector<Step> steps;
  std::vector<Neuron> sources, targets;
  std::vector<char> created;
  for (const Change& change : recorder.changes) {
    steps.push_back(change.step);
    sources.push_back(change.source);
    targets.push_back(change.target);
    created.push_back(change.created ? 1 : 0);
  }
  a.array("steps", steps);
  a.indices("sources", sources, 0, std::int64_t{net.populations[projection.pre].size} - 1);
  a.indices("targets", targets, 0, std::int64_t{net.populations[projection.post].size} - 1);
  a.array("created_or_removed", created, steps.size());
  if (!a.loading()) return;
  a.require(sources.size() == steps.size() && targets.size() == steps.size(), "steps", "must be as many as sources and targets");
  for (std::size_t i = 0; i < steps.size(); ++i) recorder.changes.push_back({steps[i], sources[i], targets[i], created[i] != 0});
}

// What it samples, by column of the result.
template <class R>
static void archive_sampled(Network<R>& net, Archive& a, Recorder<R>& recorder) {
  a.text("variable", recorder.variable);
  a.number("state", recorder.state);
  archive_enum(a, "probe/where", recorder.probe.where, Probe::Where::neuron);
  a.number("probe/at", recorder.probe.at);
  a.number("probe/rule", recorder.probe.rule);
  a.number("width", recorder.width, 0, std::int64_t{1} << 40);
  const bool of_synapses = recorder.kind == RecorderKind::synapses && recorder.probe.where != Probe::Where::neuron;
  if (of_synapses) return archive_sampled_synapses(net, a, recorder);
  std::vector<Neuron> ids(a.loading() || recorder.kind == RecorderKind::modulator || recorder.kind == RecorderKind::elements ? 0 : recorder.width);
  for (std::size_t share = 0; share < recorder.owned.size() && !ids.empty(); ++share)
    for (std::size_t i = 0; i < recorder.owned[share].size(); ++i) ids[recorder.columns[share][i]] = recorder.owned[share][i];
  a.array("ids", ids);
  if (!a.loading()) return;
  const auto all_in = [&](std::size_t size) {
    a.require(ids.size() == recorder.width && std::all_of(ids.begin(), ids.end(), [size](Neuron i) { return i < size; }), "ids",
              "must be neurons, one for each column");
  };
  const auto deal = [&](const Population<R>& population) {
    all_in(population.size);
    for (std::size_t c = 0; c < ids.size(); ++c) {
      const auto share = static_cast<std::size_t>(population.partition.owner(ids[c]));
      recorder.owned[share].push_back(ids[c]);
      recorder.columns[share].push_back(c);
    }
  };
  switch (recorder.kind) {
    case RecorderKind::states:
      a.require(variable(net, recorder.target, recorder.variable).state != nullptr, "variable", "must be a state");
      return deal(net.populations[recorder.target]);
    case RecorderKind::synapses: {
      const auto& set = net.plastic_sets[recorder.target];
      a.require(recorder.probe.rule < set.slots.size() && !set.shares.empty() && recorder.probe.at < set.shares[0].narrow[recorder.probe.rule].size(), "probe",
                "is not a state of neurons");
      return deal(net.populations[net.projections[recorder.target].post]);
    }
    case RecorderKind::controller:
      a.require(recorder.state < net.controllers[recorder.target].state.size(), "state", "is not one of the controller");
      all_in(net.controllers[recorder.target].size);
      recorder.owned[0] = ids;
      break;
    case RecorderKind::elements:
      a.require(recorder.state < net.rewirings[recorder.target].elements.size(), "state", "is not one of the law");
      a.require(std::ranges::count(variables_of_elements, recorder.variable) == 1, "variable", "must be one of elements");
      a.require(recorder.width == net.rewirings[recorder.target].elements[recorder.state].z.size(), "width", "must be the number of neurons");
      break;
    default:
      a.require(recorder.width == 1, "width", "must be 1");
      break;
  }
  for (std::size_t c = 0; c < recorder.width; ++c) recorder.columns[0].push_back(c);
}

// Synapses by their place in canonical order; -1 for those that are gone.
template <class R>
static void archive_sampled_synapses(Network<R>& net, Archive& a, Recorder<R>& recorder) {
  std::vector<std::int64_t> places(a.loading() ? 0 : recorder.width, -1);
  if (!a.loading()) {
    std::map<std::tuple<std::size_t, RowPosition, std::uint32_t>, std::vector<std::uint64_t>> columns;
    for (std::size_t share = 0; share < recorder.synapses.size(); ++share)
      for (const auto& each : recorder.synapses[share])
        if (each.row != RowEditor<R>::nowhere) columns[{share, each.row, each.place}].push_back(each.column);
    std::int64_t canonical = 0;
    visit(net, recorder.target, [&](const Synapse& s) {
      if (const auto found = columns.find({s.share, s.row, s.place}); found != columns.end())
        for (const auto column : found->second) places[column] = canonical;
      ++canonical;
    });
  }
  a.indices("synapses", places, -1, std::numeric_limits<std::int64_t>::max());
  if (!a.loading()) return;
  a.require(places.size() == recorder.width, "synapses", "must be one for each column");
  const auto& set = net.plastic_sets[recorder.target];
  const bool of_row = recorder.probe.where == Probe::Where::row;
  a.require(recorder.probe.where == Probe::Where::weight || recorder.probe.at < (of_row ? set.of_row : set.variables), "probe", "is not a state of synapses");
  find_sampled(net, recorder, places);
}

template <class R>
static void find_sampled(Network<R>& net, Recorder<R>& recorder, const std::vector<std::int64_t>& places) {
  std::vector<std::size_t> order(places.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return places[x] < places[y]; });
  std::size_t next = 0;
  // Those that are gone are with a thread that samples.
  const auto& partition = net.populations[net.projections[recorder.target].post].partition;
  const auto some = static_cast<std::size_t>(partition.owner(0));
  for (; next < order.size() && places[order[next]] < 0; ++next) recorder.synapses[some].push_back({RowEditor<R>::nowhere, 0, order[next]});
  std::int64_t canonical = 0;
  visit(net, recorder.target, [&](const Synapse& s) {
    for (; next < order.size() && places[order[next]] == canonical; ++next) recorder.synapses[s.share].push_back({s.row, s.place, order[next]});
    ++canonical;
  });
  if (next != order.size()) throw Error("a recorder samples a synapse that there is not");
  for (std::size_t share = 0; share < recorder.synapses.size(); ++share) {
    auto& mine = recorder.synapses[share];
    std::stable_sort(mine.begin(), mine.end(), [](const auto& x, const auto& y) { return x.row < y.row; });
    for (const auto& synapse : mine) recorder.columns[share].push_back(synapse.column);
  }
}

// What it has recorded: [sample][column].
template <class R>
static void archive_samples(Network<R>& net, Archive& a, Recorder<R>& recorder) {
  auto& steps = recorder.steps[0];
  a.indices("steps", steps, 0, net.now);
  if (a.loading()) return deal_samples(recorder, a.template held<R>("values", steps.size() * recorder.width, Archive::Numbers::any));
  std::vector<R> values(steps.size() * recorder.width);
  for (std::size_t share = 0; share < recorder.columns.size(); ++share) {
    const auto& columns = recorder.columns[share];
    for (std::size_t t = 0; t < steps.size(); ++t)
      for (std::size_t c = 0; c < columns.size(); ++c) values[t * recorder.width + columns[c]] = recorder.values[share][t * columns.size() + c];
  }
  a.give("values", std::move(values));
}

template <class R>
static void deal_samples(Recorder<R>& recorder, const Archive::Held<R>& values) {
  for (std::size_t share = 0; share < recorder.columns.size(); ++share) {
    recorder.values[share].reserve(recorder.steps[0].size() * recorder.columns[share].size());
    for (std::size_t t = 0; t < recorder.steps[0].size(); ++t)
      for (const std::size_t column : recorder.columns[share]) recorder.values[share].push_back(values[t * recorder.width + column]);
  }
}

PLASTICA_INSTANTIATE(archive_recorder);
PLASTICA_INSTANTIATE(share_out);

}  // namespace plastica
