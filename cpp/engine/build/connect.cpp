// Connecting populations. Everything is validated here, before anything is created.
#include "engine/build/connect.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "base/math.hpp"
#include "base/memory.hpp"
#include "engine/build/synapses.hpp"
#include "engine/core/projections.hpp"
#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/plan.hpp"
#include "engine/plastic/prepare.hpp"
#include "network/record_writer.hpp"
#include "parts/distributions/draw.hpp"

namespace plastica {

namespace {

// What there is of a population's learning before a projection is made.
struct LearningSizes {
  struct Each {
    std::size_t traces, tables, dense, running, filters;
  };
  std::vector<Each> shares;
  bool replayed;
  std::uint32_t dendritic_reach;
};

}  // namespace

std::uint32_t delay_steps(double delay, double dt, bool drawn) {
  const double exact = delay / dt;
  if (!(exact >= 1 - 1e-9))
    throw Error("delay = " + to_text(delay) + " ms must be at least the step dt = " + to_text(dt) + " ms" +
                (drawn ? "; bound the distribution with low=" + to_text(dt) : ""));
  if (!(exact < (1 << 24))) throw Error("delay = " + to_text(delay) + " ms must be below " + to_text(dt * (1 << 24)) + " ms");
  return static_cast<std::uint32_t>(exact + 0.5);
}

// The stable order of a row's synapses by delay: by counting, unless the delays are few and far between.
static void order_by_delay(std::span<const std::uint32_t> delays, std::vector<std::uint64_t>& order, std::vector<std::uint64_t>& next) {
  order.resize(delays.size());
  if (delays.empty()) return;
  const auto [least, most] = std::minmax_element(delays.begin(), delays.end());
  const std::uint32_t first = *least;
  const std::size_t range = *most - first + std::size_t{1};
  if (range > 1024 + 4 * delays.size()) {
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::uint64_t a, std::uint64_t b) { return delays[a] < delays[b]; });
    return;
  }
  next.assign(range + 1, 0);
  for (const std::uint32_t delay : delays) ++next[delay - first + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::size_t i = 0; i < delays.size(); ++i) order[next[delays[i] - first]++] = i;
}

namespace {

// Weights or delays of a projection's synapses: one for all, one each in canonical order, or drawn when they are asked for.
class SynapseReader {
 public:
  SynapseReader(const SynapseValues& values, RandomKey key, std::uint64_t count, FillNormal fill_normal) : key_(key) {
    if (const auto* one = std::get_if<double>(&values)) one_ = {one, 1};
    if (const auto* each = std::get_if<Values>(&values)) {
      if (each->size() != count && each->size() != 1)
        throw Error("there are " + std::to_string(each->size()) + " values for " + std::to_string(count) + " connections");
      (each->size() == 1 ? one_ : each_) = *each;
    }
    if (const auto* distribution = std::get_if<DistributionSpec>(&values)) sampler_.emplace(distribution->name, distribution->parameters, fill_normal);
  }

  bool uniform() const { return !one_.empty(); }
  bool drawn() const { return sampler_.has_value(); }
  // All that is known without drawing: one value, or one each.
  std::span<const double> given() const { return uniform() ? one_ : each_; }

  // Those of the synapses first .. first + count - 1; in the scratch, unless they were given.
  std::span<const double> read(std::uint64_t first, std::size_t count, std::vector<double>& scratch) const {
    if (!each_.empty()) return each_.subspan(first, count);
    scratch.assign(count, uniform() ? one_[0] : 0.0);
    if (drawn()) (*sampler_)(key_, first, count, scratch.data());
    return scratch;
  }

 private:
  RandomKey key_;
  std::span<const double> one_, each_;
  std::optional<Sampler> sampler_;
};

}  // namespace

namespace {

// The delays of a part's synapses in steps, in the order of its rows; of none, where all have one.
struct Delays {
  Store<std::uint32_t> steps;
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max(), most = 0;
};

}  // namespace

