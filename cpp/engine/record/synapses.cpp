// Recorders of synapses: their weights, or what the rules keep besides.
#include <algorithm>
#include <map>
#include <tuple>

#include "engine/build/connect.hpp"
#include "engine/build/synapses.hpp"
#include "engine/core/projections.hpp"
#include "engine/core/recorders.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/states.hpp"
#include "engine/record/recorders.hpp"
#include "engine/record/sampled.hpp"
#include "engine/step/bundle.hpp"

namespace plastica {

namespace {

// One that is gone is nowhere, and has no value.
struct SampledSynapse {
  RowPosition row;
  std::uint32_t place;  // within the row
};

// What it samples of neurons, its rules keep once for each target neuron.
template <class R>
struct SynapseRecorder final : Copying<SynapseRecorder<R>, Sampled<R>> {
  static constexpr RowPosition nowhere = RowEditor<R>::nowhere;
  static constexpr R no_value = std::numeric_limits<R>::quiet_NaN();
  std::vector<std::vector<SampledSynapse>> synapses;  // by share: one for each column of its strip, by row
  std::vector<std::vector<R>> constant;               // their weights, while the projection is part of a bundle

  const RecorderKind& kind() const override { return of_synapses; }
  std::size_t targets(const Network<R>& net) const override { return net.projections.size(); }
  void listen(const Network<R>& net) override;
  void sample(Network<R>& net, std::size_t share, Step k) override;
  void add_places(std::size_t share, std::vector<typename Recorder<R>::Place>& places) const override;
  void rows_moved(std::size_t share, const RowEditor<R>& editor) override;
  void rows_bundled(const Network<R>& net) override;
  Step longest_interval(const Network<R>& net) const override;
  // By their places in canonical order; -1 for one that is gone.
  void take_synapses(const Network<R>& net, const std::vector<std::int64_t>& canonical_places);

 protected:
  void save_columns(Network<R>& net, Archive& a) override;

