// Rows of synapses into a file: those of one source on all shares put together.
#include <algorithm>

#include "engine/core/checkpoint.hpp"
#include "engine/network.hpp"

namespace plastica {

namespace {

// The rows of one source on all threads. Those that nothing but their targets tells apart are one.
template <class R>
class RowGatherer {
 public:
  struct Piece {
    std::size_t share;
    RowPosition at;
  };
  struct Row {
    std::uint32_t delay;
    std::size_t begin, end;  // pieces
  };
  // Steps at which rows are visited once more, by row.
  using Visits = std::vector<std::pair<RowPosition, Step>>;

  RowGatherer(const Projection<R>& projection, Step now)
      : late(projection.shards.size()),
        ahead(projection.shards.size()),
        projection_(projection),
        now_(now),
        at_(projection.shards.size()),
        found_(projection.shards.size()) {
    for (std::size_t share = 0; share < late.size(); ++share) {
      const auto& shard = projection.shards[share];
      shard.lagged.for_each(now, [&](Step k, const auto& acting) {
        for (const RowPosition at : acting) late[share].emplace_back(at, k);
      });
      for (const auto& [step, at] : shard.early) ahead[share].emplace_back(at, step);
      std::sort(late[share].begin(), late[share].end());
      std::sort(ahead[share].begin(), ahead[share].end());
    }
  }

  static std::vector<Step> steps_of(const std::vector<Visits>& visits, const Piece& piece) {
    const Visits& mine = visits[piece.share];
    std::vector<Step> steps;
    for (auto each = std::lower_bound(mine.begin(), mine.end(), std::pair(piece.at, std::numeric_limits<Step>::min()));
         each != mine.end() && each->first == piece.at; ++each)
      steps.push_back(each->second);
    return steps;
  }

  void gather(Neuron source) {
    rows.clear();
    pieces.clear();
    for (std::size_t share = 0; share < found_.size(); ++share) {
      const auto& shard = projection_.shards[share];
      found_[share].clear();
      at_[share] = 0;
      std::uint32_t delay = projection_.min_delay;
      for (auto [at, end] = shard.rows(source); at < end; at = shard.next(at)) {
        delay += shard.head(at).gap();
        if (shard.head(at).count() > 0) found_[share].push_back({delay, at});
      }
    }
    if (found_.size() == 1) {
      for (const auto& [delay, at] : found_[0]) {
        rows.push_back({delay, pieces.size(), pieces.size() + 1});
        pieces.push_back({0, at});
      }
      return;
    }
    while (true) {
      std::uint32_t delay = std::numeric_limits<std::uint32_t>::max();
      for (std::size_t share = 0; share < found_.size(); ++share)
        if (at_[share] < found_[share].size()) delay = std::min(delay, found_[share][at_[share]].delay);
      if (delay == std::numeric_limits<std::uint32_t>::max()) return;
      while (take(delay)) {
      }
    }
  }

  Step asleep_until(const Piece& piece) const {
    const auto& asleep = projection_.shards[piece.share].asleep;
    const auto found = std::lower_bound(asleep.begin(), asleep.end(), piece.at, [](const auto& each, RowPosition at) { return each.row < at; });
    return found != asleep.end() && found->row == piece.at && found->until > now_ ? found->until : 0;
  }

  std::vector<Visits> late, ahead;  // by thread
  std::vector<Row> rows;
  std::vector<Piece> pieces;

 private:
  struct Found {
    std::uint32_t delay;
    RowPosition at;
  };

  bool same(const Piece& one, const Piece& other) const {
    const auto &a = projection_.shards[one.share], &b = projection_.shards[other.share];
    if (asleep_until(one) != asleep_until(other) || steps_of(late, one) != steps_of(late, other) || steps_of(ahead, one) != steps_of(ahead, other))
      return false;
    return std::memcmp(a.store.data() + one.at + a.layout.state, b.store.data() + other.at + b.layout.state, (a.layout.head - a.layout.state) * sizeof(R)) == 0;
  }
  bool remains(std::size_t share, std::size_t i, std::uint32_t delay) const { return i < found_[share].size() && found_[share][i].delay == delay; }

  // One row of this delay: the first of some thread, and the same of others.
  bool take(std::uint32_t delay) {
    std::size_t chosen = found_.size();
    for (std::size_t share = found_.size(); share-- > 0;) {
      if (!remains(share, at_[share], delay)) continue;
      const Piece head{share, found_[share][at_[share]].at};
      bool later = false;  // another thread has something before its share of this row
      for (std::size_t other = 0; other < found_.size(); ++other)
        for (std::size_t i = at_[other] + 1; other != share && remains(other, i, delay) && !later; ++i)
          later = same(head, {other, found_[other][i].at}) && !same(head, {other, found_[other][at_[other]].at});
      if (!later || chosen == found_.size()) chosen = share;
    }
    if (chosen == found_.size()) return false;
    const Piece head{chosen, found_[chosen][at_[chosen]].at};
    const std::size_t begin = pieces.size();
    for (std::size_t share = 0; share < found_.size(); ++share) {
      if (!remains(share, at_[share], delay)) continue;
      const Piece piece{share, found_[share][at_[share]].at};
      if (share != chosen && !same(head, piece)) continue;
      pieces.push_back(piece);
      ++at_[share];
    }
    rows.push_back({delay, begin, pieces.size()});
    return true;
  }