static Delays read_delays(const Connectivity& connectivity, std::size_t share, const SynapseReader& delays, double dt) {
  Delays found;
  if (delays.uniform()) {
    found.least = found.most = delay_steps(delays.given()[0], dt, false);
    return found;
  }
  const Rows& rows = connectivity.shares[share];
  found.steps = Store<std::uint32_t>(rows.target.size());
  std::vector<double> scratch;
  for (Neuron source = 0; source < connectivity.sources; ++source) {
    const auto of_source = delays.read(connectivity.canonical(source, share), rows.row[source + 1] - rows.row[source], scratch);
    std::uint32_t* const steps = found.steps.data() + rows.row[source];
    for (std::size_t i = 0; i < of_source.size(); ++i) {
      steps[i] = delay_steps(of_source[i], dt, delays.drawn());
      found.least = std::min(found.least, steps[i]);
      found.most = std::max(found.most, steps[i]);
    }
  }
  return found;
}

// The most words that the records of a shard can take.
template <class R>
static std::uint64_t most_words(const RowLayout& layout, std::uint64_t sources, std::uint64_t synapses, std::uint64_t delays) {
  const std::uint64_t rows = std::min(synapses, sources * delays) + RowHead::most_divisions(synapses) + delays / RowHead::most_gap * sources;
  return rows * (layout.head + 1) + layout.size<R>(synapses);
}

template <class R>
Connections connect(Network<R>& net, std::size_t pre, std::size_t post, const Ids& pre_ids, const Ids& post_ids, const std::string& connector,
                    const ConnectorOptions& options, std::span<const double> pre_positions, std::span<const double> post_positions, int dimensions) {
  const auto endpoint = [&](std::size_t p, const Ids& ids, std::span<const double> positions) {
    return Endpoint{net.populations.at(p).size, ids ? &*ids : nullptr, positions.empty() ? nullptr : positions.data(), dimensions};
  };
  ConnectorOptions all = options;
  all.same_population = pre == post;
  const auto key = random_key(net.seed, static_cast<std::uint32_t>(net.projections.size()), Purpose::connectivity);
  Connections made;
  made.pre = pre;
  made.post = post;
  made.connectivity =
      generate(connector, all, endpoint(pre, pre_ids, pre_positions), endpoint(post, post_ids, post_positions), net.populations[post].partition, key);
  return made;
}

template <class R>
void check_weights(const Network<R>& net, const Projection<R>& projection, std::span<const double> weights, std::uint64_t first) {
  const auto& receptor = net.populations[projection.post].receptors[projection.receptor];
  const bool conductance = receptor.part->conductance;
  double bound = infinity, least = 0;
  for (const auto& rule : projection.rules) {
    const RuleNeeds needs = rule.part->needs(rule.parameters.data(), rule.samples, net.dt);
    if (needs.w_max >= 0) bound = std::min(bound, needs.w_max);
    least = std::max(least, needs.w_min);
  }
  const bool negative = sign_of<R>(weights) < 0;
  const auto refuse = [&](std::size_t i, const std::string& why) {
    throw Error("weight = " + to_text(weights[i]) + (weights.size() > 1 ? " (connection " + std::to_string(first + i) + ")" : "") + why);
  };
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double w = weights[i];
    if (!std::isfinite(w)) refuse(i, " must be a finite number");
    if (!std::isfinite(static_cast<R>(w))) refuse(i, " is beyond the precision of this network");
    if (conductance && w < 0) refuse(i, " must be at least 0: receptor '" + receptor.name + "' is a conductance; its sign is in E_rev");
    if (!projection.learns()) continue;
    if (negative && w > 0) refuse(i, ": the weights of a plastic projection must all have one sign; make two projections");
    if (static_cast<R>(std::abs(w)) > static_cast<R>(bound)) refuse(i, " must be at most w_max = " + to_text(bound) + " in magnitude");
    if (std::abs(w) < least) refuse(i, " must be at least " + to_text(least) + " in magnitude: the rules lead no weight below it");
  }
}

