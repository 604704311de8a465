// Rows of synapses out of a file, dealt out to the shares that own their targets.
#include <algorithm>

#include "engine/checkpoint/fields.hpp"
#include "engine/checkpoint/saved_rows.hpp"
#include "engine/core/checkpoint.hpp"
#include "engine/network.hpp"
#include "engine/plastic/walk.hpp"
#include "network/record_writer.hpp"

namespace plastica {

// Deals rows out to the threads that own their targets.
template <class R>
class RowDealer {
 public:
  RowDealer(Network<R>& net, std::size_t p, std::uint64_t sources_seen, std::uint64_t rows, std::uint64_t synapses)
      : net_(net), p_(p), various_(net.projections[p].shards[0].staggered), lagged_(net.projections[p].shards.size()) {
    auto& projection = net.projections[p];
    const auto sources = net.populations[projection.pre].size;
    if (sources_seen != sources) throw Error("rows are of " + std::to_string(sources_seen) + " sources; there are " + std::to_string(sources));
    const std::uint64_t pieces = rows + RowHead::most_divisions(synapses) + (projection.max_delay / RowHead::most_gap) * std::uint64_t{sources};
    if (rows > synapses) throw Error("rows are more than there are synapses");
    for (auto& shard : projection.shards) {
      shard.store = Store<R>(pieces * (shard.layout.head + 1) + shard.layout.template size<R>(synapses));
      writers_.emplace_back(shard, sources, projection.min_delay);
    }
  }

  void add(Archive& a) {
    const Block block = read(a);
    const std::size_t sources = block.saved.rows.size(), rows = block.saved.delays.size();
    a.require(source_ + sources <= net_.populations[net_.projections[p_].pre].size, "rows", "are of more sources than there are");
    Place at;
    for (std::size_t s = 0; s < sources; ++s, ++source_) {
      for (auto& writer : writers_) writer.begin_source();
      a.require(block.saved.rows[s] <= rows - at.row, "rows", "are more than their delays");
      std::uint32_t before = net_.projections[p_].min_delay;
      for (const std::size_t end = at.row + block.saved.rows[s]; at.row < end; ++at.row) {
        check_delay(a, block.saved.delays[at.row], before);
        before = block.saved.delays[at.row];
        read_targets(a, block, at);
        if (net_.projections[p_].stateful()) check_state(a, block.saved.states.begin() + 3 * at.row, before);
        deal_row(block, at);
      }
    }
    a.require(at.row == rows && at.segment == block.saved.counts.size() && at.synapse == block.saved.targets.size(), "rows",
              "are fewer than their delays, counts and targets");
  }

  void finish() {
    auto& projection = net_.projections[p_];
    if (source_ != net_.populations[projection.pre].size) throw Error("rows are of fewer sources than there are");
    for (auto& writer : writers_) writer.finish();
    for (std::size_t share = 0; share < projection.shards.size(); ++share) {
      auto& shard = projection.shards[share];
      // In the order in which spikes reached them.
      std::sort(lagged_[share].begin(), lagged_[share].end());
      for (const auto& [step, stamp, source, at] : lagged_[share]) shard.lagged[step].push_back(at);
      std::sort(shard.asleep.begin(), shard.asleep.end(), [](const auto& x, const auto& y) { return x.row < y.row; });
      send(shard);
      if (net_.plastic_sets[p_].walk != nullptr) net_.plastic_sets[p_].walk->list_rows(net_, p_, share);
      check_coming(shard);
    }
  }

 private:
  using Visits = std::vector<std::pair<std::uint32_t, Step>>;
  template <class T>
  using Held = Archive::Held<T>;

  // The rows of some sources.
  struct Block {
    SavedRows<R, Held> saved;
    Visits asleep, lagged, early;  // rows that something happens to at some step
  };
  // How far one has come in a block.
  struct Place {
    std::size_t row = 0, segment = 0, synapse = 0, slept = 0, visited = 0, hastened = 0;
  };

