// Reading and setting the synapses of a projection between runs.
#include "engine/build/synapses.hpp"

#include <algorithm>
#include <cmath>

#include "engine/build/connect.hpp"
#include "engine/core/projections.hpp"
#include "engine/network.hpp"
#include "engine/plastic/rows.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/states.hpp"
#include "engine/step/bundle.hpp"
#include "engine/structure/edit.hpp"

namespace plastica {

template <class R>
std::vector<std::vector<R>> current(const Network<R>& net, std::size_t p, const Probe& probe) {
  const auto& projection = net.projections.at(p);
  std::vector<std::vector<R>> values(projection.shards.size());
  parallel(net.share_count, [&](int thread) {
    const auto share = static_cast<std::size_t>(thread);
    const auto& shard = projection.shards[share];
    Share<R> scratch;
    values[share].reserve(shard.synapses);
    RowReader<R> rows(net, p, share, net.now, scratch);
    shard.for_each_row([&](RowPosition at) {
      const PlasticRow<R> row = rows.read(at);
      for (std::uint32_t place = 0; place < row.count; ++place) values[share].push_back(probed(net, p, share, probe, row, place));
    });
  });
  return values;
}

template <class R>
Values weights(Network<R>& net, std::size_t p) {
  const auto& projection = on_its_own(net, p);
  Values values;
  values.reserve(projection.synapses());
  if (!projection.learns()) {
    visit(net, p, [&](const Synapse& s) { values.push_back(projection.shards[s.share].weight(s.row, s.place)); });
    return values;
  }
  const auto now = current(net, p, Probe{});
  visit(net, p, [&](const Synapse& s) { values.push_back(now[s.share][s.ordinal]); });
  return values;
}

template <class R>
void set_weights(Network<R>& net, std::size_t p, const Values& values) {
  auto& projection = on_its_own(net, p);
  if (values.size() != 1 && values.size() != projection.synapses())
    throw Error("there are " + std::to_string(values.size()) + " weights for " + std::to_string(projection.synapses()) + " connections");
  check_weights(net, projection, values);
  if (projection.learns()) {
    settle(net, p);
    projection.sign = sign_of<R>(values);
  } else {
    for (std::size_t share = 0; share < projection.shards.size(); ++share) settle_in_flight(net, p, share);
  }
  const bool shared = std::all_of(projection.shards.begin(), projection.shards.end(), [](const auto& shard) { return !shard.layout.weights; });
  if (shared && values.size() == 1) {
    for (auto& shard : projection.shards) shard.shared = static_cast<R>(values[0]);
    return;
  }
  if (shared) separate_weights(net, p);
  std::size_t i = 0;
  visit(net, p, [&](const Synapse& s) {
    const double w = values[values.size() == 1 ? 0 : i++];
    projection.shards[s.share].weights(s.row)[s.place] = static_cast<R>(projection.learns() ? std::abs(w) : w);
  });
  adopt_weights(net, p);
}

template <class R>
std::vector<Neuron> sources(Network<R>& net, std::size_t p) {
  on_its_own(net, p);
  std::vector<Neuron> ids;
  ids.reserve(synapses(net, p));
  visit(net, p, [&](const Synapse& s) { ids.push_back(s.source); });
  return ids;
}

template <class R>
std::vector<Neuron> targets(Network<R>& net, std::size_t p) {
  on_its_own(net, p);
  std::vector<Neuron> ids;
  ids.reserve(synapses(net, p));
  visit(net, p, [&](const Synapse& s) { ids.push_back(s.target); });
  return ids;
}

template <class R>
Values delays(Network<R>& net, std::size_t p) {
  on_its_own(net, p);
  Values values;
  values.reserve(synapses(net, p));
  visit(net, p, [&](const Synapse& s) { values.push_back(static_cast<double>(s.delay) * net.dt); });
  return values;
}

template <class R>
void set_plastic(Network<R>& net, std::size_t p, bool on) {
  auto& projection = net.projections.at(p);
  if (!projection.learns()) {
    if (on) throw Error("this projection has no rule that changes weights; give one to connect(net, plasticity=...)");
    return;
  }
  projection.plastic = on;
}

template <class R>
std::size_t bytes(const Network<R>& net, std::size_t p) {
  const auto& projection = net.projections.at(p);
  std::size_t sum = 0;
  for (const auto& shard : projection.shards) sum += shard.bytes();
  return sum;
}

template <class R>
std::uint64_t synapses(const Network<R>& net, std::size_t projection) {
  return net.projections.at(projection).synapses();
}

// Some rule changes weights.
template <class R>
bool learns(const Network<R>& net, std::size_t projection) {
  return net.projections.at(projection).learns();
}

template <class R>
bool plastic(const Network<R>& net, std::size_t projection) {
  return net.projections.at(projection).learns() && net.projections[projection].plastic;
}

PLASTICA_INSTANTIATE(current);
PLASTICA_INSTANTIATE(weights);
PLASTICA_INSTANTIATE(set_weights);
PLASTICA_INSTANTIATE(sources);
PLASTICA_INSTANTIATE(targets);
PLASTICA_INSTANTIATE(delays);
PLASTICA_INSTANTIATE(set_plastic);
PLASTICA_INSTANTIATE(bytes);
PLASTICA_INSTANTIATE(synapses);
PLASTICA_INSTANTIATE(learns);
PLASTICA_INSTANTIATE(plastic);

}  // namespace plastica