template <class R>
std::size_t add_projection(Network<R>& net, Connections connections, std::size_t receptor, const SynapseValues& weight, const SynapseValues& delay,
                           double dendritic_fraction, const std::vector<PartSpec>& rule_specs) {
  const std::size_t id = net.projections.size();
  auto& connectivity = connections.connectivity;
  const std::uint64_t count = connectivity.count();
  Projection<R> projection;
  projection.pre = connections.pre;
  projection.post = connections.post;
  projection.receptor = receptor;
  if (receptor >= net.populations.at(projection.post).receptors.size()) throw Error("the target population has no such receptor");
  if (!(dendritic_fraction >= 0 && dendritic_fraction <= 1)) throw Error("dendritic_fraction = " + to_text(dendritic_fraction) + " must be between 0 and 1");
  projection.dendritic_fraction = dendritic_fraction;
  // A bundle has one cursor for a spike: one that set out before the projection was made must not take its rows along.
  projection.alone = net.now > 0;
  PlasticSet<R> set;
  plan_rules(net, projection, set, rule_specs);
  const SynapseReader weights(weight, random_key(net.seed, static_cast<std::uint32_t>(id), Purpose::weight), count, net.kernels.draw_normal);
  const SynapseReader delays(delay, random_key(net.seed, static_cast<std::uint32_t>(id), Purpose::delay), count, net.kernels.draw_normal);
  check_weights(net, projection, weights.given(), 0);

  std::vector<Delays> steps(connectivity.shares.size());
  parallel(net.share_count, [&](int thread) {
    const auto share = static_cast<std::size_t>(thread);
    steps[share] = read_delays(connectivity, share, delays, net.dt);
  });
  for (const auto& of_share : steps) projection.max_delay = std::max(projection.max_delay, of_share.most);
  projection.min_delay = projection.max_delay;
  for (const auto& of_share : steps) projection.min_delay = std::min(projection.min_delay, of_share.least);
  if (count == 0) projection.min_delay = projection.max_delay = 1;

  check_look_back(net, projection, set, projection.max_delay);
  projection.shards.resize(connectivity.shares.size());
  parallel(net.share_count, [&](int thread) {
    const auto share = static_cast<std::size_t>(thread);
    build_shard(net, projection, set, share, connectivity, weights, steps[share].steps.data());
  });
  take_magnitudes(projection);
  auto &outgoing = net.outgoing[projection.pre], &incoming = net.incoming[projection.post];
  outgoing.reserve(outgoing.size() + 1);
  incoming.reserve(incoming.size() + 1);
  net.projections.reserve(id + 1);
  net.plastic_sets.reserve(id + 1);
  const LearningSizes before = learning_sizes(net, projection.post);
  lengthen_reach(net, projection.post, reach_of(net, projection));
  outgoing.push_back(id);
  incoming.push_back(id);
  net.projections.push_back(std::move(projection));
  net.plastic_sets.push_back(std::move(set));
  try {
    if (!rule_specs.empty()) make_plastic(net, id);
  } catch (...) {
    take_back_projection(net, before);
    throw;
  }
  choose_interval(net);
  return id;
}

template <class R>
static LearningSizes learning_sizes(const Network<R>& net, std::size_t p) {
  const auto& population = net.populations[p];
  LearningSizes sizes{{}, population.replayed, population.dendritic_reach};
  for (const auto& part : population.learning)
    sizes.shares.push_back({part.history.traces(), part.tables.size(), part.dense.size(), part.running.size(), part.filters.size()});
  return sizes;
}

// The last projection ran out of memory while it was made: what it has added to its target population is added at the ends of lists.
template <class R>
static void take_back_projection(Network<R>& net, const LearningSizes& before) {
  auto& post = net.populations[net.projections.back().post];
  net.outgoing[net.projections.back().pre].pop_back();
  net.incoming[net.projections.back().post].pop_back();
  net.projections.pop_back();
  net.plastic_sets.pop_back();
  post.replayed = before.replayed;
  post.dendritic_reach = before.dendritic_reach;
  if (before.shares.empty()) post.learning.clear();
  const auto shorten = [](auto& list, std::size_t size) { list.erase(list.begin() + static_cast<std::ptrdiff_t>(size), list.end()); };
  for (std::size_t share = 0; share < post.learning.size(); ++share) {
    auto& learning = post.learning[share];
    const auto& sizes = before.shares[share];
    learning.history.forget_traces(sizes.traces);
    shorten(learning.tables, sizes.tables);
    shorten(learning.dense, sizes.dense);
    shorten(learning.running, sizes.running);
    shorten(learning.filters, sizes.filters);
  }
}

