// All data of one network. Functions over it say by `const` what they only read.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/archive.hpp"
#include "base/cpu.hpp"
#include "base/parallel.hpp"
#include "engine/catalogue.hpp"
#include "engine/drives/drive.hpp"
#include "engine/plastic/modulator.hpp"
#include "engine/plastic/plastic_set.hpp"
#include "engine/record/recorder.hpp"
#include "engine/share.hpp"
#include "engine/slow/adjusted.hpp"
#include "engine/slow/controller.hpp"
#include "engine/slow/guard.hpp"
#include "engine/slow/modifier.hpp"
#include "engine/slow/occasion.hpp"
#include "engine/sources/source.hpp"
#include "engine/specs.hpp"
#include "engine/structure/rewiring.hpp"
#include "network/population.hpp"
#include "network/projection.hpp"

namespace plastica {

using Clock = std::chrono::steady_clock;

// A spike on its way in a file, and the delay of the next row that it reaches.
struct Underway {
  Step stamp;
  Neuron source;
  std::uint32_t delay;
};

template <class R>
class RowDealer;

// Set by any thread.
struct Flag : std::atomic<bool> {
  using std::atomic<bool>::operator=;
  Flag() : std::atomic<bool>(false) {}
  Flag(const Flag& other) : std::atomic<bool>(other.load()) {}
};

template <class R>
struct Network {
  explicit Network(const Settings& settings);

  double dt;  // ms
  std::uint64_t seed;
  Isa isa;
  const Kernels<R>& kernels;
  Catalogue catalogue = Catalogue::built_in();  // the parts that it can be made of
  int threads;      // as set; 0: automatically
  int share_count;  // each thread owns fixed ranges of neurons and every synapse onto them
  Step now = 0;
  std::size_t parity = 0;
  Step last_interval = 0;  // steps of the last interval of the last run
  Step interval = 1;       // the least delay plus one: spikes of one interval arrive in a later one
  Step span = 1;           // so many steps of an interval that all populations have rows for what arrives in them
  Flag failed;
  bool have_sampled = false;  // the present step, before something acted at it
  bool profiling = false;
  std::array<double, phase_names.size()> timings{};
  std::size_t frozen = 0;  // so many times, one within the other

  std::vector<Population<R>> populations;
  std::vector<Projection<R>> projections;
  std::vector<PlasticSet<R>> plastic_sets;                   // by projection
  std::vector<std::vector<std::size_t>> outgoing, incoming;  // projections by source and by target population
  std::vector<Bundle<R>> bundles;                            // by source population; without members where there is none
  std::vector<char> bundled;                                 // by projection
  bool bundles_deliver = false;                              // there is some bundle
  std::vector<Owned<Drive<R>>> drives;
  std::vector<Owned<Recorder<R>>> recorders;
  std::vector<Share<R>> shares;
  std::vector<Modulator> modulators;
  std::vector<Adjusted<R>> adjusted;
  std::size_t contributions = 0;  // made so far
  std::vector<Controller> controllers;
  std::vector<Modifier> modifiers;
  std::vector<Guard> guards;
  std::vector<Rewiring> rewirings;
  std::vector<Owned<Occasion<R>>> agenda;
  std::vector<Integral> no_integrals;
  std::map<double, std::weak_ptr<const Decay<R>>> decay_tables;

  // While a network is loaded.
  std::vector<std::vector<Underway>> arriving;  // by projection
  std::optional<Archive> loading;               // what has yet to be read
  std::shared_ptr<RowDealer<R>> dealer;
};

// A step in the 32-bit calendar of a share.
template <class R>
std::int32_t relative(const Network<R>& net, std::size_t share, Step k) {
  return static_cast<std::int32_t>(k - net.shares[share].origin);
}

template <class R>
const RuleKernels<R>& kernels_of(const Network<R>& net, const RuleInstance& rule, std::size_t variant) {
  return rule.part->kernels.template of<R>(net.isa).variant[variant];
}

// Runs f(share) for every share of the population, on several threads if it is large.
template <class R, class F>
void for_shares(const Network<R>& net, const Population<R>& population, F&& f) {
  constexpr Neuron worth_it = 4096;
  const auto all = static_cast<std::size_t>(net.share_count);
  if (population.size >= worth_it) return parallel(net.share_count, [&](int thread) { f(static_cast<std::size_t>(thread)); });
  const FlushDenormals flush;
  for (std::size_t share = 0; share < all; ++share) f(share);
}

// Calls f(synapse) for every synapse in canonical order.
template <class R, class F>
void visit(const Network<R>& net, std::size_t projection, F&& f) {
  const auto& p = net.projections.at(projection);
  for_each_synapse(p, net.populations[p.pre].size, net.populations[p.post].partition.begin, f);
}

template <class R>
bool bundled(const Network<R>& net, std::size_t projection) {
  return projection < net.bundled.size() && net.bundled[projection];
}

// A function over Network<R> that is defined in this file and used in others.
#define PLASTICA_INSTANTIATE(function)                \
  template decltype(function<float>) function<float>; \
  template decltype(function<double>) function<double>

}  // namespace plastica
