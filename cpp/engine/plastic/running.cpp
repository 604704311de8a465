// The walk by running sums (network/epochs.hpp), for one rule whose events add up and have a factor of their own.
#include <algorithm>

#include "engine/checkpoint/fields.hpp"
#include "engine/plastic/axons.hpp"
#include "engine/plastic/epoch_walk.hpp"
#include "engine/plastic/prepare.hpp"
#include "engine/plastic/walks.hpp"

namespace plastica {

namespace {

template <class R>
struct RunningWalk final : EpochWalk<R> {
  bool can(const Network<R>& net, const Projection<R>& projection, const PlasticSet<R>& set) const override {
    const auto& traits = set.synaptic().traits;
    return traits.voltage || (traits.weighted && this->adds_up(net, projection, set));
  }

  // What each synapse has seen of the sum.
  std::size_t variables() const override { return 1; }

  // Sums are of one projection: their factors are its rule's.
  void prepare(Network<R>& net, std::size_t p) const override {
    auto& set = net.plastic_sets[p];
    auto& projection = net.projections[p];
    auto& post = net.populations[projection.post];
    auto& slot = set.synaptic();
    if (!slot.traits.voltage) use_traces(net, p, slot);
    for (std::size_t share = 0; share < post.learning.size(); ++share) {
      auto& running = post.learning[share].running;
      set.table = running.size();
      running.emplace_back(slot.needs.pre[0].tau, net.dt, padded(post.owned(share)), decay_table(net, slot.needs.pre[0]));
      projection.shards[share].arrived.resize(running.back().rows());
      if (slot.traits.voltage) set.filter = use_filter(net, projection.post, share, slot.needs);
    }
    for (const TraceSpec& spec : slot.needs.post)
      if (!slot.traits.voltage) set.dense.push_back(use_dense(net, p, spec));
  }

  // At the first step of an epoch the oldest one is recycled, after the rows that last arrived in it have been paid. Then the events of this step enter.
  void begin_step(Network<R>& net, std::size_t population, std::size_t share, Step k) const override {
    auto& running = net.populations[population].learning[share].running;
    if (running.empty()) return;
    for (const std::size_t p : net.incoming[population]) {
      if (net.plastic_sets[p].walk != this) continue;
      auto& table = running[net.plastic_sets[p].table];
      if (k % table.length() != 0) continue;
      pay_oldest(net, p, share, k);
      table.recycle(table.epoch_of(k));
    }
    for (auto& table : running) table.push(k);
  }

  // Filters of the potential move on, and every neuron whose potential is high enters the sums, like a spike.
  void before_spikes(Network<R>& net, std::size_t population, std::size_t share, Step stamp) const override {
    auto& post = net.populations[population];
    auto& learning = post.learning[share];
    if (learning.filters.empty()) return;
    const R* const V = post.state[0].data() + post.first(share);
    for (auto& f : learning.filters)
      net.kernels.filter(f.low.data(), f.high.data(), f.mean.data(), f.oldest(stamp).data(), V, f.losses, static_cast<R>(f.V_mean), f.low.size());
    for (const std::size_t p : net.incoming[population])
      if (net.plastic_sets[p].walk == this && net.plastic_sets[p].kernels.gate != nullptr) announce_gates(net, p, share, stamp);
  }

  // Spikes enter the sums with the factors that the rules give them.
  void take_spikes(Network<R>& net, std::size_t population, std::size_t share, const std::vector<Neuron>& fired, Step stamp) const override {
    for (const std::size_t p : net.incoming[population])
      if (net.plastic_sets[p].walk == this && net.plastic_sets[p].kernels.factor != nullptr) announce_factors(net, p, share, fired, stamp);
  }

  // Rules that watch the potential see what it is now, not what it was.
  void watch_again(Network<R>& net, std::size_t population, const std::vector<char>& member) const override {
    auto& post = net.populations[population];
    for (std::size_t share = 0; share < post.learning.size(); ++share)
      for (auto& filter : post.learning[share].filters)
        for (Neuron local = 0; local < post.owned(share); ++local) {
          const Neuron i = post.first(share) + local;
          if (!member.empty() && member[i] == 0) continue;
          const bool begins = filter.created == net.now || (!post.born.empty() && post.born[i] == net.now);
          if (begins)
            filter.reset(local, post.state[0][i]);
          else
            filter.oldest(net.now)[local] = post.state[0][i];
        }
    for (const std::size_t p : net.incoming[population])
      for (std::size_t share = 0; share < post.learning.size() && net.plastic_sets[p].walk == this; ++share)
        if (net.plastic_sets[p].kernels.gate != nullptr) announce_again(net, p, share);
  }