  const Projection<R>& projection_;
  Step now_;
  std::vector<std::size_t> at_;
  std::vector<std::vector<Found>> found_;
};

}  // namespace

// Where blocks of sources begin, and the end, each of so many synapses that they are quickly held in memory.
template <class R>
std::vector<Neuron> row_blocks(const Network<R>& net, std::size_t p) {
  constexpr std::uint64_t words = std::uint64_t{1} << 22;
  const auto& projection = net.projections.at(p);
  const Neuron sources = net.populations[projection.pre].size;
  std::vector<Neuron> begin{0};
  std::uint64_t sum = 0;
  for (Neuron source = 0; source < sources; ++source) {
    for (const auto& shard : projection.shards) sum += shard.rows(source).size();
    if (sum < words || source + 1 == sources) continue;
    begin.push_back(source + 1);
    sum = 0;
  }
  begin.push_back(sources);
  return begin;
}

template <class R>
SavedTree save_rows(const Network<R>& net, std::size_t p, Neuron first, Neuron last) {
  const auto& projection = net.projections.at(p);
  const auto& post = net.populations[projection.post];
  const RowLayout& layout = projection.shards[0].layout;
  const bool wide = post.size > 65536;
  const std::size_t of_row = layout.head - layout.traces;
  std::vector<std::uint32_t> rows, delays, segments, counts, births, asleep, lagged, early;
  std::vector<std::uint16_t> high, targets;
  std::vector<std::int32_t> states;
  std::vector<R> words, weights, variables;
  std::vector<Step> until, lagged_steps, early_steps;

  RowGatherer<R> gatherer(projection, net.now);
  const auto note_visits = [&](const auto& visits, const auto& piece, std::vector<std::uint32_t>& at, std::vector<Step>& steps) {
    for (const Step step : gatherer.steps_of(visits, piece)) {
      at.push_back(static_cast<std::uint32_t>(delays.size() - 1));
      steps.push_back(step);
    }
  };
  for (Neuron source = first; source < last; ++source) {
    gatherer.gather(source);
    rows.push_back(static_cast<std::uint32_t>(gatherer.rows.size()));
    for (const auto& row : gatherer.rows) {
      delays.push_back(row.delay);
      const std::size_t before = counts.size();
      for (std::size_t i = row.begin; i < row.end; ++i) {
        const auto& [part, at] = gatherer.pieces[i];
        const auto& shard = projection.shards[part];
        const std::uint32_t count = shard.head(at).count();
        const Neuron offset = post.first(part);
        const auto add = [&](const auto* target) {
          for (std::uint32_t place = 0; place < count; ++place) {
            const Neuron neuron = offset + target[place];
            const auto block = static_cast<std::uint16_t>(neuron >> 16);
            if (counts.size() == before || (wide && high.back() != block)) {
              counts.push_back(0);
              if (wide) high.push_back(block);
            }
            ++counts.back();
            targets.push_back(static_cast<std::uint16_t>(neuron));
          }
        };
        shard.layout.narrow() ? add(static_cast<const std::uint16_t*>(shard.targets(at))) : add(static_cast<const std::uint32_t*>(shard.targets(at)));
        if (layout.weights) weights.insert(weights.end(), shard.weights(at), shard.weights(at) + count);
        for (std::uint32_t place = 0; place < count && layout.births; ++place)
          births.push_back(static_cast<std::uint32_t>(shard.birth(at, place) / birth_unit));
      }
      if (wide) segments.push_back(static_cast<std::uint32_t>(counts.size() - before));
      for (std::size_t v = 0; v < layout.variables; ++v)
        for (std::size_t i = row.begin; i < row.end; ++i) {
          const auto& [part, at] = gatherer.pieces[i];
          const auto& shard = projection.shards[part];
          const std::uint32_t count = shard.head(at).count();
          const R* const from = shard.weights(at) + (layout.weights ? count : 0) + v * count;
          variables.insert(variables.end(), from, from + count);
        }
      const auto& head = gatherer.pieces[row.begin];
      const auto& shard = projection.shards[head.share];
      if (projection.stateful()) {
        const RowState& state = shard.state(head.at);
        states.insert(states.end(), {state.arrival, state.consumed, state.base});
        words.insert(words.end(), shard.traces(head.at), shard.traces(head.at) + of_row);
      }
      if (const Step wakes = gatherer.asleep_until(head); wakes > 0) {
        asleep.push_back(static_cast<std::uint32_t>(delays.size() - 1));
        until.push_back(wakes);
      }
      note_visits(gatherer.late, head, lagged, lagged_steps);
      note_visits(gatherer.ahead, head, early, early_steps);
    }
  }
  Archive a;
  a.give("rows", std::move(rows));
  a.give("delays", std::move(delays));
  if (wide) a.give("segments", std::move(segments));
  if (wide) a.give("high", std::move(high));
  a.give("counts", std::move(counts));
  a.give("targets", std::move(targets));
  if (layout.weights) a.give("weights", std::move(weights));
  if (layout.births) a.give("births", std::move(births));
  if (layout.variables > 0) a.give("variables", std::move(variables));
  if (projection.stateful()) a.give("states", std::move(states));
  if (of_row > 0) a.give("words", std::move(words));
  a.give("asleep", std::move(asleep));
  a.give("until", std::move(until));
  a.give("lagged", std::move(lagged));
  a.give("lagged_steps", std::move(lagged_steps));
  a.give("early", std::move(early));
  a.give("early_steps", std::move(early_steps));
  return a.take();
}

PLASTICA_INSTANTIATE(row_blocks);
PLASTICA_INSTANTIATE(save_rows);

}  // namespace plastica
