// Projections in a file: all but their rows.
#include "engine/checkpoint/projections.hpp"

#include <algorithm>

#include "engine/checkpoint/fields.hpp"
#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"
#include "engine/plastic/plan.hpp"
#include "engine/plastic/prepare.hpp"

namespace plastica {

template <class R>
static void archive_still(Archive& a, Projection<R>& projection) {
  if (!a.has("still")) return;
  std::vector<Step> ends;
  for (const auto& each : projection.still) ends.insert(ends.end(), {each.begin, each.end});
  a.indices("still", ends, 0, last_step);
  a.require(ends.size() % 2 == 0 && std::is_sorted(ends.begin(), ends.end()), "still", "must be periods, one after the other");
  projection.still.clear();
  for (std::size_t i = 0; i < ends.size(); i += 2) projection.still.push_back({ends[i], ends[i + 1]});
}

// Between which neurons, and what the user has set.
template <class R>
static void archive_settings(const Network<R>& net, Archive& a, Projection<R>& projection) {
  a.index("pre", projection.pre, net.populations.size());
  a.index("post", projection.post, net.populations.size());
  a.index("receptor", projection.receptor, net.populations[projection.post].receptors.size());
  a.number("dendritic_fraction", projection.dendritic_fraction);
  a.require(projection.dendritic_fraction >= 0 && projection.dendritic_fraction <= 1, "dendritic_fraction", "must be between 0 and 1");
  a.number("min_delay", projection.min_delay, 1, longest_delay);
  a.number("max_delay", projection.max_delay, projection.min_delay, longest_delay);
  a.number("plastic", projection.plastic);
  projection.held = a.loading() ? !projection.plastic : projection.held;
  if (a.has("held")) a.number("held", projection.held);
  archive_still(a, projection);
  a.number("sign", projection.sign);
  a.require(projection.sign == 1 || projection.sign == -1, "sign", "must be 1 or -1");
  a.number("gain", projection.gain);
  a.number("alone", projection.alone);
}

template <class R>
static std::vector<PartSpec> archive_rules(const Network<R>& net, Archive& a, const Projection<R>& projection) {
  std::vector<PartSpec> specs;
  const std::size_t count = a.count("rules", projection.rules.size());
  for (std::size_t k = 0; k < count; ++k) {
    const Archive::Inside inside(a, numbered("rule", k));
    std::string part = a.loading() ? "" : std::string(projection.rules[k].part->schema.text.name);
    std::vector<ParameterColumn> columns;
    std::vector<double> samples;
    if (!a.loading()) {
      for (const double value : projection.rules[k].parameters) columns.push_back({{value}});
      samples = projection.rules[k].samples;
    }
    a.text("part", part);
    const Schema& schema = net.catalogue.rule(part)->schema;
    archive_declaration(a, schema);
    archive_parameters(a, "parameters", schema, columns, 1);
    a.array("samples", samples);
    specs.push_back({part, by_name(schema, columns), std::move(samples)});
  }
  return specs;
}

namespace {

// What the rows of all shares have in common.
template <class R>
struct CommonRows {
  bool own_weights = true, births = false, various_delays = false;
  R shared = 0;
};

}  // namespace

template <class R>
static CommonRows<R> archive_layout(Archive& a, const Projection<R>& projection) {
  CommonRows<R> rows;
  if (!a.loading()) {
    const auto& any = projection.shards[0];
    rows = {any.layout.weights, any.layout.births, false, any.shared};
    for (const auto& shard : projection.shards) rows.various_delays = rows.various_delays || shard.staggered;
  }
  a.number("own_weights", rows.own_weights);
  a.number("births", rows.births);
  a.number("shared_weight", rows.shared);
  a.number("various_delays", rows.various_delays);
  return rows;
}

template <class R>
void archive_projection(Network<R>& net, Archive& a, std::size_t p) {
  Projection<R> fresh;
  auto& projection = a.loading() ? fresh : net.projections[p];
  archive_settings(net, a, projection);
  Step made = a.loading() || net.plastic_sets[p].slots.empty() ? 0 : net.plastic_sets[p].slots[0].made;
  a.number("made", made, 0, net.now);
  const auto specs = archive_rules(net, a, projection);
  const CommonRows<R> rows = archive_layout(a, projection);
  if (a.loading()) {
    const Step present = std::exchange(net.now, made);
    add_loaded(net, a, std::move(fresh), specs, rows);
    net.now = present;
  }
  archive_kept(net, a, p);
}

// A projection as it was made, without its rows.
template <class R>
static void add_loaded(Network<R>& net, const Archive& a, Projection<R> projection, const std::vector<PartSpec>& specs, const CommonRows<R>& rows) {
  PlasticSet<R> set;
  plan_rules(net, projection, set, specs);
  a.require(!projection.held || projection.learns(), "held", "is for a projection with rules that change weights");
  check_look_back(net, projection, set, projection.max_delay);
  for (const auto& slot : set.slots)
    a.require(steps_in(slot.needs.V_delay, net.dt) <= static_cast<Step>(a.entries()), "rules", "look back at what is not there");
  a.require(rows.own_weights || !projection.learns(), "own_weights", "must be 1: the weights learn");
  a.require(rows.various_delays || projection.min_delay == projection.max_delay || projection.alone, "various_delays", "must be 1");
  const auto& post = net.populations[projection.post];
  projection.shards.resize(static_cast<std::size_t>(net.share_count));
  for (std::size_t share = 0; share < projection.shards.size(); ++share) {
    auto& shard = projection.shards[share];
    shard.layout = RowLayout::make<R>(post.owned(share), rows.own_weights, projection.stateful(), set.of_row, set.variables);
    shard.layout.births = rows.births;
    shard.shared = rows.shared;
    shard.staggered = rows.various_delays;
    shard.make_ring(projection.min_delay);
  }
  const std::size_t p = net.projections.size();
  net.outgoing[projection.pre].push_back(p);
  net.incoming[projection.post].push_back(p);
  net.projections.push_back(std::move(projection));
  net.plastic_sets.push_back(std::move(set));
  if (!specs.empty()) make_plastic(net, p);
}

// What rules keep besides rows, and spikes on their way.
template <class R>
static void archive_kept(Network<R>& net, Archive& a, std::size_t p) {
  auto& projection = net.projections[p];
  auto& set = net.plastic_sets[p];
  const auto& post = net.populations[projection.post];
  for (std::size_t k = 0; k < set.slots.size(); ++k)
    for (int n = 0; n < set.slots[k].traits.neurons; ++n) {
      const Archive::Inside inside(a, numbered("rule", k) + "/" + numbered("neurons", static_cast<std::size_t>(n)));
      const auto at = static_cast<std::size_t>(n);
      archive_shares<double>(net, a, "value", post, 1, [&](std::size_t share) { return std::pair(set.shares[share].neurons[k][at].data(), std::size_t{0}); });
      archive_shares<R>(net, a, "narrow", post, 1, [&](std::size_t share) { return std::pair(set.shares[share].narrow[k][at].data(), std::size_t{0}); });
    }
  const auto known = static_cast<std::size_t>(post.partition.owner(0));  // a thread that knows them
  const std::size_t integrals = set.shares.empty() ? 0 : set.shares[known].integrals.size();
  for (std::size_t i = 0; i < integrals; ++i) {
    const Archive::Inside inside(a, numbered("integral", i));
    Integral& integral = set.shares[known].integrals[i];
    const std::size_t room = integral.sum.size();
    const Step reach = projection.dendritic(projection.max_delay), renewed = (net.now + set.renewal - 1) / set.renewal * set.renewal;
    a.number("origin", integral.origin, std::max<Step>(0, renewed - set.renewal - reach), net.now);
    a.number("known", integral.known, integral.origin, net.now);
    std::vector<double> sum(integral.sum.begin(), integral.sum.begin() + static_cast<std::ptrdiff_t>(a.loading() ? 0 : integral.known - integral.origin + 1));
    a.array("sum", sum, static_cast<std::size_t>(integral.known - integral.origin + 1));
    a.require(sum.size() + 1 < room, "sum", "is longer than it can be");
    if (!a.loading()) continue;
    std::copy(sum.begin(), sum.end(), integral.sum.begin());
    for (auto& share : set.shares) share.integrals[i] = integral;
  }
  archive_transmitted(net, a, p);
  archive_spikes(net, a, p);
}

// What an edit has fixed at synapses and has yet to reach the soma, by step, then target.
template <class R>
static void archive_transmitted(Network<R>& net, Archive& a, std::size_t p) {
  auto& projection = net.projections[p];
  const auto& post = net.populations[projection.post];
  struct Each {
    Step step;
    Neuron target;
    R weight;
  };
  std::vector<Each> all;
  for (std::size_t share = 0; share < projection.shards.size() && !a.loading(); ++share)
    for (const auto& [step, arrivals] : projection.shards[share].transmitted)
      for (const auto& arrival : arrivals) all.push_back({step, post.first(share) + arrival.target, arrival.weight});
  std::stable_sort(all.begin(), all.end(), [](const Each& x, const Each& y) { return std::tie(x.step, x.target) < std::tie(y.step, y.target); });
  std::vector<Step> steps;
  std::vector<Neuron> targets;
  std::vector<R> weights;
  for (const Each& each : all) {
    steps.push_back(each.step);
    targets.push_back(each.target);
    weights.push_back(each.weight);
  }
  const Archive::Inside inside(a, "transmitted");
  a.indices("steps", steps, net.now, net.now + longest_delay);
  a.indices("targets", targets, 0, std::int64_t{post.size} - 1);
  a.array("weights", weights, steps.size());
  if (!a.loading()) return;
  a.require(targets.size() == steps.size(), "targets", "must be as many as steps");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto share = static_cast<std::size_t>(post.partition.owner(targets[i]));
    projection.shards[share].transmitted[steps[i]].push_back({targets[i] - post.first(share), weights[i]});
  }
}