  Step memory(const Postsynaptic<R>& learning) const override {
    Step longest = 0;
    for (const auto& table : learning.running) longest = std::max(longest, static_cast<Step>(table.rows()) * table.length());
    return longest;
  }

  void forget(Postsynaptic<R>& learning) const override {
    for (auto& table : learning.running) table.clear();
  }

  void archive(Network<R>& net, Archive& a, std::size_t population) const override {
    auto& post = net.populations[population];
    const auto& learning = post.learning;
    archive_number_of(a, "filters", learning[0].filters.size());
    for (std::size_t t = 0; t < learning[0].filters.size(); ++t) {
      const Archive::Inside of_filter(a, numbered("filter", t));
      archive_of_targets(net, a, "low", post, 1, [t](Postsynaptic<R>& l) -> auto& { return l.filters[t].low; });
      archive_of_targets(net, a, "high", post, 1, [t](Postsynaptic<R>& l) -> auto& { return l.filters[t].high; });
      archive_of_targets(net, a, "mean", post, 1, [t](Postsynaptic<R>& l) -> auto& { return l.filters[t].mean; });
      for (std::size_t k = 0; k < learning[0].filters[t].past.size(); ++k)
        archive_of_targets(net, a, numbered("past", k), post, 1, [t, k](Postsynaptic<R>& l) -> auto& { return l.filters[t].past[k]; });
    }
    archive_number_of(a, "running", learning[0].running.size());
    for (std::size_t t = 0; t < learning[0].running.size(); ++t) archive_sums(net, a, population, t);
  }

  void arrive(Network<R>& net, std::size_t p, std::size_t share, const std::vector<RowPosition>& due, Step k, R* input) const override {
    auto& projection = net.projections[p];
    auto& shard = projection.shards[share];
    const auto& set = net.plastic_sets[p];
    const std::int32_t now = relative(net, share, k);
    auto& arrived = shard.arrived[list_of(net, p, share, k)];
    const auto kernel = set.kernels.arrive_running[shard.layout.narrow()];
    const RunningInput<R> in = running_input(net, p, share);
    for (const RowPosition at : due) {
      RowState& state = shard.state(at);
      const R efficacy = release_axons(net, set, shard.traces(at), now - state.base) * projection.gain;
      RunningRow<R> row = running_row(net, p, share, at, now);
      row.inert = inert(net, p, share, at, k);
      kernel(row, in, projection.sign * efficacy, input);
      mark_traces(set, shard.traces(at), now - state.arrival);
      state.arrival = state.consumed = state.base = now;
      arrived.push_back(at);
    }
  }

  void settle(Network<R>& net, std::size_t p, std::size_t share) const override {
    auto& shard = net.projections[p].shards[share];
    const auto& set = net.plastic_sets[p];
    const std::int32_t last = relative(net, share, net.now) - 1;
    const RulesInUse<R> rules(net, p, share);
    const RunningInput<R> in = running_input(net, p, share);
    shard.for_each_row([&](RowPosition at) {
      set.kernels.pay_running[shard.layout.narrow()](running_row(net, p, share, at, last), in);
      advance_row(net, p, share, at, last + 1, rules);
      this->date_anew(net, p, share, at);
    });
  }

  void read(const Network<R>& net, std::size_t p, std::size_t share, RowPosition at, Step k, const RulesInUse<R>& /*rules*/,
            PlasticRow<R>& row) const override {
    const auto& set = net.plastic_sets[p];
    RunningRow<R> owed = running_row(net, p, share, at, relative(net, share, k) - 1);
    owed.weight = row.weight;
    owed.seen = row.variables + (set.variables - 1) * row.count;
    set.kernels.pay_running[net.projections[p].shards[share].layout.narrow()](owed, running_input(net, p, share));
  }

  void announce_again(Network<R>& net, std::size_t p, std::size_t share) const override {
    const auto& set = net.plastic_sets[p];
    if (net.now == 0) return;
    const std::vector<Neuron> fired = table_of(net, p, share).announced(net.now);
    if (set.kernels.factor != nullptr) announce_factors(net, p, share, fired, net.now);
    if (set.kernels.gate != nullptr && set.slots[0].made < net.now) announce_gates(net, p, share, net.now);
  }

