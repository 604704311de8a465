// Modulators, and what rules read of them; ticks of rules.
#include <algorithm>
#include <cmath>

#include "engine/simulation.hpp"

namespace plastica {

template <class R>
std::size_t Simulation<R>::add_modulator(double tau, double baseline) {
  if (!(std::isfinite(tau) && tau > 0)) throw Error("Modulator.tau = " + to_text(tau) + " ms must be above 0 ms");
  if (!std::isfinite(baseline)) throw Error("Modulator.baseline = " + to_text(baseline) + " must be a finite number");
  modulators_.push_back({tau, baseline, {}, {}});
  for (auto& state : parts_state_) {
    ModulatorState& mine = state.modulators.emplace_back();
    mine.next = now_;
    mine.level.assign(1024, baseline);
    mine.transient.assign(1024, 0.0);
  }
  return modulators_.size() - 1;
}

// The left limit of now: what is released at this very step is not in it yet.
template <class R>
double Simulation<R>::modulator_level(std::size_t m) const {
  const auto& modulator = modulators_.at(m);
  return modulator.baseline + parts_state_[0].modulators[m].decaying;
}

template <class R>
void Simulation<R>::set_modulator_baseline(std::size_t m, double baseline) {
  if (!std::isfinite(baseline)) throw Error("Modulator.baseline = " + to_text(baseline) + " must be a finite number");
  modulators_.at(m).baseline = baseline;
}

template <class R>
void Simulation<R>::release(std::size_t m, const std::vector<Step>& steps, const Values& amounts) {
  auto& modulator = modulators_.at(m);
  if (amounts.size() != 1 && amounts.size() != steps.size())
    throw Error("Modulator.release: there are " + std::to_string(amounts.size()) + " amounts for " + std::to_string(steps.size()) + " times");
  for (const double amount : amounts)
    if (!std::isfinite(amount)) throw Error("Modulator.release: amount = " + to_text(amount) + " must be a finite number");
  for (const Step step : steps)
    if (step < now_)
      throw Error("Modulator.release: a release at " + to_text(static_cast<double>(step) * dt_) + " ms cannot be before now, " +
                  to_text(static_cast<double>(now_) * dt_) + " ms");
  for (std::size_t i = 0; i < steps.size(); ++i) modulator.releases[steps[i]] += amounts[amounts.size() == 1 ? 0 : i];
}

template <class R>
void Simulation<R>::release_by(std::size_t m, std::size_t population, const Ids& ids, double amount, Step delay) {
  if (!std::isfinite(amount)) throw Error("Modulator.release_by: amount = " + to_text(amount) + " must be a finite number");
  if (delay < 1) throw Error("Modulator.release_by: delay must be at least the step dt = " + to_text(dt_) + " ms");
  modulators_.at(m).releasers.push_back({population, membership(population, ids), amount, delay});
  choose_interval();
}

// The levels at the steps begin .. end-1, and integrals up to `end`.
template <class R>
void Simulation<R>::know_modulators(std::size_t part, Step begin, Step end) {
  auto& states = parts_state_[part].modulators;
  for (std::size_t m = 0; m < states.size(); ++m) {
    auto& state = states[m];
    const auto& modulator = modulators_[m];
    const double keep = math::exp(-dt_ / modulator.tau);
    for (Step k = std::max(begin, state.next); k < end; ++k) {
      if (part == 0) sample_modulator(m, k, modulator.baseline + state.decaying);
      if (const auto given = modulator.releases.find(k); given != modulator.releases.end()) state.decaying += given->second;
      if (const auto spikes = state.releases.find(k); spikes != state.releases.end()) {
        state.decaying += spikes->second;
        state.releases.erase(spikes);
      }
      const auto at = static_cast<std::size_t>(k) & (state.level.size() - 1);
      state.transient[at] = state.decaying;
      state.level[at] = modulator.baseline + state.decaying;
      state.decaying *= keep;
    }
    state.next = std::max(state.next, end);
  }
  for (std::size_t p = 0; p < projections_.size(); ++p)
    for (auto& integral : plastic_[p].parts.empty() ? no_integrals_ : plastic_[p].parts[part].integrals)
      if (populations_[projections_[p].post].owned(part) > 0) extend(integral, states[integral.modulator], end);
}

template <class R>
void Simulation<R>::extend(Integral& integral, const ModulatorState& state, Step end) const {
  for (; integral.known < end; ++integral.known) {
    const auto at = static_cast<std::size_t>(integral.known - integral.origin);
    const double transient = state.transient_at(integral.known), baseline = state.at(integral.known) - transient;
    const double here = math::exp(-static_cast<double>(at) * dt_ / integral.tau);
    integral.sum[at + 1] = integral.sum[at] + here * (transient * integral.share + baseline * integral.of_baseline);
  }
}

// Integrals lose digits far from their origin, and rings come round: every row is brought to this step, and a new origin is taken.
template <class R>
void Simulation<R>::renew(std::size_t part, std::size_t p, Step k) {
  auto& projection = projections_[p];
  auto& set = plastic_[p];
  catch_up(p, part, k - 1);
  projection.shards[part].for_each_row([&](RowPosition at) {
    const std::int32_t dendritic = projection.dendritic(projection.shards[part].state(at).delay);
    advance_row(p, part, at, relative(part, k) - 2 * dendritic);
  });
  for (auto& integral : set.parts[part].integrals) {
    const Step known = integral.known;
    integral.origin = integral.known = std::max<Step>(integral.origin, k - projection.dendritic(projection.max_delay));
    integral.sum[0] = 0;
    extend(integral, parts_state_[part].modulators[integral.modulator], known);
  }
}

// Everything that all synapses onto a population do at once at this step, before what is stamped with it acts.
template <class R>
void Simulation<R>::tick(std::size_t part, std::size_t population, Step k) {
  for (const std::size_t p : incoming_[population]) {
    auto& set = plastic_[p];
    if (!projections_[p].synaptic) continue;
    for (std::size_t rule = 0; rule < set.slots.size(); ++rule)
      if (set.slots[rule].interval > 0 && k % set.slots[rule].interval == 0 && k > set.slots[rule].made) tick_rule(part, p, rule, k);
    if (set.renewal > 0 && k % set.renewal == 0) renew(part, p, k);
  }
}

template <class R>
void Simulation<R>::tick_rule(std::size_t part, std::size_t p, std::size_t rule, Step k) {
  auto& projection = projections_[p];
  auto& shard = projection.shards[part];
  auto& set = plastic_[p];
  auto& mine = set.parts[part];
  const auto& slot = set.slots[rule];
  const auto& kernels = kernels_of(projection.rules[rule], slot.variant);
  catch_up(p, part, k - 1);
  shard.for_each_row([&](RowPosition at) { advance_row(p, part, at, relative(part, k)); });
  if (kernels.neuron_tick != nullptr && kernels.contribute != nullptr) {
    const std::size_t owned = padded(populations_[projection.post].owned(part));
    std::vector<double> sum(owned, 0.0), state(owned * mine.neurons[rule].size());
    std::vector<R> out(synapse_block), weight(synapse_block);
    std::array<std::uint16_t, synapse_block> all{};
    for (std::uint16_t s = 0; s < synapse_block; ++s) all[s] = s;
    // By source, then delay: the order does not depend on the number of threads.
    shard.for_each_row([&](RowPosition at) {
      const PlasticRow<R> row = row_of(p, part, at);
      for (std::uint32_t first = 0; first < row.count; first += synapse_block) {
        const std::uint32_t count = std::min(synapse_block, row.count - first);
        std::copy_n(row.weight + first, count, weight.data());
        std::fill(weight.begin() + count, weight.end(), R(0));
        R* const variables = row.variables + slot.first * row.count + first;
        kernels.contribute({count, weight.data(), variables, row.count, all.data()}, slot.constants.data(), out.data());
        for (std::uint32_t s = 0; s < count; ++s) sum[shard.target(at, first + s)] += static_cast<double>(out[s]);
      }
    });
    for (std::size_t n = 0; n < mine.neurons[rule].size(); ++n)
      std::copy(mine.neurons[rule][n].begin(), mine.neurons[rule][n].end(), state.begin() + static_cast<std::ptrdiff_t>(n * owned));
    kernels.neuron_tick(state.data(), owned, slot.exact.data(), sum.data(), owned);
    for (std::size_t n = 0; n < mine.neurons[rule].size(); ++n)
      for (std::size_t i = 0; i < owned && !(projection.held && slot.stands_still(n)); ++i) {
        mine.neurons[rule][n][i] = state[n * owned + i];
        mine.narrow[rule][n][i] = static_cast<R>(state[n * owned + i]);
      }
  }
  if (kernels.at_tick == nullptr) return;
  const PlasticContext<R> rules = context(p, part);
  shard.for_each_row([&](RowPosition at) {
    PlasticRow<R> row = row_of(p, part, at);
    kernels_.rows.tick[shard.layout.narrow()](rules, row, slot.view, relative(part, k));
  });
}

// Spikes of this interval release what acts in a later one.
template <class R>
void Simulation<R>::release_by_spikes(std::size_t part, Step begin, Step end, std::size_t parity) {
  for (std::size_t m = 0; m < modulators_.size(); ++m)
    for (const auto& releaser : modulators_[m].releasers)
      for (Step k = begin; k < end; ++k) {
        std::size_t count = 0;
        for (const auto& from : parts_state_)
          for (const Neuron i : from.emitted[parity][releaser.population][static_cast<std::size_t>(k - begin)])
            count += releaser.member.empty() || releaser.member[i] ? 1 : 0;
        if (count > 0) parts_state_[part].modulators[m].releases[k + 1 + releaser.delay] += releaser.amount * static_cast<double>(count);
      }
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace plastica
