// Rows of synapses out of a file, dealt out to the shares that own their targets.
#include <algorithm>

#include "engine/checkpoint/fields.hpp"
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
    auto& projection = net_.projections[p_];
    const auto& post = net_.populations[projection.post];
    const Neuron sources = net_.populations[projection.pre].size;
    const RowLayout& layout = projection.shards[0].layout;
    const std::size_t of_row = layout.head - layout.traces;
    const bool wide = post.size > 65536;
    const auto rows = a.template held<std::uint32_t>("rows"), delays = a.template held<std::uint32_t>("delays");
    const auto counts = a.template held<std::uint32_t>("counts");
    const auto targets = a.template held<std::uint16_t>("targets");
    const std::size_t source_count = rows.size(), row_count = delays.size(), segment_count = counts.size(), synapses = targets.size();
    const auto held_if = [&]<class T>(bool wanted, const std::string& name, std::size_t count) {
      return wanted ? a.template held<T>(name, count) : Archive::Held<T>(SavedArray{});
    };
    const auto segments = held_if.template operator()<std::uint32_t>(wide, "segments", row_count);
    const auto high = held_if.template operator()<std::uint16_t>(wide, "high", segment_count);
    a.require(wide || segment_count == row_count, "counts", "must be one for each row");
    const auto weights = held_if.template operator()<R>(layout.weights, "weights", synapses);
    const auto birth_words = held_if.template operator()<std::uint32_t>(layout.births, "births", synapses);
    const auto variable_words = held_if.template operator()<R>(layout.variables > 0, "variables", synapses * layout.variables);
    const auto state_words = held_if.template operator()<std::int32_t>(projection.stateful(), "states", row_count * 3);
    const auto row_words = held_if.template operator()<R>(of_row > 0, "words", row_count * of_row);
    const std::uint32_t* const births = birth_words.begin();
    const R *const variables = variable_words.begin(), *const words = row_words.begin();
    const std::int32_t* const states = state_words.begin();
    const auto by_row = [&](const std::string& name, const std::string& steps) {
      const auto at = a.template held<std::uint32_t>(name);
      const std::size_t count = at.size();
      const auto when = a.template held<Step>(steps, count);
      std::vector<std::pair<std::uint32_t, Step>> list;
      for (std::size_t i = 0; i < count; ++i) {
        a.require(at[i] < row_count && (i == 0 || at[i - 1] <= at[i]), name, "must be rows, ascending");
        a.require(when[i] >= net_.now && when[i] <= net_.now + 4 * longest_delay, steps, "must be in the near future");
        list.emplace_back(at[i], when[i]);
      }
      return list;
    };
    const auto asleep = by_row("asleep", "until"), lagged = by_row("lagged", "lagged_steps"), early = by_row("early", "early_steps");
    a.finish();
    a.require(projection.shards[0].lagged.size() > 0 || (lagged.empty() && early.empty()), "lagged", "is not for these rules");
    a.require(source_ + source_count <= sources, "rows", "are of more sources than there are");

    std::size_t row = 0, segment = 0, synapse = 0, slept = 0, visited = 0, hastened = 0;
    std::vector<Neuron> target;
    for (std::size_t s = 0; s < source_count; ++s, ++source_) {
      for (auto& writer : writers_) writer.begin_source();
      a.require(rows[s] <= row_count - row, "rows", "are more than their delays");
      std::uint32_t before = projection.min_delay;
      for (const std::size_t end = row + rows[s]; row < end; ++row) {
        const std::uint32_t delay = delays[row];
        a.require(delay >= before && delay <= projection.max_delay, "delays", "must ascend between the bounds of the projection");
        a.require(various_ || delay == projection.min_delay, "delays", "must be one");
        before = delay;
        target.clear();
        const std::size_t of_this = wide ? segments[row] : 1;
        a.require(of_this <= segment_count - segment, "segments", "are more than their counts");
        for (const std::size_t stop = segment + of_this; segment < stop; ++segment) {
          a.require(counts[segment] <= synapses - synapse - target.size(), "counts", "are more than the targets");
          for (std::uint32_t i = 0; i < counts[segment]; ++i)
            target.push_back(Neuron{targets[synapse + target.size()]} | (wide ? Neuron{high[segment]} << 16 : 0));
        }
        a.require(!target.empty() && target.back() < post.size && std::is_sorted(target.begin(), target.end()), "targets", "must be neurons, ascending");
        if (states != nullptr) check_state(a, states + 3 * row, delay);
        std::size_t from = 0;
        for (std::size_t share = 0; share < writers_.size(); ++share) {
          const std::size_t to = static_cast<std::size_t>(
              std::lower_bound(target.begin() + static_cast<std::ptrdiff_t>(from), target.end(), post.partition.begin[share + 1]) - target.begin());
          if (to == from) continue;
          auto& shard = projection.shards[share];
          const auto rest = [&](RowPosition at, std::size_t begin, std::uint32_t count) {
            for (std::size_t v = 0; v < layout.variables; ++v)
              std::copy_n(variables + synapse * layout.variables + v * target.size() + begin, count,
                          shard.weights(at) + (layout.weights ? count : 0) + v * count);
            // A word each, of which births take the first 32 bits.
            for (std::uint32_t i = 0; births != nullptr && i < count; ++i)
              std::memcpy(shard.store.data() + at + shard.layout.template births_at<R>(count) + i, births + synapse + begin + i, sizeof(std::uint32_t));
            if (states != nullptr) {
              RowState& state = shard.state(at);
              state.arrival = states[3 * row];
              state.consumed = states[3 * row + 1];
              state.base = states[3 * row + 2];
            }
            if (words != nullptr) std::copy_n(words + row * of_row, of_row, shard.traces(at));
            place_visits(share, at, delay, row, asleep, slept, lagged, visited, early, hastened);
          };
          writers_[share].add(
              delay, from, to, [&](std::size_t i) { return target[i] - post.first(share); }, [&](std::size_t i) { return weights[synapse + i]; }, rest);
          from = to;
        }
        while (slept < asleep.size() && asleep[slept].first == row) ++slept;
        while (visited < lagged.size() && lagged[visited].first == row) ++visited;
        while (hastened < early.size() && early[hastened].first == row) ++hastened;
        synapse += target.size();
      }
    }
    a.require(row == row_count && segment == segment_count && synapse == synapses, "rows", "are fewer than their delays, counts and targets");
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

  void place_visits(std::size_t share, RowPosition at, std::uint32_t delay, std::size_t row, const Visits& asleep, std::size_t slept, const Visits& lagged,
                    std::size_t visited, const Visits& early, std::size_t hastened) {
    auto& shard = net_.projections[p_].shards[share];
    if (slept < asleep.size() && asleep[slept].first == row) shard.asleep.push_back({at, asleep[slept].second});
    const Step lag = net_.plastic_sets[p_].lag;
    for (; visited < lagged.size() && lagged[visited].first == row; ++visited) {
      const Step step = lagged[visited].second;
      if (step - net_.now > lag) throw Error("lagged_steps must be within the delay of the rule");
      lagged_[share].emplace_back(step, step - lag - delay, source_, at);
    }
    for (; hastened < early.size() && early[hastened].first == row; ++hastened) shard.early.emplace_back(early[hastened].second, at);
  }

  // Spikes set out again, from where they are.
  void send(Shard<R>& shard) {
    const auto& projection = net_.projections[p_];
    for (const auto& [stamp, source, delay] : net_.arriving[p_]) {
      RowPosition at = shard.first[source];
      std::uint32_t reached = projection.min_delay;
      bool found = false;
      for (; at < shard.rows_end(source) && !found; at = found ? at : shard.next(at)) {
        reached += shard.head(at).gap();
        found = reached >= delay;
      }
      if (!found) continue;
      if (at == shard.first[source] && stamp + projection.min_delay >= net_.now)
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
