// Rows of synapses into a file: those of one source on all shares put together.
#include <algorithm>

#include "engine/checkpoint/saved_rows.hpp"
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

namespace {

// Writes the rows of sources down, one source after the other.
template <class R>
class RowSaver {
 public:
  RowSaver(const Network<R>& net, std::size_t p)
      : projection_(net.projections.at(p)),
        post_(net.populations[projection_.post]),
        layout_(projection_.shards[0].layout),
        wide_(post_.size > 65536),
        gatherer_(projection_, net.now) {}

  void add(Neuron source) {
    gatherer_.gather(source);
    saved_.rows.push_back(static_cast<std::uint32_t>(gatherer_.rows.size()));
    for (const auto& row : gatherer_.rows) {
      saved_.delays.push_back(row.delay);
      const std::size_t before = saved_.counts.size();
      for (std::size_t i = row.begin; i < row.end; ++i) add_synapses(gatherer_.pieces[i], before);
      if (wide_) saved_.segments.push_back(static_cast<std::uint32_t>(saved_.counts.size() - before));
      for (std::size_t v = 0; v < layout_.variables; ++v)
        for (std::size_t i = row.begin; i < row.end; ++i) add_variable(gatherer_.pieces[i], v);
      add_state(gatherer_.pieces[row.begin]);
    }
  }

  SavedTree take() {
    Archive a;
    a.give("rows", std::move(saved_.rows));
    a.give("delays", std::move(saved_.delays));
    if (wide_) a.give("segments", std::move(saved_.segments));
    if (wide_) a.give("high", std::move(saved_.high));
    a.give("counts", std::move(saved_.counts));
    a.give("targets", std::move(saved_.targets));
    if (layout_.weights) a.give("weights", std::move(saved_.weights));
    if (layout_.births) a.give("births", std::move(saved_.births));
    if (layout_.variables > 0) a.give("variables", std::move(saved_.variables));
    if (projection_.stateful()) a.give("states", std::move(saved_.states));
    if (layout_.head > layout_.traces) a.give("words", std::move(saved_.words));
    asleep_.give(a, "asleep", "until");
    lagged_.give(a, "lagged", "lagged_steps");
    early_.give(a, "early", "early_steps");
    return a.take();
  }

 private:
  using Piece = typename RowGatherer<R>::Piece;

  // Rows that something happens to at some step.
  struct Moments {
    std::vector<std::uint32_t> rows;
    std::vector<Step> steps;
    void add(std::size_t row, Step step) {
      rows.push_back(static_cast<std::uint32_t>(row));
      steps.push_back(step);
    }
    void give(Archive& a, const std::string& of_rows, const std::string& of_steps) {
      a.give(of_rows, std::move(rows));
      a.give(of_steps, std::move(steps));
    }
  };

  void add_synapses(const Piece& piece, std::size_t before) {
    const auto& shard = projection_.shards[piece.share];
    const std::uint32_t count = shard.head(piece.at).count();
    const Neuron offset = post_.first(piece.share);
    for_each_target(shard, piece.at, [&](std::uint32_t /*place*/, std::uint32_t target) {
      const Neuron neuron = offset + target;
      const auto block = static_cast<std::uint16_t>(neuron >> 16);
      if (saved_.counts.size() == before || (wide_ && saved_.high.back() != block)) {
        saved_.counts.push_back(0);
        if (wide_) saved_.high.push_back(block);
      }
      ++saved_.counts.back();
      saved_.targets.push_back(static_cast<std::uint16_t>(neuron));
    });
    if (layout_.weights) saved_.weights.insert(saved_.weights.end(), shard.weights(piece.at), shard.weights(piece.at) + count);
    for (std::uint32_t place = 0; place < count && layout_.births; ++place)
      saved_.births.push_back(static_cast<std::uint32_t>(shard.birth(piece.at, place) / birth_unit));
  }

  void add_variable(const Piece& piece, std::size_t v) {
    const auto& shard = projection_.shards[piece.share];
    const std::uint32_t count = shard.head(piece.at).count();
    const R* const from = shard.weights(piece.at) + (layout_.weights ? count : 0) + v * count;
    saved_.variables.insert(saved_.variables.end(), from, from + count);
  }

  void add_state(const Piece& piece) {
    const auto& shard = projection_.shards[piece.share];
    const std::size_t row = saved_.delays.size() - 1;
    if (projection_.stateful()) {
      const RowState& state = shard.state(piece.at);
      saved_.states.insert(saved_.states.end(), {state.arrival, state.consumed, state.base});
      saved_.words.insert(saved_.words.end(), shard.traces(piece.at), shard.traces(piece.at) + (layout_.head - layout_.traces));
    }
    if (const Step wakes = gatherer_.asleep_until(piece); wakes > 0) asleep_.add(row, wakes);
    for (const Step step : gatherer_.steps_of(gatherer_.late, piece)) lagged_.add(row, step);
    for (const Step step : gatherer_.steps_of(gatherer_.ahead, piece)) early_.add(row, step);
  }

  const Projection<R>& projection_;
  const Population<R>& post_;
  const RowLayout& layout_;
  bool wide_;
  RowGatherer<R> gatherer_;
  SavedRows<R, std::vector> saved_;
  Moments asleep_, lagged_, early_;
};

}  // namespace

template <class R>
SavedTree save_rows(const Network<R>& net, std::size_t p, Neuron first, Neuron last) {
  RowSaver<R> saver(net, p);
  for (Neuron source = first; source < last; ++source) saver.add(source);
  return saver.take();
}

PLASTICA_INSTANTIATE(row_blocks);
PLASTICA_INSTANTIATE(save_rows);

}  // namespace plastica