  Block read(Archive& a) const {
    const auto& projection = net_.projections[p_];
    const RowLayout& layout = projection.shards[0].layout;
    const std::size_t of_row = layout.head - layout.traces;
    auto rows = a.template held<std::uint32_t>("rows"), delays = a.template held<std::uint32_t>("delays");
    auto counts = a.template held<std::uint32_t>("counts");
    auto targets = a.template held<std::uint16_t>("targets");
    const std::size_t row_count = delays.size(), segment_count = counts.size(), synapses = targets.size();
    const auto held_if = [&]<class T>(bool wanted, const std::string& name, std::size_t count) {
      return wanted ? a.template held<T>(name, count) : Held<T>(SavedArray{});
    };
    auto segments = held_if.template operator()<std::uint32_t>(wide(), "segments", row_count);
    auto high = held_if.template operator()<std::uint16_t>(wide(), "high", segment_count);
    a.require(wide() || segment_count == row_count, "counts", "must be one for each row");
    auto weights = held_if.template operator()<R>(layout.weights, "weights", synapses);
    auto births = held_if.template operator()<std::uint32_t>(layout.births, "births", synapses);
    auto variables = held_if.template operator()<R>(layout.variables > 0, "variables", synapses * layout.variables);
    auto states = held_if.template operator()<std::int32_t>(projection.stateful(), "states", row_count * 3);
    auto words = held_if.template operator()<R>(of_row > 0, "words", row_count * of_row);
    Visits asleep = visits(a, "asleep", "until", row_count), lagged = visits(a, "lagged", "lagged_steps", row_count);
    Visits early = visits(a, "early", "early_steps", row_count);
    a.finish();
    a.require(projection.shards[0].lagged.size() > 0 || (lagged.empty() && early.empty()), "lagged", "is not for these rules");
    return {{std::move(rows), std::move(delays), std::move(segments), std::move(counts), std::move(high), std::move(targets), std::move(weights),
             std::move(births), std::move(variables), std::move(states), std::move(words)},
            std::move(asleep),
            std::move(lagged),
            std::move(early)};
  }

  Visits visits(Archive& a, const std::string& rows, const std::string& steps, std::size_t row_count) const {
    const auto at = a.template held<std::uint32_t>(rows);
    const std::size_t count = at.size();
    const auto when = a.template held<Step>(steps, count);
    Visits list;
    for (std::size_t i = 0; i < count; ++i) {
      a.require(at[i] < row_count && (i == 0 || at[i - 1] <= at[i]), rows, "must be rows, ascending");
      a.require(when[i] >= net_.now && when[i] <= net_.now + 4 * longest_delay, steps, "must be in the near future");
      list.emplace_back(at[i], when[i]);
    }
    return list;
  }

  // Targets are saved in 16 bits and, where that is not enough, segments of which the upper half is the same.
  bool wide() const { return net_.populations[net_.projections[p_].post].size > 65536; }

  void check_delay(const Archive& a, std::uint32_t delay, std::uint32_t before) const {
    const auto& projection = net_.projections[p_];
    a.require(delay >= before && delay <= projection.max_delay, "delays", "must ascend between the bounds of the projection");
    a.require(various_ || delay == projection.min_delay, "delays", "must be one");
  }

  // Those of the row that is next.
  void read_targets(const Archive& a, const Block& block, Place& at) {
    const auto& saved = block.saved;
    target_.clear();
    const std::size_t of_this = wide() ? saved.segments[at.row] : 1;
    a.require(of_this <= saved.counts.size() - at.segment, "segments", "are more than their counts");
    for (const std::size_t stop = at.segment + of_this; at.segment < stop; ++at.segment) {
      a.require(saved.counts[at.segment] <= saved.targets.size() - at.synapse - target_.size(), "counts", "are more than the targets");
      for (std::uint32_t i = 0; i < saved.counts[at.segment]; ++i)
        target_.push_back(Neuron{saved.targets[at.synapse + target_.size()]} | (wide() ? Neuron{saved.high[at.segment]} << 16 : 0));
    }
    const Neuron neurons = net_.populations[net_.projections[p_].post].size;
    a.require(!target_.empty() && target_.back() < neurons && std::is_sorted(target_.begin(), target_.end()), "targets", "must be neurons, ascending");
  }

