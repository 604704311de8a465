// Laws of structure: which synapses go and where new ones form, at steps that the model determines.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/memory.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "engine/simulation.hpp"

namespace plastica {
namespace {

constexpr double most_at_once = 0x1p31;  // elements to be paired, or synapses to be made

// What the random numbers of an update are for.
enum class Draw : std::uint32_t { axonal = 1, dendritic, order, partner, attempts, synapse };

// Of a law, or of the elements that it has.
template <class Operations>
void check_law(const Operations& operations, const std::vector<double>& parameters) {
  const std::string_view name = operations.schema.text.name;
  for (std::size_t i = 0; i < parameters.size(); ++i) check_magnitudes(name, operations.schema.parameters[i], {&parameters[i], 1});
  if (const auto conflict = operations.conflict(parameters.data()); !conflict.empty()) throw Error(std::string(name) + ": " + std::string(conflict));
}

RandomKey key_of(std::uint64_t seed, std::size_t law, Draw use, Step k) {
  const RandomKey key = random_key(seed, static_cast<std::uint32_t>(law), Purpose::structure);
  const auto step = static_cast<std::uint64_t>(k);
  const auto words = threefry(key, static_cast<std::uint32_t>(use), 0, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32));
  return {words[0], words[1]};
}

// `count` different numbers below `n`, ascending; all such sets are equally likely. Floyd's algorithm: Bentley and Floyd (1987), Commun ACM 30:754.
std::vector<std::uint64_t> distinct_below(Stream stream, std::uint64_t count, std::uint64_t n) {
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

// Passes synapses from `place` on, until the turn of one's target has come; `end` if none's does.
template <class Index>
std::uint32_t pass_waiting(const void* targets, std::uint32_t place, std::uint32_t end, std::uint32_t* wait) {
  const auto* const target = static_cast<const Index*>(targets);
  while (place < end && wait[target[place]]-- != 0) ++place;
  return place;
}

// The first `count` of a random order of the list come to its front.
template <class T>
void shuffle_front(std::vector<T>& list, std::size_t count, Stream stream) {
  for (std::size_t i = 0; i < count; ++i) std::swap(list[i], list[i + stream.below(list.size() - i)]);
}

std::size_t parameter_index(const Schema& schema, std::string_view name) {
  return static_cast<std::size_t>(&find_field(schema, name) - schema.parameters.data());
}

// A place in a list of cumulative weights, in proportion to the weights; the end if all are zero.
std::size_t place_of(const std::vector<double>& cumulative, double u) {
  if (cumulative.empty() || !(cumulative.back() > 0)) return cumulative.size();
  const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), u * cumulative.back());
  return std::min(static_cast<std::size_t>(found - cumulative.begin()), cumulative.size() - 1);
}

}  // namespace

// ---- making them -----------------------------------------------------------------------------------------------------------------

template <class R>
std::size_t Simulation<R>::add_rewiring(const std::string& name, const std::vector<std::size_t>& projections, const std::vector<PartSpec>& specs,
                                        const Places& places) {
  Rewiring rewiring{.name = name, .law = catalogue_.law(specs.at(0).part), .id = rewirings_.size(), .projections = projections};
  const auto& law = *rewiring.law;
  for (const auto& column : resolve(law.schema, specs[0].parameters, 1)) rewiring.parameters.push_back(column[0]);
  check_law(law, rewiring.parameters);
  rewiring.interval = std::max<Step>(1, steps_in(law.interval(rewiring.parameters.data()), dt_));
  rewiring.made = rewiring.last = now_;
  rewiring.places = places;
  for (const std::size_t p : projections) check_rewired(rewiring, p);
  rewiring.last_spike.assign(populations_[projections_[projections[0]].pre].size, now_);
  if (!law.elements.empty()) {
    begin_elements(rewiring, specs.at(1), projections_[projections[0]].pre, std::nullopt);
    for (std::size_t q = 0; q < projections.size(); ++q) begin_elements(rewiring, specs.at(2 + q), projections_[projections[q]].post, q);
  }
  for (const std::size_t p : projections) on_its_own(p).alone = true;
  rewirings_.push_back(std::move(rewiring));
  agenda_.push_back({Due::Kind::structure, rewirings_.size() - 1});
  return rewirings_.size() - 1;
}