 protected:
  std::size_t list_of(const Network<R>& net, std::size_t p, std::size_t share, Step arrival) const override {
    const auto& table = table_of(net, p, share);
    return table.slot(table.epoch_of(arrival));
  }

 private:
  static const RunningTable<R>& table_of(const Network<R>& net, std::size_t p, std::size_t share) {
    return net.populations[net.projections[p].post].learning[share].running[net.plastic_sets[p].table];
  }

  // Which filter of the share's potentials these needs are of: rules of the same needs that began at the same step have one.
  static std::size_t use_filter(Network<R>& net, std::size_t population, std::size_t share, const RuleNeeds& needs) {
    auto& post = net.populations[population];
    auto& filters = post.learning[share].filters;
    const Step delay = steps_in(needs.V_delay, net.dt);
    const std::size_t owned = padded(post.owned(share)), first = post.first(share);
    const auto same = std::find_if(filters.begin(), filters.end(), [&](const auto& f) {
      return f.tau_low == needs.tau_low && f.tau_high == needs.tau_high && f.tau_mean == needs.tau_mean && f.V_mean == needs.V_mean && f.delay == delay &&
             f.created == net.now;
    });
    const auto found = static_cast<std::size_t>(same - filters.begin());
    if (same != filters.end()) return found;
    const auto loss = [&](double tau) { return tau > 0 ? static_cast<R>(-math::expm1(-net.dt / tau)) : R(0); };
    const R* const V = post.state[0].data() + first;
    Column<R> potential(V, V + owned);
    filters.push_back({needs.tau_low,
                       needs.tau_high,
                       needs.tau_mean,
                       needs.V_mean,
                       delay,
                       net.now,
                       {loss(needs.tau_low), loss(needs.tau_high), loss(needs.tau_mean)},
                       potential,
                       potential,
                       Column<R>(owned, R(0)),
                       std::vector<Column<R>>(static_cast<std::size_t>(delay) + 1, potential)});
    return found;
  }

  static void pay_oldest(Network<R>& net, std::size_t p, std::size_t share, Step k) {
    const auto& set = net.plastic_sets[p];
    const auto& table = table_of(net, p, share);
    auto& shard = net.projections[p].shards[share];
    const Step epoch = table.epoch_of(k), old = epoch - static_cast<Step>(table.rows());
    auto& arrived = shard.arrived[table.slot(epoch)];
    const RunningInput<R> in = running_input(net, p, share);
    for (const RowPosition at : arrived) {
      RowState& state = shard.state(at);
      if (state.arrival == never || table.epoch_of(net.shares[share].origin + state.arrival) != old) continue;
      const std::int32_t now = relative(net, share, k) - 1;
      set.kernels.pay_running[shard.layout.narrow()](running_row(net, p, share, at, now), in);
      // A row whose slower traces are left counts from now, like one that has just been settled.
      const bool left = fade_traces(set, shard.traces(at), now - state.arrival, 1);
      state.arrival = left ? now : never;
      if (left) shard.arrived[table.slot(table.epoch_of(k - 1))].push_back(at);
    }
    arrived.clear();
  }

  // What the kernels of running sums need of a row at the step `now`.
  static RunningRow<R> running_row(const Network<R>& net, std::size_t p, std::size_t share, RowPosition at, std::int32_t now) {
    const auto& shard = net.projections[p].shards[share];
    const auto& set = net.plastic_sets[p];
    const auto& table = table_of(net, p, share);
    const RowState& state = shard.state(at);
    const std::uint32_t count = shard.head(at).count();
    R* const weights = const_cast<R*>(shard.weights(at));
    const R* const present = table.sum(table.epoch_of(net.shares[share].origin + now));
    RunningRow<R> row{shard.targets(at), weights, weights + count * set.variables, count, present, present, R(0), {}};
    if (state.arrival == never) return row;
    const RuleView<R>& view = set.rules[0];
    const R* const traces = shard.traces(at) + view.first_trace;
    const std::int32_t age = now - state.arrival;
    for (int t = 0; t < view.pre_count; ++t) row.x[t] = traces[t] * view.pre[t].decay.value[std::min(age, view.pre[t].decay.length)];
    const Step arrival = net.shares[share].origin + state.arrival;
    const Step epoch = table.epoch_of(arrival);
    row.sum = table.sum(epoch);
    row.x_at_start = traces[0] * table.growth(arrival - table.start_of(epoch));
    return row;
  }

