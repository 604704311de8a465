// An update of a law of structure: which synapses go and where new ones form, at steps that the model determines.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/memory.hpp"
#include "base/random.hpp"
#include "engine/build/connect.hpp"
#include "engine/network.hpp"
#include "engine/plastic/settle.hpp"
#include "engine/plastic/states.hpp"
#include "engine/slow/all.hpp"
#include "engine/step/bundle.hpp"
#include "engine/structure/degrees.hpp"
#include "engine/structure/edit.hpp"
#include "engine/structure/elements.hpp"
#include "engine/structure/laws.hpp"

namespace plastica {

constexpr double most_at_once = 0x1p31;  // elements to be paired, or synapses to be made

namespace {

// What the random numbers of an update are for.
enum class Draw : std::uint32_t { axonal = 1, dendritic, order, partner, attempts, synapse };

}  // namespace

static RandomKey key_of(std::uint64_t seed, std::size_t law, Draw use, Step k) {
  const RandomKey key = random_key(seed, static_cast<std::uint32_t>(law), Purpose::structure);
  const auto step = static_cast<std::uint64_t>(k);
  const auto words = threefry(key, static_cast<std::uint32_t>(use), 0, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32));
  return {words[0], words[1]};
}

// `count` different numbers below `n`, ascending; all such sets are equally likely. Floyd's algorithm: Bentley and Floyd (1987), Commun ACM 30:754.
static std::vector<std::uint64_t> distinct_below(Stream stream, std::uint64_t count, std::uint64_t n) {
  std::vector<std::uint64_t> chosen;
  for (std::uint64_t j = n - count; j < n; ++j) {
    const std::uint64_t drawn = stream.below(j + 1);
    const auto place = std::lower_bound(chosen.begin(), chosen.end(), drawn);
    if (place == chosen.end() || *place != drawn)
      chosen.insert(place, drawn);
    else
      chosen.push_back(j);
  }
  return chosen;
}

// The first `count` of a random order of the list come to its front.
template <class T>
static void shuffle_front(std::vector<T>& list, std::size_t count, Stream stream) {
  for (std::size_t i = 0; i < count; ++i) std::swap(list[i], list[i + stream.below(list.size() - i)]);
}

// A place in a list of cumulative weights, in proportion to the weights; the end if all are zero.
static std::size_t place_of(const std::vector<double>& cumulative, double u) {
  if (cumulative.empty() || !(cumulative.back() > 0)) return cumulative.size();
  const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), u * cumulative.back());
  return std::min(static_cast<std::size_t>(found - cumulative.begin()), cumulative.size() - 1);
}

namespace {

// What an update is about to do.
template <class R>
struct Growth {
  std::vector<StructuralEdit<R>> changes;  // by projection of the law
  std::vector<Degrees> degrees;
  NewSynapses fresh;
  std::set<std::tuple<std::size_t, Neuron, Neuron>> pairs;  // of new synapses, where none may double
};

}  // namespace

namespace {

template <class R>
struct StructuralUpdate final : Copying<StructuralUpdate<R>, Occasion<R>> {
  const OccasionKind& kind() const override { return to_rewire; }
  bool acts() const override { return true; }
  std::size_t count(const Network<R>& net) const override { return net.rewirings.size(); }
  Step next(const Network<R>& net, Step from) const override {
    const auto& rewiring = net.rewirings[this->index];
    return rewiring.pause.on() ? not_due : this->next_multiple(rewiring.interval, rewiring.made, from);
  }
  std::optional<GuardError> perform(Network<R>& net) override {
    update_structure(net, net.rewirings[this->index], net.now);
    return std::nullopt;
  }
};

}  // namespace

const OccasionKind to_rewire = kind_of<Occasion, StructuralUpdate>();