 private:
  bool of_neurons() const { return this->probe.where == Probe::Where::neuron; }
  void read_rows(Network<R>& net, std::size_t share, Step k);
  void save_neurons_of_rule(Network<R>& net, Archive& a);
  std::vector<std::int64_t> canonical_places(const Network<R>& net) const;
};

template <class R>
void SynapseRecorder<R>::listen(const Network<R>& net) {
  this->listens.steps_of = net.projections[this->target].post;
  this->listens.rows_of = this->target;
  this->strips.resize(static_cast<std::size_t>(net.share_count));
  synapses.resize(this->strips.size());
}

template <class R>
void SynapseRecorder<R>::sample(Network<R>& net, std::size_t share, Step k) {
  const std::size_t p = this->target;
  auto& values = this->strips[share].values;
  if (bundled(net, p)) {
    values.insert(values.end(), constant[share].begin(), constant[share].end());
  } else if (of_neurons()) {
    const auto& column = net.plastic_sets[p].shares[share].narrow[this->probe.rule][this->probe.at];
    const Neuron first = net.populations[net.projections[p].post].first(share);
    for (const Neuron i : this->strips[share].neurons) values.push_back(column[i - first]);
  } else if (!net.projections[p].learns() && this->probe.where == Probe::Where::weight) {
    const auto& shard = net.projections[p].shards[share];
    for (const auto& synapse : synapses[share]) values.push_back(synapse.row == nowhere ? no_value : shard.weight(synapse.row, synapse.place));
  } else {
    read_rows(net, share, k);
  }
}

template <class R>
void SynapseRecorder<R>::read_rows(Network<R>& net, std::size_t share, Step k) {
  const std::size_t p = this->target;
  auto& values = this->strips[share].values;
  RowReader<R> rows(net, p, share, k, net.shares[share]);
  PlasticRow<R> row{};
  RowPosition read = nowhere;
  for (const auto& synapse : synapses[share]) {
    if (synapse.row == nowhere) {
      values.push_back(no_value);
      continue;
    }
    if (read != synapse.row) row = rows.read(synapse.row);
    read = synapse.row;
    values.push_back(probed(net, p, share, this->probe, row, synapse.place));
  }
}

template <class R>
void SynapseRecorder<R>::add_places(std::size_t share, std::vector<typename Recorder<R>::Place>& places) const {
  for (const auto& synapse : synapses[share]) places.push_back({synapse.row, synapse.place});
}

template <class R>
void SynapseRecorder<R>::rows_moved(std::size_t share, const RowEditor<R>& editor) {
  for (auto& synapse : synapses[share]) {
    if (synapse.row == nowhere) continue;
    const auto to = editor.moved(typename Recorder<R>::Place{synapse.row, synapse.place});
    synapse = {to.row, to.place};
  }
}

// Static weights do not change while a network runs.
template <class R>
void SynapseRecorder<R>::rows_bundled(const Network<R>& net) {
  constant.assign(synapses.size(), {});
  for (std::size_t share = 0; share < synapses.size(); ++share)
    for (const auto& synapse : synapses[share]) constant[share].push_back(net.projections[this->target].shards[share].weight(synapse.row, synapse.place));
}

// What is recorded of synapses knows of the spikes that have passed them, which is before they reach the soma.
template <class R>
Step SynapseRecorder<R>::longest_interval(const Network<R>& net) const {
  const auto& projection = net.projections[this->target];
  if (of_neurons() || !projection.stateful()) return last_step;
  return Step{projection.min_delay} - projection.dendritic(projection.min_delay) + 2;
}

template <class R>
void SynapseRecorder<R>::take_synapses(const Network<R>& net, const std::vector<std::int64_t>& canonical_places) {
  struct Found {
    SampledSynapse synapse;
    std::size_t column;
  };
  std::vector<std::vector<Found>> found(synapses.size());
  std::vector<std::size_t> order(canonical_places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return canonical_places[x] < canonical_places[y]; });
  std::size_t next = 0;
  // Those that are gone are with a thread that samples.
  for (; next < order.size() && canonical_places[order[next]] < 0; ++next) {
    const auto& partition = net.populations[net.projections[this->target].post].partition;
    found[static_cast<std::size_t>(partition.owner(0))].push_back({{nowhere, 0}, order[next]});
  }
  std::int64_t canonical = 0;
  visit(net, this->target, [&](const Synapse& s) {
    for (; next < order.size() && canonical_places[order[next]] == canonical; ++next) found[s.share].push_back({{s.row, s.place}, order[next]});
    ++canonical;
  });
  if (next != order.size()) throw Error("a recorder samples a synapse that there is not");
  this->width = canonical_places.size();
  for (std::size_t share = 0; share < found.size(); ++share) {
    std::stable_sort(found[share].begin(), found[share].end(), [](const auto& x, const auto& y) { return x.synapse.row < y.synapse.row; });
    for (const auto& [synapse, column] : found[share]) {
      synapses[share].push_back(synapse);
      this->strips[share].columns.push_back(column);
    }
  }
}

template <class R>
void SynapseRecorder<R>::save_columns(Network<R>& net, Archive& a) {
  if (of_neurons()) return save_neurons_of_rule(net, a);
  std::vector<std::int64_t> places;
  if (!a.loading()) places = canonical_places(net);
  a.indices("synapses", places, -1, std::numeric_limits<std::int64_t>::max());
  if (!a.loading()) return;
  a.require(places.size() == this->width, "synapses", "must be one for each column");
  const auto& set = net.plastic_sets[this->target];
  const auto where = this->probe.where;
  a.require(where == Probe::Where::weight || this->probe.at < (where == Probe::Where::row ? set.of_row : set.variables), "probe", "is not a state of synapses");
  take_synapses(net, places);
}

template <class R>
void SynapseRecorder<R>::save_neurons_of_rule(Network<R>& net, Archive& a) {
  const auto neurons = this->save_neurons(a);
  if (!a.loading()) return;
  const auto& set = net.plastic_sets[this->target];
  const auto& [where, at, rule] = this->probe;
  a.require(rule < set.slots.size() && !set.shares.empty() && at < set.shares[0].narrow[rule].size(), "probe", "is not a state of neurons");
  const auto& post = net.populations[net.projections[this->target].post];
  this->check_neurons(a, neurons, post.size);
  this->take_neurons(post, neurons);
}

// By column; -1 for those that are gone.
template <class R>
std::vector<std::int64_t> SynapseRecorder<R>::canonical_places(const Network<R>& net) const {
  std::vector<std::int64_t> places(this->width, -1);
  std::map<std::tuple<std::size_t, RowPosition, std::uint32_t>, std::vector<std::size_t>> columns;
  for (std::size_t share = 0; share < synapses.size(); ++share)
    for (std::size_t i = 0; i < synapses[share].size(); ++i) {
      const auto& [row, place] = synapses[share][i];
      if (row != nowhere) columns[{share, row, place}].push_back(this->strips[share].columns[i]);
    }
  std::int64_t canonical = 0;
  visit(net, this->target, [&](const Synapse& s) {
    if (const auto found = columns.find({s.share, s.row, s.place}); found != columns.end())
      for (const auto column : found->second) places[column] = canonical;
    ++canonical;
  });
  return places;
}

}  // namespace

const RecorderKind of_synapses = kind_of<Recorder, SynapseRecorder>();

// The synapses at these places in canonical order, or all.
template <class R>
static std::vector<std::int64_t> wanted_synapses(const Network<R>& net, std::size_t p, std::optional<std::vector<std::int64_t>> indices) {
  const auto count = static_cast<std::int64_t>(synapses(net, p));
  if (!indices) {
    indices.emplace(static_cast<std::size_t>(count));
    std::iota(indices->begin(), indices->end(), std::int64_t{0});
  }
  for (const auto i : *indices)
    if (i < 0 || i >= count) throw Error("connection " + std::to_string(i) + " is not among the " + std::to_string(count) + " of the projection");
  return *std::move(indices);
}

template <class R>
std::size_t record_synapses(Network<R>& net, std::size_t p, std::optional<std::size_t> state, std::optional<std::vector<std::int64_t>> indices, Step interval) {
  const Probe probe = state ? probe_of(net, p, *state) : Probe{};
  const bool of_neurons = probe.where == Probe::Where::neuron;
  std::vector<std::int64_t> wanted;
  if (!of_neurons) {
    on_its_own(net, p);
    wanted = wanted_synapses(net, p, std::move(indices));
  }
  auto recorder = new_recorder<SynapseRecorder<R>>(net, p, interval);
  recorder->probe = probe;
  if (of_neurons) {
    const auto& post = net.populations[net.projections[p].post];
    recorder->take_neurons(post, wanted_of(std::nullopt, post.size));
  } else {
    recorder->take_synapses(net, wanted);
  }
  const std::size_t id = add_recorder<R>(net, std::move(recorder));
  if (!of_neurons) choose_interval(net);
  return id;
}

PLASTICA_INSTANTIATE(record_synapses);

}  // namespace plastica