  static RunningInput<R> running_input(const Network<R>& net, std::size_t p, std::size_t share) {
    const auto& set = net.plastic_sets[p];
    const auto& learning = net.populations[net.projections[p].post].learning[share];
    const RuleView<R>& view = set.rules[0];
    const auto k = static_cast<std::size_t>(view.number);
    RunningInput<R> in{set.slots[k].constants.data(), {}, {}, static_cast<R>(set.w_max), net.projections[p].held};
    for (std::size_t t = 0; t < set.dense.size(); ++t) in.y[t] = learning.dense[set.dense[t]].value.data();
    if (set.kernels.gate != nullptr) {
      in.y[0] = learning.filters[set.filter].low.data();
      in.y[1] = learning.filters[set.filter].mean.data();
    }
    const auto& neurons = set.shares[share].narrow[k];
    for (std::size_t n = 0; n < neurons.size(); ++n) in.neuron[n] = neurons[n].data();
    return in;
  }

  static void announce_factors(Network<R>& net, std::size_t p, std::size_t share, const std::vector<Neuron>& fired, Step stamp) {
    auto& set = net.plastic_sets[p];
    auto& learning = net.populations[net.projections[p].post].learning[share];
    const auto& slot = set.synaptic();
    std::vector<R> y(slot.post.size() * fired.size()), factor(fired.size());
    std::array<const R*, max_traces> columns{};
    for (std::size_t t = 0; t < slot.post.size(); ++t) {
      columns[t] = y.data() + t * fired.size();
      for (std::size_t f = 0; f < fired.size(); ++f) y[t * fired.size() + f] = learning.history.trace(slot.post[t]).before[fired[f]];
    }
    set.kernels.factor(slot.constants.data(), columns.data(), fired.size(), factor.data());
    learning.running[set.table].announce(fired.data(), factor.data(), fired.size(), stamp);
  }

  static void announce_gates(Network<R>& net, std::size_t p, std::size_t share, Step stamp) {
    auto& set = net.plastic_sets[p];
    const auto& post = net.populations[net.projections[p].post];
    auto& learning = net.populations[net.projections[p].post].learning[share];
    const Neuron owned = post.owned(share);
    auto& scratch = net.shares[share].scales;
    const R* const V_high = learning.filters[set.filter].high.data();
    scratch.resize(learning.filters[set.filter].high.size());
    set.kernels.gate(set.synaptic().constants.data(), post.state[0].data() + post.first(share), V_high, owned, scratch.data());
    std::vector<Neuron> high;
    std::vector<R> factor;
    for (Neuron i = 0; i < owned; ++i)
      if (scratch[i] != R(0)) {
        high.push_back(i);
        factor.push_back(scratch[i]);
      }
    learning.running[set.table].announce(high.data(), factor.data(), high.size(), stamp);
  }

  // Sums, and the events of the present step, which have yet to enter them.
  static void archive_sums(Network<R>& net, Archive& a, std::size_t p, std::size_t t) {
    auto& population = net.populations[p];
    auto& learning = population.learning;
    const Archive::Inside inside(a, numbered("sums", t));
    const std::size_t rows = learning[0].running[t].rows();
    archive_shares<R>(net, a, "sum", population, rows, [&](std::size_t share) {
      auto& sum = learning[share].running[t].all_sums();
      return std::pair(sum.data(), sum.size() / rows);
    });
    std::vector<R> factors;
    std::vector<std::vector<Neuron>> fired(learning.size());
    for (std::size_t share = 0; share < learning.size() && !a.loading(); ++share) {
      const std::vector<R> of_share = learning[share].running[t].factors(net.now);
      factors.insert(factors.end(), of_share.begin(), of_share.end());
      fired[share] = learning[share].running[t].announced(net.now);
    }
    archive_neurons(net, a, "announced", population, [&](std::size_t share) -> auto& { return fired[share]; });
    std::size_t all = 0, first = 0;
    for (const auto& of_share : fired) all += of_share.size();
    a.array("factors", factors, all);
    for (std::size_t share = 0; share < learning.size() && a.loading(); first += fired[share++].size())
      learning[share].running[t].announce(fired[share].data(), factors.data() + first, fired[share].size(), net.now);
  }
};

}  // namespace

template <class R>
const Walk<R>& running_walk() {
  static const RunningWalk<R> walk;
  return walk;
}

PLASTICA_INSTANTIATE(running_walk);

}  // namespace plastica