template <class R>
static void update_structure(Network<R>& net, Rewiring& rewiring, Step k) {
  const auto& law = *rewiring.law;
  auto begin = Clock::now();
  rewiring.timings.fill(0);
  const auto timed = [&](std::size_t phase) {
    const auto end = Clock::now();
    rewiring.timings[phase] += std::chrono::duration<double>(end - std::exchange(begin, end)).count();
  };
  for (auto& columns : rewiring.elements) grow(net, rewiring, columns, k);
  timed(0);
  const double seconds = static_cast<double>(k - rewiring.last) * net.dt * 1e-3;
  rewiring.last = k;
  if (!rewiring.schedule.steps.empty()) {
    const std::size_t passed = rewiring.schedule.at(k - 1);
    rewiring.parameters[parameter_index(law.schema, "rate")] = passed == 0 ? 0.0 : rewiring.schedule.row(passed)[0];
  }
  Growth<R> growth{.changes = {}, .degrees = {}, .fresh = law.fresh(rewiring.parameters.data()), .pairs = {}};
  for (const std::size_t p : rewiring.projections) {
    on_its_own(net, p);
    growth.changes.push_back(no_change(net, p));
  }
  if (!law.elements.empty()) {
    break_surplus(net, rewiring, growth, k);
    timed(1);
    pair_elements(net, rewiring, growth, k);
  }
  timed(2);
  if (law.revise != nullptr) revise(net, rewiring, growth, k, seconds);
  timed(1);
  if (law.attempts != nullptr) attempt(net, rewiring, growth, k, law.attempts(rewiring.parameters.data(), seconds));
  timed(2);
  for (std::size_t q = 0; q < growth.changes.size(); ++q) put_through(net, rewiring, rewiring.projections[q], growth.changes[q]);
  timed(3);
}

template <class R>
static void put_through(Network<R>& net, Rewiring& rewiring, std::size_t p, StructuralEdit<R>& change) {
  std::size_t gone = 0, fresh = 0;
  for (const auto& of_share : change.gone) gone += of_share.size();
  for (const auto& of_share : change.fresh) fresh += of_share.size();
  rewiring.removed += gone;
  rewiring.created += fresh;
  if (gone + fresh == 0) return;
  sort_change(change);
  edit(net, p, change);
}

// Where elements have fallen below what is bound, random synapses of the neuron break: those of axons first.
template <class R>
static void break_surplus(Network<R>& net, Rewiring& rewiring, Growth<R>& growth, Step k) {
  const auto& axonal = rewiring.elements[0];
  for (const std::size_t p : rewiring.projections) growth.degrees.push_back(degrees_of(net, p));
  const RandomKey of_axons = key_of(net.seed, rewiring.id, Draw::axonal, k);
  for (Neuron i = 0; i < axonal.z.size(); ++i) {
    std::uint64_t bound = 0;
    for (const auto& degrees : growth.degrees) bound += degrees.out[i];
    const auto kept = whole_part(axonal.z[i]);
    if (kept >= bound) continue;
    const auto places = distinct_below(Stream(of_axons, i), bound - kept, bound);
    std::uint64_t passed = 0;
    for (std::size_t q = 0; q < rewiring.projections.size(); ++q) {
      std::vector<std::uint64_t> own;
      const std::uint64_t count = growth.degrees[q].out[i];
      for (const std::uint64_t place : places)
        if (place >= passed && place < passed + count) own.push_back(place - passed);
      if (!own.empty()) take_from_source(net, rewiring.projections[q], i, own, growth.changes[q], growth.degrees[q]);
      passed += count;
    }
  }
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q) break_dendritic(net, rewiring, q, growth, k);
  for (std::size_t e = 0; e < rewiring.elements.size(); ++e) {
    auto& columns = rewiring.elements[e];
    if (columns.tau_vacant == infinity) continue;
    const double fades = -math::expm1(-static_cast<double>(rewiring.interval) * net.dt / columns.tau_vacant);
    for (std::size_t i = 0; i < columns.z.size(); ++i) columns.z[i] -= std::max(0.0, columns.z[i] - bound_to(rewiring, growth, e, i)) * fades;
  }
}

template <class R>
static double bound_to(const Rewiring& /*rewiring*/, const Growth<R>& growth, std::size_t column, std::size_t neuron) {
  if (column > 0) return growth.degrees[column - 1].in[neuron];
  double bound = 0;
  for (const auto& degrees : growth.degrees) bound += degrees.out[neuron];
  return bound;
}

template <class R>
static void break_dendritic(Network<R>& net, const Rewiring& rewiring, std::size_t q, Growth<R>& growth, Step k) {
  const std::size_t p = rewiring.projections[q];
  const auto& post = net.populations[net.projections[p].post];
  const auto& z = rewiring.elements[1 + q].z;
  auto& degrees = growth.degrees[q];
  auto& change = growth.changes[q];
  const RandomKey key = key_of(net.seed, rewiring.id, Draw::dendritic, k);
  for (auto& of_share : change.gone) std::sort(of_share.begin(), of_share.end());
  std::vector<std::vector<std::uint32_t>> lost(static_cast<std::size_t>(net.share_count), std::vector<std::uint32_t>(degrees.out.size(), 0));
  parallel(net.share_count, [&](int thread) {
    const auto share = static_cast<std::size_t>(thread);
    std::vector<std::vector<std::uint64_t>> places(post.owned(share));
    bool any = false;
    for (std::uint32_t t = 0; t < places.size(); ++t) {
      const Neuron j = post.first(share) + t;
      const auto kept = whole_part(z[j]);
      const std::uint64_t bound = degrees.in[j];
      if (kept >= bound) continue;
      places[t] = distinct_below(Stream(key, (std::uint64_t{q} << 32) | j), bound - kept, bound);
      degrees.in[j] -= static_cast<std::uint32_t>(bound - kept);
      any = true;
    }
    if (any) take_from_targets(net, p, share, places, change, lost[share]);
  });
  for (const auto& of_share : lost)
    for (std::size_t i = 0; i < of_share.size(); ++i) degrees.out[i] -= of_share[i];
}