template <class R>
void Simulation<R>::check_rewired(const Rewiring& rewiring, std::size_t p) const {
  const auto& projection = projections_.at(p);
  const auto& law = *rewiring.law;
  const std::string part(law.schema.text.name);
  if (projection.pre != projections_[rewiring.projections[0]].pre) throw Error(part + ": several projections must leave the same population");
  for (const auto& other : rewirings_)
    if (!law.elements.empty() && !other.law->elements.empty() && std::count(other.projections.begin(), other.projections.end(), p) > 0)
      throw Error(part + ": the elements of this projection are those of '" + other.name + "' already");
  if (!law.forms) return;
  check_formed(rewiring, projection);
  const double weight = law.fresh(rewiring.parameters.data()).weight;
  if (projection.learns() && projection.synapses() > 0 && weight != 0 && sign_of({&weight, 1}) != projection.sign)
    throw Error(part + ".weight: the weights of a plastic projection must all have one sign; make two projections");
}

// Whether synapses that a law forms can be those of a projection.
template <class R>
void Simulation<R>::check_formed(const Rewiring& rewiring, const Projection<R>& projection) const {
  const auto& law = *rewiring.law;
  const NewSynapses fresh = law.fresh(rewiring.parameters.data());
  try {
    const double weight = fresh.weight;
    check_weights(projection, {&weight, 1});
    static_cast<void>(delay_steps(fresh.delay, dt_));
  } catch (const Error& error) {
    throw Error(std::string(law.schema.text.name) + "." + error.what());
  }
}

template <class R>
void Simulation<R>::take_parameters(ElementColumns& columns) {
  const auto parameter = [&](std::string_view name) { return columns.parameters[parameter_index(columns.part->schema, name)]; };
  columns.tau = parameter("tau_Ca");
  columns.beta = parameter("beta_Ca");
  columns.nu = parameter("nu");
  columns.tau_vacant = parameter("tau_vacant");
  columns.initial = parameter("initial");
}

// Elements of the axons, or of the dendrites of one projection: bound as they are, and some vacant.
template <class R>
void Simulation<R>::begin_elements(Rewiring& rewiring, const PartSpec& spec, std::size_t population, std::optional<std::size_t> dendritic) {
  const auto& part = catalogue_.elements(spec.part);
  const auto& operations = *part;
  ElementColumns columns{.part = part, .population = population};
  for (const auto& column : resolve(operations.schema, spec.parameters, 1)) columns.parameters.push_back(column[0]);
  check_law(operations, columns.parameters);
  const std::size_t size = populations_[population].size;
  columns.calcium.assign(size, 0.0);
  columns.at_start.assign(size, 0.0);
  columns.seen.assign(size, now_);
  columns.spikes.assign(size, 0);
  const double initial = columns.parameters[parameter_index(operations.schema, "initial")];
  columns.z.assign(size, initial);
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q) {
    if (dendritic && *dendritic != q) continue;
    const Degrees degrees = degrees_of(rewiring.projections[q]);
    for (std::size_t i = 0; i < size; ++i) columns.z[i] += (dendritic ? degrees.in : degrees.out)[i];
  }
  take_parameters(columns);
  rewiring.elements.push_back(std::move(columns));
}

// ---- elements --------------------------------------------------------------------------------------------------------------------

template <class R>
double Simulation<R>::ElementColumns::calcium_at(std::size_t i, Step k, double dt) const {
  return calcium[i] * math::exp(-static_cast<double>(k - seen[i]) * dt / tau);
}

template <class R>
void Simulation<R>::note_in_elements(Rewiring& rewiring, std::size_t p, const std::vector<Neuron>& neurons, Step stamp) const {
  if (projections_[rewiring.projections[0]].pre == p)
    for (const Neuron i : neurons) rewiring.last_spike[i] = stamp;
  for (auto& columns : rewiring.elements) {
    if (columns.population != p) continue;
    for (const Neuron i : neurons) {
      columns.calcium[i] = columns.calcium_at(i, stamp, dt_) + columns.beta;
      columns.seen[i] = stamp;
      ++columns.spikes[i];
    }
  }
}

// Growth is taken at the mean calcium of the interval, which is known exactly from where calcium began, its spikes, and where it ended.
template <class R>
void Simulation<R>::grow(Rewiring& rewiring, ElementColumns& columns, Step k) const {
  const auto& population = populations_[columns.population];
  if (k == rewiring.last) return;  // it goes on at this very step: no time has passed for it
  const double ms = static_cast<double>(k - rewiring.last) * dt_;
  for_parts(population, [&](std::size_t part) {
    for (Neuron i = population.first(part); i < population.first(part) + population.owned(part); ++i) {
      const double now = columns.calcium_at(i, k, dt_);
      const double mean = columns.tau / ms * (columns.at_start[i] + columns.beta * static_cast<double>(columns.spikes[i]) - now);
      columns.calcium[i] = columns.at_start[i] = now;
      columns.seen[i] = k;
      columns.spikes[i] = 0;
      columns.z[i] = std::max(0.0, columns.z[i] + columns.nu * columns.part->growth(columns.parameters.data(), mean) * ms);
      if (!population.dead.empty() && population.dead[i] != 0) columns.z[i] = columns.calcium[i] = columns.at_start[i] = 0;
    }
  });
}