// Within an interval nobody needs anybody else's spikes. Where nobody ever does, its lists of spikes must not grow with the run.
template <class R>
void choose_interval(Network<R>& net) {
  net.interval = longest_interval;
  for (const auto& each : net.projections) net.interval = std::min<Step>(net.interval, each.min_delay + Step{1});
  for (const auto& recorder : net.recorders) net.interval = std::min(net.interval, recorder->longest_interval(net));
  for (const auto& modulator : net.modulators)
    for (const auto& releaser : modulator.releasers) net.interval = std::min<Step>(net.interval, releaser.delay + 1);
}

// The targets and delays that it is made of are given back as they are used: there is never a second copy of the projection.
template <class R>
static void build_shard(const Network<R>& net, Projection<R>& projection, const PlasticSet<R>& set, std::size_t share, const Connectivity& connectivity,
                        const SynapseReader& weights, const std::uint32_t* delays) {
  constexpr std::uint64_t released_at_once = std::uint64_t{1} << 18;
  const Rows& wiring = connectivity.shares[share];
  auto& shard = projection.shards[share];
  const bool own_weights = !weights.uniform() || projection.learns();
  if (!own_weights) shard.shared = static_cast<R>(weights.given()[0]);
  shard.layout = RowLayout::make<R>(wiring.last - wiring.first, own_weights, projection.stateful(), set.of_row, set.variables);
  const std::uint64_t delay_count = projection.max_delay - projection.min_delay + std::uint64_t{1};
  shard.store = Store<R>(most_words<R>(shard.layout, connectivity.sources, wiring.target.size(), delay_count));
  shard.staggered = delay_count > 1;
  shard.make_ring(projection.min_delay);

  ShardWriter<R> writer(shard, connectivity.sources, projection.min_delay);
  std::vector<double> scratch;
  std::vector<std::uint64_t> order, next;
  std::uint64_t released = 0;
  for (Neuron source = 0; source < connectivity.sources; ++source) {
    writer.begin_source();
    const std::uint64_t begin = wiring.row[source], end = wiring.row[source + 1], size = end - begin;
    if (size == 0) continue;
    std::span<const double> of_source;
    if (own_weights) of_source = weights.read(connectivity.canonical(source, share), size, scratch);
    if (weights.drawn()) check_weights(net, projection, of_source, connectivity.canonical(source, share));
    const Neuron* const targets = wiring.target.data() + begin;
    const auto place = [&](auto&& at) {
      return std::pair([&, at](std::size_t i) { return targets[at(i)] - wiring.first; }, [&, at](std::size_t i) { return static_cast<R>(of_source[at(i)]); });
    };
    if (!shard.staggered) {
      const auto [target, weight] = place([](std::size_t i) { return i; });
      writer.add(projection.min_delay, 0, size, target, weight);
    } else {
      const std::span<const std::uint32_t> steps(delays + begin, size);
      order_by_delay(steps, order, next);
      const auto [target, weight] = place([&](std::size_t i) { return order[i]; });
      for (std::size_t from = 0, to = 0; from < size; from = to) {
        const std::uint32_t delay = steps[order[from]];
        while (to < size && steps[order[to]] == delay) ++to;
        writer.add(delay, from, to, target, weight);
      }
    }
    if (end - released < released_at_once) continue;
    release_pages(wiring.target.data() + released, wiring.target.data() + end);
    if (shard.staggered) release_pages(delays + released, delays + end);
    released = end;
  }
  writer.finish();
}

// Plastic weights are kept as magnitudes with the sign of them all.
template <class R>
static void take_magnitudes(Projection<R>& projection) {
  if (!projection.learns()) return;
  bool positive = false, negative = false;
  const auto for_each_weight = [&](auto&& f) {
    for (auto& shard : projection.shards)
      shard.for_each_row([&](RowPosition at) {
        R* const weights = shard.weights(at);
        for (std::uint32_t i = 0; i < shard.head(at).count(); ++i) f(weights[i]);
      });
  };
  for_each_weight([&](R w) {
    positive = positive || w > 0;
    negative = negative || w < 0;
  });
  if (positive && negative) throw Error("weight: the weights of a plastic projection must all have one sign; make two projections, or bound the distribution");
  projection.sign = negative ? R(-1) : R(1);
  if (negative) for_each_weight([](R& w) { w = -w; });
}

PLASTICA_INSTANTIATE(connect);
PLASTICA_INSTANTIATE(check_weights);
PLASTICA_INSTANTIATE(add_projection);
PLASTICA_INSTANTIATE(choose_interval);

}  // namespace plastica