// Between two neurons, through the periodic boundary if that is nearer.
static double squared_distance(const Places& places, std::size_t q, Neuron source, Neuron target) {
  const auto dimensions = static_cast<std::size_t>(places.dimensions);
  double square = 0;
  for (std::size_t d = 0; d < dimensions; ++d) {
    double difference = places.pre[source * dimensions + d] - places.post[q][target * dimensions + d];
    if (!places.extent.empty()) difference -= places.extent[d] * math::nearest(difference / places.extent[d]);
    square += difference * difference;
  }
  return square;
}

// Makes a synapse of a pair, if it may be: one that may not is not replaced by another.
template <class R>
static bool plan_pair(const Network<R>& net, const Rewiring& rewiring, Growth<R>& growth, std::size_t q, Neuron source, Neuron target) {
  const std::size_t p = rewiring.projections[q];
  const auto& projection = net.projections[p];
  const auto& pre = net.populations[projection.pre];
  const auto& fresh = growth.fresh;
  if (!pre.dead.empty() && pre.dead[source] != 0) return false;
  if (!fresh.autapses && projection.pre == projection.post && source == target) return false;
  if (!fresh.multapses && (connected(net, p, source, target) || !growth.pairs.insert({q, source, target}).second)) return false;
  const double distance = fresh.speed < infinity ? std::sqrt(squared_distance(rewiring.places, q, source, target)) : 0;
  plan_synapse(net, p, growth.changes[q], source, target, delay_steps(fresh.delay + distance / fresh.speed, net.dt), fresh.weight);
  if (projection.synapses() == 0) growth.changes[q].sign = fresh.weight < 0 ? R(-1) : R(1);
  return true;
}

namespace {

struct Dendrite {
  std::size_t q;  // of the projection
  Neuron neuron;
};
// Each as often as it is vacant.
struct VacantElements {
  std::vector<Neuron> axons;
  std::vector<Dendrite> dendrites;
};

}  // namespace

template <class R>
static VacantElements vacant_elements(const Rewiring& rewiring, const Growth<R>& growth) {
  for (const auto& columns : rewiring.elements) {
    double sum = 0;
    for (const double z : columns.z) sum += std::max(0.0, std::floor(z));
    check_memory(sum * sizeof(Dendrite), "'" + rewiring.name + "': " + to_text(sum) + " synaptic elements", "let them grow more slowly (nu)");
  }
  double all = 0;
  const auto vacant = [&](std::size_t column, std::size_t i) {
    const double number = std::max(0.0, std::floor(rewiring.elements[column].z[i]) - bound_to(rewiring, growth, column, i));
    all += number;
    if (!(all <= most_at_once)) throw Error("controller '" + rewiring.name + "': there are more vacant elements than can be paired");
    return static_cast<std::uint64_t>(number);
  };
  VacantElements found;
  for (Neuron i = 0; i < rewiring.elements[0].z.size(); ++i) found.axons.insert(found.axons.end(), vacant(0, i), i);
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q)
    for (Neuron j = 0; j < rewiring.elements[1 + q].z.size(); ++j) found.dendrites.insert(found.dendrites.end(), vacant(1 + q, j), Dendrite{q, j});
  return found;
}