template <class R>
void Simulation<R>::renew_elements(std::size_t p, const std::vector<Neuron>& ids) {
  for (auto& rewiring : rewirings_)
    for (auto& columns : rewiring.elements) {
      if (columns.population != p) continue;
      for (const Neuron i : ids) {
        columns.calcium[i] = columns.at_start[i] = 0;
        columns.spikes[i] = 0;
        columns.seen[i] = rewiring.pause.clock(now_);
        columns.z[i] = columns.initial;
      }
    }
}

// ---- counting and finding synapses -----------------------------------------------------------------------------------------------

template <class R>
template <class F>
void Simulation<R>::for_each_target(const Shard<R>& shard, RowPosition at, F&& f) {
  const std::uint32_t count = shard.head(at).count();
  if (shard.layout.narrow()) {
    const auto* const targets = static_cast<const std::uint16_t*>(shard.targets(at));
    for (std::uint32_t place = 0; place < count; ++place) f(place, std::uint32_t{targets[place]});
  } else {
    const auto* const targets = static_cast<const std::uint32_t*>(shard.targets(at));
    for (std::uint32_t place = 0; place < count; ++place) f(place, targets[place]);
  }
}

template <class R>
typename Simulation<R>::Degrees Simulation<R>::degrees_of(std::size_t p) {
  auto& projection = on_its_own(p);
  const auto& post = populations_[projection.post];
  Degrees degrees{std::vector<std::uint32_t>(populations_[projection.pre].size), std::vector<std::uint32_t>(post.size)};
  parallel(parts_, [&](int thread) {
    const auto part = static_cast<std::size_t>(thread);
    projection.shards[part].count_degrees(post.owned(part));
    std::copy_n(projection.shards[part].in_degree.begin(), post.owned(part), degrees.in.begin() + post.first(part));
  });
  for (const auto& shard : projection.shards)
    for (std::size_t i = 0; i < degrees.out.size(); ++i) degrees.out[i] += shard.out_degree[i];
  return degrees;
}

// Those of a source's synapses that come at these places, ascending, by delay, then target, then as they were made.
template <class R>
void Simulation<R>::take_from_source(std::size_t p, Neuron source, std::span<const std::uint64_t> places, StructuralEdit& change, Degrees& degrees) const {
  struct Cursor {
    std::uint32_t part, delay;
    RowPosition at, end;
  };
  struct Found {
    Neuron target;
    std::uint32_t part, place;
    RowPosition at;
  };
  const auto& projection = projections_[p];
  const auto& post = populations_[projection.post];
  std::vector<Cursor> cursors;
  for (std::uint32_t part = 0; part < projection.shards.size(); ++part) {
    const auto& shard = projection.shards[part];
    const RowPosition at = shard.first[source], end = shard.rows_end(source);
    fetch(shard, at, std::min(at + read_ahead<R>, end));
    if (at < end) cursors.push_back({part, projection.min_delay + shard.head(at).gap(), at, end});
  }
  std::vector<Cursor> rows;  // of one delay
  std::vector<Found> group;
  for (std::uint64_t passed = 0, count = 0; !places.empty() && !cursors.empty(); passed += std::exchange(count, 0)) {
    rows.clear();
    const std::uint32_t delay = std::min_element(cursors.begin(), cursors.end(), [](const auto& a, const auto& b) { return a.delay < b.delay; })->delay;
    for (Cursor& cursor : cursors)
      while (cursor.at < cursor.end && cursor.delay == delay) {
        const auto& shard = projection.shards[cursor.part];
        rows.push_back(cursor);
        count += shard.head(cursor.at).count();
        cursor.at = walk_on(shard, cursor.at, cursor.end);
        if (cursor.at < cursor.end) cursor.delay += shard.head(cursor.at).gap();
      }
    std::erase_if(cursors, [](const Cursor& each) { return each.at == each.end; });
    if (places.front() >= passed + count) continue;
    group.clear();
    for (const Cursor& row : rows)
      for_each_target(projection.shards[row.part], row.at,
                      [&](std::uint32_t place, std::uint32_t target) { group.push_back({post.first(row.part) + target, row.part, place, row.at}); });
    std::stable_sort(group.begin(), group.end(), [](const Found& a, const Found& b) { return a.target < b.target; });
    for (; !places.empty() && places.front() < passed + count; places = places.subspan(1)) {
      const Found& found = group[places.front() - passed];
      change.gone[found.part].push_back({found.at, found.place});
      --degrees.out[source];
      --degrees.in[found.target];
    }
  }
}

