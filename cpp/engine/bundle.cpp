// Bundles: the static projections with various delays that leave one population, as they lie in memory while the network runs.
//
// It is undone when somebody looks at the synapses of a member, and done again for the next run: nobody can tell. What arrives through bundles
// is summed first, in the order of (source population, spike).
#include <algorithm>
#include <iterator>

#include "base/parallel.hpp"
#include "engine/simulation.hpp"
#include "network/record_writer.hpp"

namespace plastica {
namespace {

// Where a member's rows of one source have got to.
struct Reading {
  RowPosition at, end;
  std::uint32_t delay;
};

template <class R>
std::vector<Reading> read_rows(const std::vector<const Shard<R>*>& shards, const std::vector<std::uint32_t>& least, Neuron source) {
  std::vector<Reading> rows;
  for (std::size_t m = 0; m < shards.size(); ++m) {
    Reading row{shards[m]->first[source], shards[m]->rows_end(source), least[m]};
    if (row.at < row.end) row.delay += shards[m]->head(row.at).gap();
    rows.push_back(row);
  }
  return rows;
}

// Copies the row that is next, in as many pieces as the heads need.
template <class R>
void append(RecordWriter<R>& writer, const Shard<R>& shard, std::size_t member, RowPosition at, std::uint32_t delay) {
  const RowLayout& layout = shard.layout;
  const std::uint32_t count = shard.head(at).count();
  for (std::uint32_t from = 0; from < count; from += MemberHead::most_synapses) {
    const std::uint32_t piece = std::min(count - from, MemberHead::most_synapses);
    const std::uint32_t targets = layout.weights_at<R>(piece) - layout.head;
    const std::uint32_t words = 1 + targets + (layout.weights ? piece : 0);
    if (writer.words() + words > RowHead::most_synapses) {
      writer.close(static_cast<std::uint32_t>(writer.words()));
      writer.open(delay);
    }
    R* const row = writer.extend(words);
    std::fill_n(row, 1 + targets, R(0));
    *reinterpret_cast<MemberHead*>(row) = MemberHead::make(member, piece);
    const auto* const bytes = static_cast<const char*>(shard.targets(at)) + from * layout.target_bytes;
    std::copy_n(bytes, piece * layout.target_bytes, reinterpret_cast<char*>(row + 1));
    if (layout.weights) std::copy_n(shard.weights(at) + from, piece, row + 1 + targets);
  }
}

}  // namespace

// Those to be bundled: the first static projection with various delays, all axonal, on which nothing acts, of each pair of a source population and a receptor.
// (A dendritic delay matters to a static projection too: when its weights are set while spikes are in the dendrite.)
template <class R>
std::vector<std::vector<std::size_t>> Simulation<R>::bundles_wanted() const {
  std::vector<std::vector<std::size_t>> wanted(populations_.size());
  for (std::size_t pre = 0; pre < populations_.size(); ++pre) {
    for (const std::size_t p : outgoing_[pre]) {
      const auto& projection = projections_[p];
      const bool taken = std::any_of(wanted[pre].begin(), wanted[pre].end(), [&](std::size_t other) {
        return projections_[other].post == projection.post && projections_[other].receptor == projection.receptor;
      });
      const bool various = projection.min_delay != projection.max_delay && projection.dendritic(projection.max_delay) == 0;
      if (various && !taken && !projection.stateful() && !projection.alone && wanted[pre].size() < MemberHead::most_members) wanted[pre].push_back(p);
    }
    if (wanted[pre].size() < 2) wanted[pre].clear();
  }
  return wanted;
}

template <class R>
void Simulation<R>::bundle_up() {
  const auto wanted = bundles_wanted();
  bundles_.resize(populations_.size());
  bundled_.resize(projections_.size());
  bundles_deliver_ = false;
  for (std::size_t pre = 0; pre < bundles_.size(); ++pre) {
    bundles_deliver_ = bundles_deliver_ || !wanted[pre].empty();
    if (bundles_[pre].members == wanted[pre]) continue;
    unbundle(pre);
    if (wanted[pre].empty()) continue;
    Bundle<R> bundle;
    bundle.members = wanted[pre];
    bundle.min_delay = projections_[wanted[pre].front()].min_delay;
    for (const std::size_t p : bundle.members) bundle.min_delay = std::min(bundle.min_delay, projections_[p].min_delay);
    bundle.parts.resize(static_cast<std::size_t>(parts_));
    keep_samples(bundle.members);
    parallel(parts_, [&](int thread) { make_bundle(bundle, populations_[pre].size, static_cast<std::size_t>(thread)); });
    for (const std::size_t p : bundle.members) bundled_[p] = true;
    bundles_[pre] = std::move(bundle);
  }
  span_ = interval_;
  if (!bundles_deliver_) return;
  for (const auto& population : populations_)
    if (population.source == SourceKind::none) span_ = std::min<Step>(span_, static_cast<Step>(population.rows));
}

// The members' records are given back as they are used: there is never a second copy of them.
template <class R>
void Simulation<R>::make_bundle(Bundle<R>& bundle, Neuron sources, std::size_t part) {
  constexpr RowPosition released_at_once = 1u << 18;
  std::vector<Shard<R>*> owners;
  std::vector<const Shard<R>*> shards;
  std::vector<std::uint32_t> least;
  std::uint64_t words = 0, synapses = 0;
  std::uint32_t most_delay = 0;
  for (const std::size_t p : bundle.members) {
    auto& projection = projections_[p];
    owners.push_back(&projection.shards[part]);
    shards.push_back(owners.back());
    least.push_back(projection.min_delay);
    most_delay = std::max(most_delay, projection.max_delay);
    words += shards.back()->store.size();
    synapses += shards.back()->synapses;
  }
  std::vector<typename Records<R>::Spike> spikes;
  for (std::size_t m = 0; m < shards.size(); ++m) {
    const auto of_member = shards[m]->spikes_under_way(now_, least[m]);
    spikes.insert(spikes.end(), of_member.begin(), of_member.end());
  }
  std::sort(spikes.begin(), spikes.end());
  spikes.erase(std::unique(spikes.begin(), spikes.end()), spikes.end());

  auto& records = bundle.parts[part];
  records.layout.bundled = true;
  records.staggered = true;
  records.make_ring(bundle.min_delay);
  const std::uint64_t fillers = (most_delay - bundle.min_delay) / RowHead::most_gap * std::uint64_t{sources};
  // Every row has two words or more: half as many heads of records, and those of pieces.
  records.store = Store<R>(words + words / 2 + words / 1024 + synapses / 1024 + fillers + 1024);
  RecordWriter<R> writer(records, sources, bundle.min_delay);
  std::vector<RowPosition> released(shards.size(), 0);
  for (Neuron source = 0; source < sources; ++source) {
    writer.begin_source();
    auto rows = read_rows(shards, least, source);
    while (true) {
      const Reading* next = nullptr;
      for (const Reading& row : rows)
        if (row.at < row.end && (next == nullptr || row.delay < next->delay)) next = &row;
      if (next == nullptr) break;
      const std::uint32_t delay = next->delay;
      writer.open(delay);
      for (std::size_t m = 0; m < rows.size(); ++m) {
        Reading& row = rows[m];
        while (row.at < row.end && row.delay == delay) {
          append(writer, *shards[m], m, row.at, delay);
          row.at = shards[m]->next(row.at);
          if (row.at < row.end) row.delay += shards[m]->head(row.at).gap();
        }
      }
      writer.close(static_cast<std::uint32_t>(writer.words()));
    }
    for (std::size_t m = 0; m < rows.size(); ++m) {
      if (rows[m].end - released[m] < released_at_once) continue;
      release_pages(shards[m]->store.data() + released[m], shards[m]->store.data() + rows[m].end);
      released[m] = rows[m].end;
    }
  }
  writer.finish();
  for (Shard<R>* shard : owners) {
    shard->forget_spikes();
    shard->store = {};
    shard->first = {};
  }
  for (const auto& spike : spikes) records.resume(spike, now_, bundle.min_delay);
}

// The projections that leave a population have their synapses to themselves again.
template <class R>
void Simulation<R>::unbundle(std::size_t pre) {
  if (pre >= bundles_.size() || bundles_[pre].members.empty()) return;
  Bundle<R> bundle = std::move(bundles_[pre]);
  bundles_[pre] = {};
  parallel(parts_, [&](int thread) { undo_bundle(bundle, populations_[pre].size, static_cast<std::size_t>(thread)); });
  for (const std::size_t p : bundle.members) bundled_[p] = false;
}

template <class R>
void Simulation<R>::undo_bundle(Bundle<R>& bundle, Neuron sources, std::size_t part) {
  constexpr RowPosition released_at_once = 1u << 20;
  auto& records = bundle.parts[part];
  const auto spikes = records.spikes_under_way(now_, bundle.min_delay);
  std::vector<ShardWriter<R>> writers;
  for (const std::size_t p : bundle.members) {
    auto& shard = projections_[p].shards[part];
    // Long rows may come back in more pieces.
    shard.store = Store<R>(shard.words + shard.synapses / MemberHead::most_synapses * (shard.layout.head + 1));
    writers.emplace_back(shard, sources, projections_[p].min_delay);
  }
  RowPosition released = 0;
  for (Neuron source = 0; source < sources; ++source) {
    for (auto& writer : writers) writer.begin_source();
    std::uint32_t delay = bundle.min_delay;
    for (RowPosition at = records.first[source]; at < records.first[source + 1]; at = records.next(at)) {
      delay += records.head(at).gap();
      const R* row = records.store.data() + at + records.layout.head;
      while (row < records.store.data() + records.next(at)) {
        const auto head = *reinterpret_cast<const MemberHead*>(row++);
        const auto& shard = projections_[bundle.members[head.member()]].shards[part];
        const std::uint32_t targets = shard.layout.template weights_at<R>(head.count()) - shard.layout.head;
        const auto target = [&](std::size_t i) {
          return shard.layout.narrow() ? reinterpret_cast<const std::uint16_t*>(row)[i] : reinterpret_cast<const std::uint32_t*>(row)[i];
        };
        writers[head.member()].add(delay, 0, head.count(), target, [&](std::size_t i) { return row[targets + i]; });
        row += targets + (shard.layout.weights ? head.count() : 0);
      }
    }
    if (records.first[source + 1] - released < released_at_once) continue;
    release_pages(records.store.data() + released, records.store.data() + records.first[source + 1]);
    released = records.first[source + 1];
  }
  for (auto& writer : writers) writer.finish();
  records.store = {};
  for (const std::size_t p : bundle.members)
    for (const auto& spike : spikes) projections_[p].shards[part].resume(spike, now_, projections_[p].min_delay);
}

// Static weights do not change while a network runs: recorders take them from here.
template <class R>
void Simulation<R>::keep_samples(const std::vector<std::size_t>& members) {
  for (auto& recorder : recorders_) {
    if (recorder->kind != RecorderKind::synapses || std::find(members.begin(), members.end(), recorder->target) == members.end()) continue;
    recorder->constant.assign(recorder->synapses.size(), {});
    for (std::size_t part = 0; part < recorder->synapses.size(); ++part)
      for (const auto& synapse : recorder->synapses[part])
        recorder->constant[part].push_back(projections_[recorder->target].shards[part].weight(synapse.row, synapse.place));
  }
}

// Spikes that arrive in the steps begin .. end-1, onto all populations.
template <class R>
void Simulation<R>::deliver_bundles(std::size_t part, Step begin, Step end) {
  auto& members = parts_state_[part].members;
  for (auto& bundle : bundles_) {
    if (bundle.members.empty()) continue;
    auto& records = bundle.parts[part];
    for (Step k = begin; k < end; ++k) {
      auto& due = records.arrivals(k);
      if (due.empty()) continue;
      members.clear();
      for (const std::size_t p : bundle.members) {
        auto& post = populations_[projections_[p].post];
        const auto& shard = projections_[p].shards[part];
        R* const arrivals = post.receptors[projections_[p].receptor].arrivals.data();
        R* const input = arrivals + static_cast<std::size_t>(k - begin) * post.stride() + post.first(part);
        members.push_back({input, shard.shared, shard.layout.narrow(), shard.layout.weights});
      }
      kernels_.deliver_bundle(records.store.data(), due.data(), due.size(), members.data());
      due.clear();
    }
  }
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