template <class R>
static void pair_elements(Network<R>& net, const Rewiring& rewiring, Growth<R>& growth, Step k) {
  auto [axons, dendrites] = vacant_elements(rewiring, growth);
  const double most = std::min({static_cast<double>(axons.size()), static_cast<double>(dendrites.size()), growth.fresh.most});
  const auto count = static_cast<std::size_t>(most);
  shuffle_front(axons, count, Stream(key_of(net.seed, rewiring.id, Draw::order, k), 0));
  Stream partners(key_of(net.seed, rewiring.id, Draw::partner, k), 0);
  if (growth.fresh.partners == Partners::uniform) {
    shuffle_front(dendrites, count, partners);
    for (std::size_t n = 0; n < count; ++n) plan_pair(net, rewiring, growth, dendrites[n].q, axons[n], dendrites[n].neuron);
    return;
  }
  std::vector<double> cumulative;
  for (std::size_t n = 0; n < count; ++n) {
    cumulative.clear();
    double sum = 0;
    for (const auto& [q, j] : dendrites) cumulative.push_back(sum += affinity(rewiring, growth, q, axons[n], j));
    const std::size_t chosen = place_of(cumulative, partners.uniform());
    if (chosen == cumulative.size()) continue;
    if (plan_pair(net, rewiring, growth, dendrites[chosen].q, axons[n], dendrites[chosen].neuron))
      dendrites.erase(dendrites.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
}

template <class R>
static double affinity(const Rewiring& rewiring, const Growth<R>& growth, std::size_t q, Neuron source, Neuron target) {
  if (growth.fresh.partners == Partners::activity) return rewiring.elements[1 + q].calcium[target];
  const double width = growth.fresh.width;
  return math::exp(-squared_distance(rewiring.places, q, source, target) / (2 * width * width));
}

// So many synapses onto a target, from random sources.
template <class R>
static void find_sources(const Network<R>& net, const Rewiring& rewiring, Growth<R>& growth, Neuron target, std::uint64_t number, Stream stream) {
  const Neuron sources = net.populations[net.projections[rewiring.projections[0]].pre].size;
  std::vector<double> cumulative;
  double sum = 0;
  if (growth.fresh.partners == Partners::distance && number > 0)
    for (Neuron i = 0; i < sources; ++i) cumulative.push_back(sum += affinity(rewiring, growth, 0, i, target));
  for (std::uint64_t n = 0; n < number; ++n) {
    const std::size_t source = cumulative.empty() ? stream.below(sources) : place_of(cumulative, stream.uniform());
    if (source < sources) plan_pair(net, rewiring, growth, 0, static_cast<Neuron>(source), target);
  }
}

template <class R>
static void attempt(Network<R>& net, const Rewiring& rewiring, Growth<R>& growth, Step k, double expected) {
  const std::size_t p = rewiring.projections[0];
  const auto& post = net.populations[net.projections[p].post];
  if (!(expected * post.size <= most_at_once)) throw Error("controller '" + rewiring.name + "': the rate asks for more new synapses than can be made");
  const bool limited = growth.fresh.max_in_degree < infinity;
  const Degrees degrees = limited ? degrees_of(net, p) : Degrees{};
  const RandomKey key = key_of(net.seed, rewiring.id, Draw::attempts, k);
  constexpr double bytes_of_plan = 32;
  const double most = std::min(expected, growth.fresh.max_in_degree) * post.size;
  check_memory(most * bytes_of_plan, "'" + rewiring.name + "': " + to_text(most) + " new synapses at once", "lower the rate, or give a max_in_degree");
  for (Neuron j = 0; j < post.size; ++j) {
    if (!post.dead.empty() && post.dead[j] != 0) continue;
    Stream stream(key, j);
    double number = std::floor(expected + stream.uniform());
    if (limited) number = std::clamp(growth.fresh.max_in_degree - degrees.in[j], 0.0, number);
    find_sources(net, rewiring, growth, j, whole_part(number), stream);
  }
}

template <class R>
static void revise(Network<R>& net, const Rewiring& rewiring, Growth<R>& growth, Step k, double seconds) {
  const std::size_t p = rewiring.projections[0];
  auto& projection = net.projections[p];
  const auto& law = *rewiring.law;
  const double* const parameters = rewiring.parameters.data();
  const bool writes = law.writes_weight(parameters);
  if (projection.learns() && law.reads_weight(parameters)) settle(net, p);
  if (writes) {
    if (!projection.learns())
      for (std::size_t share = 0; share < projection.shards.size(); ++share) settle_in_flight(net, p, share);
    if (std::any_of(projection.shards.begin(), projection.shards.end(), [](const auto& shard) { return !shard.layout.weights; })) separate_weights(net, p);
  }
  std::vector<std::uint32_t> lost(net.populations[projection.post].size, 0);
  parallel(net.share_count, [&](int thread) {
    const FlushDenormals flush;
    revise_shard(net, rewiring, static_cast<std::size_t>(thread), growth.changes[0], k, seconds, lost);
  });
  if (writes) {
    check_revised(net, rewiring, k);
    adopt_weights(net, p);
  }
  if (!law.replaces(parameters)) return;
  const RandomKey key = key_of(net.seed, rewiring.id, Draw::attempts, k);
  for (Neuron j = 0; j < lost.size(); ++j) find_sources(net, rewiring, growth, j, lost[j], Stream(key, j));
}

// A law that multiplies weights can lead them out of the range of numbers.
template <class R>
static void check_revised(Network<R>& net, const Rewiring& rewiring, Step k) {
  const std::size_t p = rewiring.projections[0];
  for (auto& shard : net.projections[p].shards)
    shard.for_each_row([&](RowPosition at) {
      for (std::uint32_t place = 0; place < shard.head(at).count(); ++place) {
        if (std::isfinite(shard.weight(at, place))) continue;
        net.failed = true;
        const Neuron target =
            net.populations[net.projections[p].post].first(static_cast<std::size_t>(&shard - net.projections[p].shards.data())) + shard.target(at, place);
        throw SimulationError(rewiring.name + " has led a weight out of the range of numbers", static_cast<double>(k) * net.dt, net.projections[p].post, target,
                              "a weight");
      }
    });
}

namespace {

// Looks at the synapses of one share, row by row, as a law sees them.
template <class R>
class Viewer {
 public:
  Viewer(const Network<R>& net, const Rewiring& rewiring, std::size_t share, Step k, double seconds)
      : net_(net),
        rewiring_(rewiring),
        shard_(net.projections[rewiring.projections[0]].shards[share]),
        first_(net.populations[net.projections[rewiring.projections[0]].post].first(share)),
        now_(k),
        seconds_(seconds),
        draws_(rewiring.law->draws(rewiring.parameters.data())),
        key_(key_of(net.seed, rewiring.id, Draw::synapse, k)),
        met_(net.populations[net.projections[rewiring.projections[0]].post].owned(share), {~Neuron{0}, 0}) {}

  // In the order of sources: random numbers count the synapses of a pair.
  const std::vector<SynapseView>& row(Neuron source, RowPosition at) {
    views_.clear();
    for_each_target(shard_, at, [&](std::uint32_t place, std::uint32_t target) {
      const double weight = std::abs(static_cast<double>(shard_.weight(at, place)));
      SynapseView view{weight, ms_since(shard_.birth(at, place)), ms_since(rewiring_.last_spike[source]), seconds_, {}};
      if (draws_) {
        auto& [last, number] = met_[target];
        number = std::exchange(last, source) == source ? number + 1 : 0;
        view.random = threefry(key_, source, first_ + target, number, 0);
      }
      views_.push_back(view);
    });
    return views_;
  }

 private:
  double ms_since(Step step) const { return static_cast<double>(now_ - step) * net_.dt; }

  const Network<R>& net_;
  const Rewiring& rewiring_;
  const Shard<R>& shard_;
  Neuron first_;
  Step now_;
  double seconds_;
  bool draws_;
  RandomKey key_;
  std::vector<std::pair<Neuron, std::uint32_t>> met_;  // by target: the last source, and how many synapses of it came before
  std::vector<SynapseView> views_;
};

}  // namespace

template <class R>
static void revise_shard(Network<R>& net, const Rewiring& rewiring, std::size_t share, StructuralEdit<R>& change, Step k, double seconds,
                         std::vector<std::uint32_t>& lost) {
  const std::size_t p = rewiring.projections[0];
  auto& shard = net.projections[p].shards[share];
  const auto& law = *rewiring.law;
  const double* const parameters = rewiring.parameters.data();
  const bool writes = law.writes_weight(parameters);
  const Neuron first = net.populations[net.projections[p].post].first(share);
  const double bound = net.projections[p].learns() ? net.plastic_sets[p].w_max : infinity;
  Viewer<R> viewer(net, rewiring, share, k, seconds);
  std::vector<double> weights;
  for (Neuron source = 0; source < shard.index.sources(); ++source)
    for (auto [at, end] = shard.rows(source); at < end; at = shard.next(at)) {
      const auto& views = viewer.row(source, at);
      weights.resize(views.size());
      law.revise(parameters, views, weights.data());
      for (std::uint32_t place = 0; place < weights.size(); ++place) {
        if (weights[place] == goes_away) {
          change.gone[share].push_back({at, place});
          ++lost[first + shard.target(at, place)];
        } else if (writes) {
          R& w = shard.weights(at)[place];
          w = std::copysign(static_cast<R>(std::min(weights[place], bound)), w);
        }
      }
    }
}

}  // namespace plastica