// Of the synapses of one thread's neurons that are not gone already: `wait[target]` more to pass, then the next one goes.
template <class R>
void Simulation<R>::take_from_targets(std::size_t p, std::size_t part, const std::vector<std::vector<std::uint64_t>>& places, StructuralEdit& change,
                                      std::vector<std::uint32_t>& lost) const {
  constexpr std::uint32_t never_comes = std::numeric_limits<std::uint32_t>::max();
  const auto& shard = projections_[p].shards[part];
  std::vector<std::uint32_t> wait(places.size(), never_comes), taken(places.size(), 0);
  for (std::size_t t = 0; t < places.size(); ++t)
    if (!places[t].empty()) wait[t] = static_cast<std::uint32_t>(places[t][0]);
  const std::vector<typename RowEditor<R>::Place> before = change.gone[part];
  auto skip = before.begin();
  const auto pass = shard.layout.narrow() ? pass_waiting<std::uint16_t> : pass_waiting<std::uint32_t>;
  for (Neuron source = 0; source < shard.sources(); ++source)
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
          change.gone[part].push_back({at, place});
          ++lost[source];
        } else if (skips) {
          ++skip;
        }
      }
    });
}

template <class R>
bool Simulation<R>::connected(std::size_t p, Neuron source, Neuron target) const {
  const auto& post = populations_[projections_[p].post];
  const auto part = static_cast<std::size_t>(post.partition.owner(target));
  const auto& shard = projections_[p].shards[part];
  const std::uint32_t local = target - post.first(part);
  for (RowPosition at = shard.first[source]; at < shard.rows_end(source); at = shard.next(at)) {
    std::uint32_t low = 0, high = shard.head(at).count();
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      shard.target(at, middle) < local ? low = middle + 1 : high = middle;
    }
    if (low < shard.head(at).count() && shard.target(at, low) == local) return true;
  }
  return false;
}

// ---- one update ------------------------------------------------------------------------------------------------------------------

// What an update is about to do.
template <class R>
struct Simulation<R>::Growth {
  std::vector<StructuralEdit> changes;  // by projection of the law
  std::vector<Degrees> degrees;
  NewSynapses fresh;
  std::set<std::tuple<std::size_t, Neuron, Neuron>> pairs;  // of new synapses, where none may double
};

template <class R>
void Simulation<R>::update_structure(Rewiring& rewiring, Step k) {
  const auto& law = *rewiring.law;
  auto begin = Clock::now();
  rewiring.timings.fill(0);
  const auto timed = [&](std::size_t phase) {
    const auto end = Clock::now();
    rewiring.timings[phase] += std::chrono::duration<double>(end - std::exchange(begin, end)).count();
  };
  for (auto& columns : rewiring.elements) grow(rewiring, columns, k);
  timed(0);
  const double seconds = static_cast<double>(k - rewiring.last) * dt_ * 1e-3;
  rewiring.last = k;
  if (!rewiring.schedule.steps.empty()) {
    const std::size_t passed = rewiring.schedule.at(k - 1);
    rewiring.parameters[parameter_index(law.schema, "rate")] = passed == 0 ? 0.0 : rewiring.schedule.row(passed)[0];
  }
  Growth growth{.changes = {}, .degrees = {}, .fresh = law.fresh(rewiring.parameters.data()), .pairs = {}};
  for (const std::size_t p : rewiring.projections) {
    on_its_own(p);
    growth.changes.push_back(no_change(p));
  }
  if (!law.elements.empty()) {
    break_surplus(rewiring, growth, k);
    timed(1);
    pair_elements(rewiring, growth, k);
  }
  timed(2);
  if (law.revise != nullptr) revise(rewiring, growth, k, seconds);
  timed(1);
  if (law.attempts != nullptr) attempt(rewiring, growth, k, law.attempts(rewiring.parameters.data(), seconds));
  timed(2);
  for (std::size_t q = 0; q < growth.changes.size(); ++q) put_through(rewiring, rewiring.projections[q], growth.changes[q]);
  timed(3);
}

template <class R>
void Simulation<R>::put_through(Rewiring& rewiring, std::size_t p, StructuralEdit& change) {
  std::size_t gone = 0, fresh = 0;
  for (const auto& of_part : change.gone) gone += of_part.size();
  for (const auto& of_part : change.fresh) fresh += of_part.size();
  rewiring.removed += gone;
  rewiring.created += fresh;
  if (gone + fresh == 0) return;
  sort_change(change);
  edit(p, change);
}