// Spikes on their way: when they set out, whence, and the delay of the next row that they reach.
template <class R>
static void archive_spikes(Network<R>& net, Archive& a, std::size_t p) {
  auto& projection = net.projections[p];
  std::map<std::pair<Step, Neuron>, std::uint32_t> under_way;
  for (std::size_t share = 0; share < projection.shards.size() && !a.loading(); ++share) {
    const auto& shard = projection.shards[share];
    const auto note = [&](RowPosition at, Step arrival) {
      const std::uint32_t delay = shard.delay_of(at, projection.min_delay);
      const auto [found, fresh] = under_way.try_emplace({arrival - delay, shard.index.source_of(at)}, delay);
      if (!fresh) found->second = std::min(found->second, delay);
    };
    for (const auto& cursor : shard.walking) note(cursor.row, net.now + (cursor.step - static_cast<std::uint32_t>(net.now)));
    shard.due.for_each(net.now, [&](Step start, const auto& rows) {
      for (const RowPosition at : rows) note(at, start + (shard.staggered ? shard.head(at).gap() : 0));
    });
  }
  std::vector<Step> stamps;
  std::vector<Neuron> sources;
  std::vector<std::uint32_t> delays;
  for (const auto& [spike, delay] : under_way) {
    stamps.push_back(spike.first);
    sources.push_back(spike.second);
    delays.push_back(delay);
  }
  const Archive::Inside inside(a, "under_way");
  a.indices("stamps", stamps, net.now - projection.max_delay, net.now);
  a.indices("sources", sources, 0, std::int64_t{net.populations[projection.pre].size} - 1);
  a.indices("delays", delays, projection.min_delay, projection.max_delay);
  if (!a.loading()) return;
  a.require(stamps.size() == sources.size() && stamps.size() == delays.size(), "stamps", "must be as many as sources and delays");
  auto& coming = net.arriving.emplace_back();
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    a.require(stamps[i] + delays[i] >= net.now, "stamps", "must be of spikes that have yet to arrive");
    a.require(i == 0 || std::pair(stamps[i - 1], sources[i - 1]) < std::pair(stamps[i], sources[i]), "stamps", "must ascend");
    coming.push_back({stamps[i], sources[i], delays[i]});
  }
}

PLASTICA_INSTANTIATE(archive_projection);

}  // namespace plastica