  // To every share the synapses onto its neurons.
  void deal_row(const Block& block, Place& at) {
    const auto& post = net_.populations[net_.projections[p_].post];
    const std::uint32_t delay = block.saved.delays[at.row];
    std::size_t from = 0;
    for (std::size_t share = 0; share < writers_.size(); ++share) {
      const auto end = std::lower_bound(target_.begin() + static_cast<std::ptrdiff_t>(from), target_.end(), post.partition.begin[share + 1]);
      const auto to = static_cast<std::size_t>(end - target_.begin());
      if (to == from) continue;
      writers_[share].add(
          delay, from, to, [&](std::size_t i) { return target_[i] - post.first(share); }, [&](std::size_t i) { return block.saved.weights[at.synapse + i]; },
          [&](RowPosition row, std::size_t begin, std::uint32_t count) {
            fill(block.saved, at, net_.projections[p_].shards[share], row, begin, count);
            place_visits(block, at, share, row);
          });
      from = to;
    }
    while (at.slept < block.asleep.size() && block.asleep[at.slept].first == at.row) ++at.slept;
    while (at.visited < block.lagged.size() && block.lagged[at.visited].first == at.row) ++at.visited;
    while (at.hastened < block.early.size() && block.early[at.hastened].first == at.row) ++at.hastened;
    at.synapse += target_.size();
  }

  // What a record holds besides targets and weights: of the synapses from `begin` on.
  void fill(const SavedRows<R, Held>& saved, const Place& at, Shard<R>& shard, RowPosition row, std::size_t begin, std::uint32_t count) const {
    const RowLayout& layout = shard.layout;
    for (std::size_t v = 0; v < layout.variables; ++v)
      std::copy_n(saved.variables.begin() + at.synapse * layout.variables + v * target_.size() + begin, count,
                  shard.weights(row) + (layout.weights ? count : 0) + v * count);
    // A word each, of which births take the first 32 bits.
    for (std::uint32_t i = 0; layout.births && i < count; ++i)
      std::memcpy(shard.store.data() + row + layout.template births_at<R>(count) + i, saved.births.begin() + at.synapse + begin + i, sizeof(std::uint32_t));
    if (!net_.projections[p_].stateful()) return;
    RowState& state = shard.state(row);
    state.arrival = saved.states[3 * at.row];
    state.consumed = saved.states[3 * at.row + 1];
    state.base = saved.states[3 * at.row + 2];
    const std::size_t of_row = layout.head - layout.traces;
    std::copy_n(saved.words.begin() + at.row * of_row, of_row, shard.traces(row));
  }

  void check_state(const Archive& a, const std::int32_t* state, std::uint32_t delay) const {
    const auto& projection = net_.projections[p_];
    const auto& set = net_.plastic_sets[p_];
    const std::int32_t now = relative(net_, 0, net_.now), dendritic = projection.dendritic(delay);
    const Step origin = net_.shares[0].origin;
    const auto in = [&](std::int32_t step, std::int32_t least, std::int32_t most) { return step >= least && step <= most; };
    // At the synapse, whose calendar is that of its targets: what comes yet is later.
    a.require(state[0] == never || (in(state[0], never, now - dendritic - 1) && origin + state[0] >= -longest_delay), "states",
              "must be of arrivals in the past");
    std::int32_t least = never;
    for (const auto& share : set.shares)
      for (const auto& integral : share.integrals) least = std::max(least, relative(net_, 0, integral.origin) - dendritic);
    a.require(in(state[1], least == never ? never : least - 1, now) && in(state[2], least, now - dendritic), "states",
              "must be of the past that the network remembers");
    // Tables know their rows by arrivals at steps that there have been.
    if (!projection.shards[0].arrived.empty()) a.require(state[0] == never || origin + state[0] >= 0, "states", "must be of arrivals in the past");
  }