// Where elements have fallen below what is bound, random synapses of the neuron break: those of axons first.
template <class R>
void Simulation<R>::break_surplus(Rewiring& rewiring, Growth& growth, Step k) {
  const auto& axonal = rewiring.elements[0];
  for (const std::size_t p : rewiring.projections) growth.degrees.push_back(degrees_of(p));
  const RandomKey of_axons = key_of(seed_, rewiring.id, Draw::axonal, k);
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
      if (!own.empty()) take_from_source(rewiring.projections[q], i, own, growth.changes[q], growth.degrees[q]);
      passed += count;
    }
  }
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q) break_dendritic(rewiring, q, growth, k);
  for (std::size_t e = 0; e < rewiring.elements.size(); ++e) {
    auto& columns = rewiring.elements[e];
    if (columns.tau_vacant == infinity) continue;
    const double fades = -math::expm1(-static_cast<double>(rewiring.interval) * dt_ / columns.tau_vacant);
    for (std::size_t i = 0; i < columns.z.size(); ++i) columns.z[i] -= std::max(0.0, columns.z[i] - bound_to(rewiring, growth, e, i)) * fades;
  }
}

template <class R>
double Simulation<R>::bound_to(const Rewiring& /*rewiring*/, const Growth& growth, std::size_t column, std::size_t neuron) const {
  if (column > 0) return growth.degrees[column - 1].in[neuron];
  double bound = 0;
  for (const auto& degrees : growth.degrees) bound += degrees.out[neuron];
  return bound;
}

template <class R>
void Simulation<R>::break_dendritic(const Rewiring& rewiring, std::size_t q, Growth& growth, Step k) {
  const std::size_t p = rewiring.projections[q];
  const auto& post = populations_[projections_[p].post];
  const auto& z = rewiring.elements[1 + q].z;
  auto& degrees = growth.degrees[q];
  auto& change = growth.changes[q];
  const RandomKey key = key_of(seed_, rewiring.id, Draw::dendritic, k);
  for (auto& of_part : change.gone) std::sort(of_part.begin(), of_part.end());
  std::vector<std::vector<std::uint32_t>> lost(static_cast<std::size_t>(parts_), std::vector<std::uint32_t>(degrees.out.size(), 0));
  parallel(parts_, [&](int thread) {
    const auto part = static_cast<std::size_t>(thread);
    std::vector<std::vector<std::uint64_t>> places(post.owned(part));
    bool any = false;
    for (std::uint32_t t = 0; t < places.size(); ++t) {
      const Neuron j = post.first(part) + t;
      const auto kept = whole_part(z[j]);
      const std::uint64_t bound = degrees.in[j];
      if (kept >= bound) continue;
      places[t] = distinct_below(Stream(key, (std::uint64_t{q} << 32) | j), bound - kept, bound);
      degrees.in[j] -= static_cast<std::uint32_t>(bound - kept);
      any = true;
    }
    if (any) take_from_targets(p, part, places, change, lost[part]);
  });
  for (const auto& of_part : lost)
    for (std::size_t i = 0; i < of_part.size(); ++i) degrees.out[i] -= of_part[i];
}

// ---- new synapses ----------------------------------------------------------------------------------------------------------------

