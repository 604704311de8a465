// Counting synapses by neuron, and finding those that go.
#include "engine/structure/degrees.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/step/bundle.hpp"

namespace plastica {

// Passes synapses from `place` on, until the turn of one's target has come; `end` if none's does.
template <class Index>
static std::uint32_t pass_waiting(const void* targets, std::uint32_t place, std::uint32_t end, std::uint32_t* wait) {
  const auto* const target = static_cast<const Index*>(targets);
  while (place < end && wait[target[place]]-- != 0) ++place;
  return place;
}

template <class R>
Degrees degrees_of(Network<R>& net, std::size_t p) {
  auto& projection = on_its_own(net, p);
  const auto& post = net.populations[projection.post];
  Degrees degrees{std::vector<std::uint32_t>(net.populations[projection.pre].size), std::vector<std::uint32_t>(post.size)};
  parallel(net.share_count, [&](int thread) {
    const auto share = static_cast<std::size_t>(thread);
    projection.shards[share].count_degrees(post.owned(share));
    std::copy_n(projection.shards[share].in_degree.begin(), post.owned(share), degrees.in.begin() + post.first(share));
  });
  for (const auto& shard : projection.shards)
    for (std::size_t i = 0; i < degrees.out.size(); ++i) degrees.out[i] += shard.out_degree[i];
  return degrees;
}

namespace {

// Where a source's rows in one share have got to.
struct Cursor {
  std::uint32_t share, delay;
  RowPosition at, end;
};
struct Found {
  Neuron target;
  std::uint32_t share, place;
  RowPosition at;
};

}  // namespace

template <class R>
static std::vector<Cursor> first_rows(const Projection<R>& projection, Neuron source) {
  std::vector<Cursor> cursors;
  for (std::uint32_t share = 0; share < projection.shards.size(); ++share) {
    const auto& shard = projection.shards[share];
    const auto [at, end] = shard.rows(source);
    fetch(shard, at, std::min(at + read_ahead<R>, end));
    if (at < end) cursors.push_back({share, projection.min_delay + shard.head(at).gap(), at, end});
  }
  return cursors;
}

// The rows of the least delay that is left, and the number of their synapses.
template <class R>
static std::uint64_t next_rows(const Projection<R>& projection, std::vector<Cursor>& cursors, std::vector<Cursor>& rows) {
  rows.clear();
  std::uint64_t count = 0;
  const std::uint32_t delay = std::min_element(cursors.begin(), cursors.end(), [](const auto& a, const auto& b) { return a.delay < b.delay; })->delay;
  for (Cursor& cursor : cursors)
    while (cursor.at < cursor.end && cursor.delay == delay) {
      const auto& shard = projection.shards[cursor.share];
      rows.push_back(cursor);
      count += shard.head(cursor.at).count();
      cursor.at = walk_on(shard, cursor.at, cursor.end);
      if (cursor.at < cursor.end) cursor.delay += shard.head(cursor.at).gap();
    }
  std::erase_if(cursors, [](const Cursor& each) { return each.at == each.end; });
  return count;
}

// Those of a source's synapses that come at these places, ascending, by delay, then target, then as they were made.
template <class R>
void take_from_source(const Network<R>& net, std::size_t p, Neuron source, std::span<const std::uint64_t> places, StructuralEdit<R>& change, Degrees& degrees) {
  const auto& projection = net.projections[p];
  const auto& post = net.populations[projection.post];
  std::vector<Cursor> cursors = first_rows(projection, source);
  std::vector<Cursor> rows;  // of one delay
  std::vector<Found> group;
  for (std::uint64_t passed = 0, count = 0; !places.empty() && !cursors.empty(); passed += std::exchange(count, 0)) {
    count = next_rows(projection, cursors, rows);
    if (places.front() >= passed + count) continue;
    group.clear();
    for (const Cursor& row : rows)
      for_each_target(projection.shards[row.share], row.at,
                      [&](std::uint32_t place, std::uint32_t target) { group.push_back({post.first(row.share) + target, row.share, place, row.at}); });
    std::stable_sort(group.begin(), group.end(), [](const Found& a, const Found& b) { return a.target < b.target; });
    for (; !places.empty() && places.front() < passed + count; places = places.subspan(1)) {
      const Found& found = group[places.front() - passed];
      change.gone[found.share].push_back({found.at, found.place});
      --degrees.out[source];
      --degrees.in[found.target];
    }
  }
}

// Of the synapses of one thread's neurons that are not gone already: `wait[target]` more to pass, then the next one goes.
template <class R>
void take_from_targets(const Network<R>& net, std::size_t p, std::size_t share, const std::vector<std::vector<std::uint64_t>>& places,
                       StructuralEdit<R>& change, std::vector<std::uint32_t>& lost) {
  constexpr std::uint32_t never_comes = std::numeric_limits<std::uint32_t>::max();
  const auto& shard = net.projections[p].shards[share];
  std::vector<std::uint32_t> wait(places.size(), never_comes), taken(places.size(), 0);
  for (std::size_t t = 0; t < places.size(); ++t)
    if (!places[t].empty()) wait[t] = static_cast<std::uint32_t>(places[t][0]);
  const std::vector<typename RowEditor<R>::Place> before = change.gone[share];
  auto skip = before.begin();
  const auto pass = shard.layout.narrow() ? pass_waiting<std::uint16_t> : pass_waiting<std::uint32_t>;
  for (Neuron source = 0; source < shard.index.sources(); ++source)
    walk_source(shard, source, [&](RowPosition at) {
      const std::uint32_t count = shard.head(at).count();
      for (std::uint32_t place = 0; place < count; ++place) {
        const bool skips = skip != before.end() && skip->row == at;
        const std::uint32_t end = skips ? skip->place : count;
        place = pass(shard.targets(at), place, end, wait.data());
        if (place < end) {
          const std::uint32_t target = shard.target(at, place);
          const std::size_t next = ++taken[target];
          wait[target] = next < places[target].size() ? static_cast<std::uint32_t>(places[target][next] - places[target][next - 1] - 1) : never_comes;
          change.gone[share].push_back({at, place});
          ++lost[source];
        } else if (skips) {
          ++skip;
        }
      }
    });
}

template <class R>
bool connected(const Network<R>& net, std::size_t p, Neuron source, Neuron target) {
  const auto& post = net.populations[net.projections[p].post];
  const auto share = static_cast<std::size_t>(post.partition.owner(target));
  const auto& shard = net.projections[p].shards[share];
  const std::uint32_t local = target - post.first(share);
  for (auto [at, end] = shard.rows(source); at < end; at = shard.next(at)) {
    std::uint32_t low = 0, high = shard.head(at).count();
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      shard.target(at, middle) < local ? low = middle + 1 : high = middle;
    }
    if (low < shard.head(at).count() && shard.target(at, low) == local) return true;
  }
  return false;
}

PLASTICA_INSTANTIATE(degrees_of);
PLASTICA_INSTANTIATE(take_from_source);
PLASTICA_INSTANTIATE(take_from_targets);
PLASTICA_INSTANTIATE(connected);

}  // namespace plastica