  // Spikes reach their rows one after the other: those that have yet to act do so after those that have.
  void check_coming(const Shard<R>& shard) const {
    const auto& projection = net_.projections[p_];
    if (!projection.stateful()) return;
    const auto check = [&](RowPosition at, Step soma) {
      const RowState& state = shard.state(at);
      const std::int32_t when = relative(net_, 0, soma) - 2 * projection.dendritic(state.delay);
      if (when < state.arrival || when < state.base) throw Error("states must be of arrivals before those of the spikes on their way");
    };
    shard.for_each_coming(net_.now, net_.now + projection.max_delay + 1, check);
    shard.lagged.for_each(net_.now, [&](Step k, const auto& rows) {
      for (const RowPosition at : rows) check(at, k);
    });
    for (const auto& [step, at] : shard.early) check(at, step);
  }

  void place_visits(const Block& block, const Place& at, std::size_t share, RowPosition row) {
    auto& shard = net_.projections[p_].shards[share];
    const auto here = [&](const Visits& visits, std::size_t i) { return i < visits.size() && visits[i].first == at.row; };
    if (here(block.asleep, at.slept)) shard.asleep.push_back({row, block.asleep[at.slept].second});
    const Step lag = net_.plastic_sets[p_].lag;
    for (std::size_t i = at.visited; here(block.lagged, i); ++i) {
      const Step step = block.lagged[i].second;
      if (step - net_.now > lag) throw Error("lagged_steps must be within the delay of the rule");
      lagged_[share].emplace_back(step, step - lag - block.saved.delays[at.row], source_, row);
    }
    for (std::size_t i = at.hastened; here(block.early, i); ++i) shard.early.emplace_back(block.early[i].second, row);
  }

  // Spikes set out again, from where they are.
  void send(Shard<R>& shard) {
    const auto& projection = net_.projections[p_];
    for (const auto& [stamp, source, delay] : net_.arriving[p_]) {
      const auto [first, end] = shard.rows(source);
      RowPosition at = first;
      std::uint32_t reached = projection.min_delay;
      bool found = false;
      for (; at < end && !found; at = found ? at : shard.next(at)) {
        reached += shard.head(at).gap();
        found = reached >= delay;
      }
      if (!found) continue;
      if (at == first && stamp + projection.min_delay >= net_.now)
        shard.due[stamp + projection.min_delay].push_back(at);
      else if (shard.staggered)
        shard.walking.push_back({at, static_cast<std::uint32_t>(stamp + reached)});
      else
        throw Error("a spike on its way has no row to arrive at");
    }
  }

  Network<R>& net_;
  std::size_t p_;
  bool various_;  // delays
  Neuron source_ = 0;
  std::vector<ShardWriter<R>> writers_;
  std::vector<Neuron> target_;  // of the row that is being dealt out
  std::vector<std::vector<std::tuple<Step, Step, Neuron, RowPosition>>> lagged_;  // step, stamp, source, row
};

template <class R>
void begin_loading_rows(Network<R>& net, std::size_t p, std::uint64_t sources, std::uint64_t rows, std::uint64_t synapses) {
  net.dealer = std::make_shared<RowDealer<R>>(net, p, sources, rows, synapses);
}

template <class R>
void load_rows(Network<R>& net, SavedTree tree) {
  Archive a(std::move(tree));
  net.dealer->add(a);
}

template <class R>
void end_rows(Network<R>& net) {
  net.dealer->finish();
  net.dealer.reset();
}

PLASTICA_INSTANTIATE(begin_loading_rows);
PLASTICA_INSTANTIATE(load_rows);
PLASTICA_INSTANTIATE(end_rows);

}  // namespace plastica