// Between two neurons, through the periodic boundary if that is nearer.
template <class R>
double Simulation<R>::squared_distance(const Places& places, std::size_t q, Neuron source, Neuron target) const {
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
bool Simulation<R>::plan_pair(const Rewiring& rewiring, Growth& growth, std::size_t q, Neuron source, Neuron target) const {
  const std::size_t p = rewiring.projections[q];
  const auto& projection = projections_[p];
  const auto& pre = populations_[projection.pre];
  const auto& fresh = growth.fresh;
  if (!pre.dead.empty() && pre.dead[source] != 0) return false;
  if (!fresh.autapses && projection.pre == projection.post && source == target) return false;
  if (!fresh.multapses && (connected(p, source, target) || !growth.pairs.insert({q, source, target}).second)) return false;
  const double distance = fresh.speed < infinity ? std::sqrt(squared_distance(rewiring.places, q, source, target)) : 0;
  plan_synapse(p, growth.changes[q], source, target, delay_steps(fresh.delay + distance / fresh.speed, dt_), fresh.weight);
  if (projection.synapses() == 0) growth.changes[q].sign = fresh.weight < 0 ? R(-1) : R(1);
  return true;
}

template <class R>
void Simulation<R>::pair_elements(const Rewiring& rewiring, Growth& growth, Step k) {
  struct Dendrite {
    std::size_t q;
    Neuron neuron;
  };
  double all = 0;
  const auto vacant = [&](std::size_t column, std::size_t i) {
    const double number = std::max(0.0, std::floor(rewiring.elements[column].z[i]) - bound_to(rewiring, growth, column, i));
    all += number;
    if (!(all <= most_at_once)) throw Error("controller '" + rewiring.name + "': there are more vacant elements than can be paired");
    return static_cast<std::uint64_t>(number);
  };
  std::vector<Neuron> axons;
  std::vector<Dendrite> dendrites;
  const auto check = [&](std::size_t column) {
    double sum = 0;
    for (std::size_t i = 0; i < rewiring.elements[column].z.size(); ++i) sum += std::max(0.0, std::floor(rewiring.elements[column].z[i]));
    check_memory(sum * sizeof(Dendrite), "'" + rewiring.name + "': " + to_text(sum) + " synaptic elements", "let them grow more slowly (nu)");
  };
  for (std::size_t column = 0; column < rewiring.elements.size(); ++column) check(column);
  for (Neuron i = 0; i < rewiring.elements[0].z.size(); ++i) axons.insert(axons.end(), vacant(0, i), i);
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q)
    for (Neuron j = 0; j < rewiring.elements[1 + q].z.size(); ++j) dendrites.insert(dendrites.end(), vacant(1 + q, j), Dendrite{q, j});
  const double most = std::min({static_cast<double>(axons.size()), static_cast<double>(dendrites.size()), growth.fresh.most});
  const auto count = static_cast<std::size_t>(most);
  shuffle_front(axons, count, Stream(key_of(seed_, rewiring.id, Draw::order, k), 0));
  Stream partners(key_of(seed_, rewiring.id, Draw::partner, k), 0);
  if (growth.fresh.partners == Partners::uniform) {
    shuffle_front(dendrites, count, partners);
    for (std::size_t n = 0; n < count; ++n) plan_pair(rewiring, growth, dendrites[n].q, axons[n], dendrites[n].neuron);
    return;
  }
  std::vector<double> cumulative;
  for (std::size_t n = 0; n < count; ++n) {
    cumulative.clear();
    double sum = 0;
    for (const auto& [q, j] : dendrites) cumulative.push_back(sum += affinity(rewiring, growth, q, axons[n], j));
    const std::size_t chosen = place_of(cumulative, partners.uniform());
    if (chosen == cumulative.size()) continue;
    if (plan_pair(rewiring, growth, dendrites[chosen].q, axons[n], dendrites[chosen].neuron))
      dendrites.erase(dendrites.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
}

template <class R>
double Simulation<R>::affinity(const Rewiring& rewiring, const Growth& growth, std::size_t q, Neuron source, Neuron target) const {
  if (growth.fresh.partners == Partners::activity) return rewiring.elements[1 + q].calcium[target];
  const double width = growth.fresh.width;
  return math::exp(-squared_distance(rewiring.places, q, source, target) / (2 * width * width));
}

// So many synapses onto a target, from random sources.
template <class R>
void Simulation<R>::find_sources(const Rewiring& rewiring, Growth& growth, Neuron target, std::uint64_t number, Stream stream) const {
  const Neuron sources = populations_[projections_[rewiring.projections[0]].pre].size;
  std::vector<double> cumulative;
  double sum = 0;
  if (growth.fresh.partners == Partners::distance && number > 0)
    for (Neuron i = 0; i < sources; ++i) cumulative.push_back(sum += affinity(rewiring, growth, 0, i, target));
  for (std::uint64_t n = 0; n < number; ++n) {
    const std::size_t source = cumulative.empty() ? stream.below(sources) : place_of(cumulative, stream.uniform());
    if (source < sources) plan_pair(rewiring, growth, 0, static_cast<Neuron>(source), target);
  }
}

template <class R>
void Simulation<R>::attempt(const Rewiring& rewiring, Growth& growth, Step k, double expected) {
  const std::size_t p = rewiring.projections[0];
  const auto& post = populations_[projections_[p].post];
  if (!(expected * post.size <= most_at_once)) throw Error("controller '" + rewiring.name + "': the rate asks for more new synapses than can be made");
  const bool limited = growth.fresh.max_in_degree < infinity;
  const Degrees degrees = limited ? degrees_of(p) : Degrees{};
  const RandomKey key = key_of(seed_, rewiring.id, Draw::attempts, k);
  constexpr double bytes_of_plan = 32;
  const double most = std::min(expected, growth.fresh.max_in_degree) * post.size;
  check_memory(most * bytes_of_plan, "'" + rewiring.name + "': " + to_text(most) + " new synapses at once", "lower the rate, or give a max_in_degree");
  for (Neuron j = 0; j < post.size; ++j) {
    if (!post.dead.empty() && post.dead[j] != 0) continue;
    Stream stream(key, j);
    double number = std::floor(expected + stream.uniform());
    if (limited) number = std::clamp(growth.fresh.max_in_degree - degrees.in[j], 0.0, number);
    find_sources(rewiring, growth, j, whole_part(number), stream);
  }
}

// ---- laws that look at every synapse ----------------------------------------------------------------------------------------------

template <class R>
void Simulation<R>::revise(const Rewiring& rewiring, Growth& growth, Step k, double seconds) {
  const std::size_t p = rewiring.projections[0];
  auto& projection = projections_[p];
  const auto& law = *rewiring.law;
  const double* const parameters = rewiring.parameters.data();
  const bool writes = law.writes_weight(parameters);
  if (projection.learns() && law.reads_weight(parameters)) settle(p);
  if (writes) {
    if (!projection.learns())
      for (std::size_t part = 0; part < projection.shards.size(); ++part) settle_in_flight(p, part);
    if (std::any_of(projection.shards.begin(), projection.shards.end(), [](const auto& shard) { return !shard.layout.weights; })) separate_weights(p);
  }
  std::vector<std::uint32_t> lost(populations_[projection.post].size, 0);
  parallel(parts_, [&](int thread) {
    const FlushDenormals flush;
    revise_shard(rewiring, static_cast<std::size_t>(thread), growth.changes[0], k, seconds, lost);
  });
  if (writes) {
    check_revised(rewiring, k);
    adopt_weights(p);
  }
  if (!law.replaces(parameters)) return;
  const RandomKey key = key_of(seed_, rewiring.id, Draw::attempts, k);
  for (Neuron j = 0; j < lost.size(); ++j) find_sources(rewiring, growth, j, lost[j], Stream(key, j));
}

// A law that multiplies weights can lead them out of the range of numbers.
template <class R>
void Simulation<R>::check_revised(const Rewiring& rewiring, Step k) {
  const std::size_t p = rewiring.projections[0];
  for (auto& shard : projections_[p].shards)
    shard.for_each_row([&](RowPosition at) {
      for (std::uint32_t place = 0; place < shard.head(at).count(); ++place) {
        if (std::isfinite(shard.weight(at, place))) continue;
        failed_ = true;
        const Neuron target =
            populations_[projections_[p].post].first(static_cast<std::size_t>(&shard - projections_[p].shards.data())) + shard.target(at, place);
        throw SimulationError(rewiring.name + " has led a weight out of the range of numbers", static_cast<double>(k) * dt_, projections_[p].post, target,
                              "a weight");
      }
    });
}

template <class R>
void Simulation<R>::revise_shard(const Rewiring& rewiring, std::size_t part, StructuralEdit& change, Step k, double seconds, std::vector<std::uint32_t>& lost) {
  const std::size_t p = rewiring.projections[0];
  auto& shard = projections_[p].shards[part];
  const auto& law = *rewiring.law;
  const double* const parameters = rewiring.parameters.data();
  const bool draws = law.draws(parameters), writes = law.writes_weight(parameters);
  const RandomKey key = key_of(seed_, rewiring.id, Draw::synapse, k);
  const Neuron first = populations_[projections_[p].post].first(part);
  const double bound = projections_[p].learns() ? plastic_[p].w_max : infinity;
  // How many synapses of the same pair came before, by target.
  std::vector<std::pair<Neuron, std::uint32_t>> met(populations_[projections_[p].post].owned(part), {~Neuron{0}, 0});
  std::vector<SynapseView> views;
  std::vector<double> weights;
  for (Neuron source = 0; source < shard.sources(); ++source)
    for (RowPosition at = shard.first[source]; at < shard.rows_end(source); at = shard.next(at)) {
      views.clear();
      for_each_target(shard, at, [&](std::uint32_t place, std::uint32_t target) {
        const double weight = std::abs(static_cast<double>(shard.weight(at, place)));
        const auto steps_to_ms = [&](Step since) { return static_cast<double>(k - since) * dt_; };
        SynapseView view{weight, steps_to_ms(shard.birth(at, place)), steps_to_ms(rewiring.last_spike[source]), seconds, {}};
        if (draws) {
          auto& [last, number] = met[target];
          number = std::exchange(last, source) == source ? number + 1 : 0;
          view.random = threefry(key, source, first + target, number, 0);
        }
        views.push_back(view);
      });
      weights.resize(views.size());
      law.revise(parameters, views, weights.data());
      for (std::uint32_t place = 0; place < weights.size(); ++place) {
        if (weights[place] == goes_away) {
          change.gone[part].push_back({at, place});
          ++lost[first + shard.target(at, place)];
        } else if (writes) {
          R& w = shard.weights(at)[place];
          w = std::copysign(static_cast<R>(std::min(weights[place], bound)), w);
        }
      }
    }
}

// ---- reading and setting -----------------------------------------------------------------------------------------------------------

template <class R>
Values Simulation<R>::elements_get(std::size_t id, std::size_t column, const std::string& name) {
  const auto& rewiring = rewirings_.at(id);
  const auto& columns = rewiring.elements.at(column);
  const std::size_t size = columns.z.size();
  if (name == "z") return columns.z;
  Values values(size);
  if (name == "Ca") {
    for (std::size_t i = 0; i < size; ++i) values[i] = columns.calcium_at(i, rewiring.pause.clock(now_), dt_);
    return values;
  }
  for (std::size_t q = 0; q < rewiring.projections.size(); ++q) {
    if (column > 0 && column - 1 != q) continue;
    const Degrees degrees = degrees_of(rewiring.projections[q]);
    for (std::size_t i = 0; i < size; ++i) values[i] += (column > 0 ? degrees.in : degrees.out)[i];
  }
  if (name == "vacant")
    for (std::size_t i = 0; i < size; ++i) values[i] = std::max(0.0, std::floor(columns.z[i]) - values[i]);
  return values;
}

template <class R>
void Simulation<R>::elements_set(std::size_t id, std::size_t column, const std::string& name, const Values& values) {
  auto& columns = rewirings_.at(id).elements.at(column);
  const Step now = rewirings_[id].pause.clock(now_);
  const Schema& schema = columns.part->schema;
  const auto field = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& each) { return each.name == name; });
  check_values(schema.text.name, *field, values);
  for (std::size_t i = 0; i < columns.z.size(); ++i) {
    const double value = values[values.size() == 1 ? 0 : i];
    if (name == "z") {
      columns.z[i] = value;
      continue;
    }
    // As if spikes had brought it: the mean of the interval stays exact.
    columns.at_start[i] += value - columns.calcium_at(i, now, dt_);
    columns.calcium[i] = value;
    columns.seen[i] = now;
  }
}

