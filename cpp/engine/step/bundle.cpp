// Bundles: the static projections with various delays that leave one population, as they lie in memory while the network runs.
//
// A bundle is undone when somebody looks at the synapses of a member, and done again for the next run: nobody can tell. What arrives through bundles
// is summed first, in the order of (source population, spike).
#include "engine/step/bundle.hpp"

#include <algorithm>
#include <iterator>

#include "base/memory.hpp"
#include "engine/network.hpp"
#include "network/record_writer.hpp"

namespace plastica {

namespace {

// Where a member's rows of one source have got to.
struct Reading {
  RowPosition at, end;
  std::uint32_t delay;
};

}  // namespace

// Copies the row that is next, in as many pieces as the heads need.
template <class R>
static void append(RecordWriter<R>& writer, const Shard<R>& shard, std::size_t member, RowPosition at, std::uint32_t delay) {
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

// Those to be bundled: the first static projection with various delays, all axonal, on which nothing acts, of each pair of a source population and a receptor.
// (A dendritic delay matters to a static projection too: when its weights are set while spikes are in the dendrite.)
template <class R>
static std::vector<std::vector<std::size_t>> bundles_wanted(const Network<R>& net) {
  std::vector<std::vector<std::size_t>> wanted(net.populations.size());
  for (std::size_t pre = 0; pre < net.populations.size(); ++pre) {
    for (const std::size_t p : net.outgoing[pre]) {
      const auto& projection = net.projections[p];
      const bool taken = std::any_of(wanted[pre].begin(), wanted[pre].end(), [&](std::size_t other) {
        return net.projections[other].post == projection.post && net.projections[other].receptor == projection.receptor;
      });
      const bool various = projection.min_delay != projection.max_delay && projection.dendritic(projection.max_delay) == 0;
      if (various && !taken && !projection.stateful() && !projection.alone && wanted[pre].size() < MemberHead::most_members) wanted[pre].push_back(p);
    }
    if (wanted[pre].size() < 2) wanted[pre].clear();
  }
  return wanted;
}

template <class R>
void bundle_up(Network<R>& net) {
  const auto wanted = bundles_wanted(net);
  net.bundles.resize(net.populations.size());
  net.bundled.resize(net.projections.size());
  net.bundles_deliver = false;
  for (std::size_t pre = 0; pre < net.bundles.size(); ++pre) {
    net.bundles_deliver = net.bundles_deliver || !wanted[pre].empty();
    if (net.bundles[pre].members == wanted[pre]) continue;
    unbundle(net, pre);
    if (wanted[pre].empty()) continue;
    Bundle<R> bundle;
    bundle.members = wanted[pre];
    bundle.min_delay = net.projections[wanted[pre].front()].min_delay;
    for (const std::size_t p : bundle.members) bundle.min_delay = std::min(bundle.min_delay, net.projections[p].min_delay);
    bundle.shares.resize(static_cast<std::size_t>(net.share_count));
    keep_samples(net, bundle.members);
    parallel(net.share_count, [&](int thread) { make_bundle(net, bundle, net.populations[pre].size, static_cast<std::size_t>(thread)); });
    for (const std::size_t p : bundle.members) net.bundled[p] = true;
    net.bundles[pre] = std::move(bundle);
  }
  net.span = net.interval;
  if (!net.bundles_deliver) return;
  for (const auto& population : net.populations)
    if (!population.source) net.span = std::min<Step>(net.span, static_cast<Step>(population.rows));
}

namespace {

// What the members of a bundle have in one share.
template <class R>
struct Members {
  std::vector<Shard<R>*> shards;
  std::vector<std::uint32_t> least;  // delays
  std::uint32_t most_delay = 0;
  std::uint64_t words = 0, synapses = 0;
};

}  // namespace

template <class R>
static Members<R> members_of(Network<R>& net, const Bundle<R>& bundle, std::size_t share) {
  Members<R> members;
  for (const std::size_t p : bundle.members) {
    auto& projection = net.projections[p];
    members.shards.push_back(&projection.shards[share]);
    members.least.push_back(projection.min_delay);
    members.most_delay = std::max(members.most_delay, projection.max_delay);
    members.words += members.shards.back()->store.size();
    members.synapses += members.shards.back()->synapses;
  }
  return members;
}

template <class R>
static std::vector<typename Records<R>::Spike> spikes_towards(const Members<R>& members, Step now) {
  std::vector<typename Records<R>::Spike> spikes;
  for (std::size_t m = 0; m < members.shards.size(); ++m) {
    const auto of_member = members.shards[m]->spikes_under_way(now, members.least[m]);
    spikes.insert(spikes.end(), of_member.begin(), of_member.end());
  }
  std::sort(spikes.begin(), spikes.end());
  spikes.erase(std::unique(spikes.begin(), spikes.end()), spikes.end());
  return spikes;
}

template <class R>
static std::vector<Reading> read_rows(const Members<R>& members, Neuron source) {
  std::vector<Reading> rows;
  for (std::size_t m = 0; m < members.shards.size(); ++m) {
    const Shard<R>& shard = *members.shards[m];
    const auto [begin, end] = shard.rows(source);
    Reading row{begin, end, members.least[m]};
    if (row.at < row.end) row.delay += shard.head(row.at).gap();
    rows.push_back(row);
  }
  return rows;
}

// The rows of one source, by delay; those of one delay are one record.
template <class R>
static void join_rows(RecordWriter<R>& writer, const Members<R>& members, std::vector<Reading>& rows) {
  while (true) {
    const Reading* next = nullptr;
    for (const Reading& row : rows)
      if (row.at < row.end && (next == nullptr || row.delay < next->delay)) next = &row;
    if (next == nullptr) return;
    const std::uint32_t delay = next->delay;
    writer.open(delay);
    for (std::size_t m = 0; m < rows.size(); ++m) {
      Reading& row = rows[m];
      while (row.at < row.end && row.delay == delay) {
        append(writer, *members.shards[m], m, row.at, delay);
        row.at = members.shards[m]->next(row.at);
        if (row.at < row.end) row.delay += members.shards[m]->head(row.at).gap();
      }
    }
    writer.close(static_cast<std::uint32_t>(writer.words()));
  }
}

// The members' records are given back as they are used: there is never a second copy of them.
template <class R>
static void make_bundle(Network<R>& net, Bundle<R>& bundle, Neuron sources, std::size_t share) {
  constexpr RowPosition released_at_once = 1u << 18;
  const Members<R> members = members_of(net, bundle, share);
  const auto spikes = spikes_towards(members, net.now);
  auto& records = bundle.shares[share];
  records.layout.bundled = true;
  records.staggered = true;
  records.make_ring(bundle.min_delay);
  const std::uint64_t fillers = (members.most_delay - bundle.min_delay) / RowHead::most_gap * std::uint64_t{sources};
  // Every row has two words or more: half as many heads of records, and those of pieces.
  records.store = Store<R>(members.words + members.words / 2 + members.words / 1024 + members.synapses / 1024 + fillers + 1024);
  RecordWriter<R> writer(records, sources, bundle.min_delay);
  std::vector<RowPosition> released(members.shards.size(), 0);
  for (Neuron source = 0; source < sources; ++source) {
    writer.begin_source();
    auto rows = read_rows(members, source);
    join_rows(writer, members, rows);
    for (std::size_t m = 0; m < rows.size(); ++m) {
      if (rows[m].end < std::uint64_t{released[m]} + released_at_once) continue;
      const R* const words = members.shards[m]->store.data();
      release_pages(words + released[m], words + rows[m].end);
      released[m] = rows[m].end;
    }
  }
  writer.finish();
  for (Shard<R>* shard : members.shards) {
    shard->forget_spikes();
    shard->store = {};
    shard->index = {};
  }
  for (const auto& spike : spikes) records.resume(spike, net.now, bundle.min_delay);
}

// The projections that leave a population have their synapses to themselves again.
template <class R>
void unbundle(Network<R>& net, std::size_t pre) {
  if (pre >= net.bundles.size() || net.bundles[pre].members.empty()) return;
  Bundle<R> bundle = std::move(net.bundles[pre]);
  net.bundles[pre] = {};
  parallel(net.share_count, [&](int thread) { undo_bundle(net, bundle, net.populations[pre].size, static_cast<std::size_t>(thread)); });
  for (const std::size_t p : bundle.members) net.bundled[p] = false;
}

template <class R>
static void undo_bundle(Network<R>& net, Bundle<R>& bundle, Neuron sources, std::size_t share) {
  constexpr RowPosition released_at_once = 1u << 20;
  auto& records = bundle.shares[share];
  const auto spikes = records.spikes_under_way(net.now, bundle.min_delay);
  std::vector<ShardWriter<R>> writers;
  for (const std::size_t p : bundle.members) {
    auto& shard = net.projections[p].shards[share];
    // Long rows may come back in more pieces.
    shard.store = Store<R>(shard.words + shard.synapses / MemberHead::most_synapses * (shard.layout.head + 1));
    writers.emplace_back(shard, sources, net.projections[p].min_delay);
  }
  RowPosition released = 0;
  for (Neuron source = 0; source < sources; ++source) {
    for (auto& writer : writers) writer.begin_source();
    std::uint32_t delay = bundle.min_delay;
    const RowRange rows = records.rows(source);
    for (RowPosition at = rows.begin; at < rows.end; at = records.next(at)) {
      delay += records.head(at).gap();
      const R* row = records.store.data() + at + records.layout.head;
      while (row < records.store.data() + records.next(at)) {
        const auto head = *reinterpret_cast<const MemberHead*>(row++);
        const auto& shard = net.projections[bundle.members[head.member()]].shards[share];
        const std::uint32_t targets = shard.layout.template weights_at<R>(head.count()) - shard.layout.head;
        const auto target = [&](std::size_t i) {
          return shard.layout.narrow() ? reinterpret_cast<const std::uint16_t*>(row)[i] : reinterpret_cast<const std::uint32_t*>(row)[i];
        };
        writers[head.member()].add(delay, 0, head.count(), target, [&](std::size_t i) { return row[targets + i]; });
        row += targets + (shard.layout.weights ? head.count() : 0);
      }
    }
    if (rows.end < std::uint64_t{released} + released_at_once) continue;
    release_pages(records.store.data() + released, records.store.data() + rows.end);
    released = rows.end;
  }
  for (auto& writer : writers) writer.finish();
  records.store = {};
  for (const std::size_t p : bundle.members)
    for (const auto& spike : spikes) net.projections[p].shards[share].resume(spike, net.now, net.projections[p].min_delay);
}

template <class R>
static void keep_samples(const Network<R>& net, const std::vector<std::size_t>& members) {
  for (const auto& recorder : net.recorders)
    if (std::find(members.begin(), members.end(), recorder->listens.rows_of) != members.end()) recorder->rows_bundled(net);
}

// Spikes that arrive in the steps begin .. end-1, onto all populations.
template <class R>
void deliver_bundles(Network<R>& net, std::size_t share, Step begin, Step end) {
  auto& members = net.shares[share].members;
  for (auto& bundle : net.bundles) {
    if (bundle.members.empty()) continue;
    auto& records = bundle.shares[share];
    for (Step k = begin; k < end; ++k) {
      auto& due = records.arrivals(k);
      if (due.empty()) continue;
      members.clear();
      for (const std::size_t p : bundle.members) {
        auto& post = net.populations[net.projections[p].post];
        const auto& shard = net.projections[p].shards[share];
        R* const arrivals = post.receptors[net.projections[p].receptor].arrivals.data();
        R* const input = arrivals + static_cast<std::size_t>(k - begin) * post.stride() + post.first(share);
        members.push_back({input, shard.shared, shard.layout.narrow(), shard.layout.weights});
      }
      net.kernels.deliver_bundle(records.store.data(), due.data(), due.size(), members.data());
      due.clear();
    }
  }
}

PLASTICA_INSTANTIATE(bundle_up);
PLASTICA_INSTANTIATE(unbundle);
PLASTICA_INSTANTIATE(deliver_bundles);

}  // namespace plastica