template <class R>
double Simulation<R>::rewiring_get(std::size_t id, const std::string& name) const {
  const auto& rewiring = rewirings_.at(id);
  const double value = rewiring.parameters[parameter_index(rewiring.law->schema, name)];
  if (name != "rate" || rewiring.schedule.steps.empty()) return value;
  static constexpr std::array before_the_first{0.0};
  return rewiring.schedule.in_force(now_, before_the_first)[0];
}

template <class R>
void Simulation<R>::rewiring_set(std::size_t id, const std::string& name, double value) {
  auto& rewiring = rewirings_.at(id);
  const auto& law = *rewiring.law;
  const Field& field = find_field(law.schema, name);
  const std::string what = std::string(law.schema.text.name) + "." + name;
  if (!field.choices.empty() || name == "interval") throw Error(what + " is fixed when the law is put in force");
  check_value(law.schema.text.name, field, value);
  Rewiring changed = rewiring;
  if (name == "rate") changed.schedule = {};
  changed.parameters[parameter_index(law.schema, name)] = value;
  check_law(law, changed.parameters);
  const auto others = std::exchange(rewiring.projections, {});
  try {
    for (const std::size_t p : others) check_rewired(changed, p);
  } catch (...) {
    rewiring.projections = others;
    throw;
  }
  rewiring = std::move(changed);
}

template <class R>
void Simulation<R>::set_rewiring_schedule(std::size_t id, std::vector<Step> steps, Values values) {
  auto& rewiring = rewirings_.at(id);
  const Schema& schema = rewiring.law->schema;
  check_values(schema.text.name, find_field(schema, "rate"), values);
  rewiring.schedule = {std::move(steps), std::move(values), 1};
}

template <class R>
std::size_t Simulation<R>::record_elements(std::size_t id, std::size_t column, const std::string& name, Step interval) {
  auto& recorder = add_recorder(RecorderKind::elements, id, interval);
  recorder.state = column;
  recorder.variable = name;
  recorder.width = rewirings_.at(id).elements.at(column).z.size();
  recorder.columns[0].resize(recorder.width);
  std::iota(recorder.columns[0].begin(), recorder.columns[0].end(), std::size_t{0});
  agenda_.push_back({Due::Kind::sample, recorders_.size() - 1});
  return recorders_.size() - 1;
}

template <class R>
void Simulation<R>::sample_elements(Recorder& recorder, Step k) {
  recorder.steps[0].push_back(k);
  for (const double value : elements_get(recorder.target, recorder.state, recorder.variable)) recorder.values[0].push_back(static_cast<R>(value));
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
