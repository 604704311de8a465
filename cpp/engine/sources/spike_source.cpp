// Neurons that spike when they are told: each thread has the spikes of its own, and goes through them.
#include "parts/stimuli/spike_source.hpp"

#include <algorithm>
#include <tuple>

#include "engine/checkpoint/fields.hpp"
#include "engine/core/populations.hpp"
#include "engine/sources/kind.hpp"

namespace plastica {

namespace {

struct Emission {
  Step step;
  Neuron neuron;
  friend bool operator<(const Emission& a, const Emission& b) { return std::tie(a.step, a.neuron) < std::tie(b.step, b.neuron); }
};

}  // namespace

template <class R>
struct SourceOf<R, SpikeSource> final : Copying<SourceOf<R, SpikeSource>, Source<R>> {
  void begin(const Network<R>& net) override {
    emissions_.resize(static_cast<std::size_t>(net.share_count));
    next_.assign(emissions_.size(), 0);
  }

  std::size_t emit(const Network<R>& /*net*/, const EmittingNeurons& neurons) override {
    const auto& list = emissions_[neurons.share];
    auto& next = next_[neurons.share];
    std::size_t count = 0;
    for (; next < list.size() && list[next].step <= neurons.step + 1; ++next) {
      const Neuron local = list[next].neuron - neurons.first;
      if (list[next].step == neurons.step + 1 && (count == 0 || neurons.fired[count - 1] != local)) neurons.fired[count++] = local;
    }
    return count;
  }

  void take_spikes(const Partition& partition, std::span<const Step> steps, std::span<const Neuron> neurons) override {
    for (auto& list : emissions_) list.clear();
    std::fill(next_.begin(), next_.end(), 0);
    for (std::size_t i = 0; i < steps.size(); ++i) emissions_[static_cast<std::size_t>(partition.owner(neurons[i]))].push_back({steps[i], neurons[i]});
    for (auto& list : emissions_) std::sort(list.begin(), list.end());
  }

  // Those that have yet to come.
  void save(Network<R>& net, Archive& a) override {
    std::vector<Emission> coming;
    for (std::size_t share = 0; share < emissions_.size(); ++share)
      coming.insert(coming.end(), emissions_[share].begin() + static_cast<std::ptrdiff_t>(next_[share]), emissions_[share].end());
    std::sort(coming.begin(), coming.end());
    std::vector<Step> steps;
    std::vector<Neuron> neurons;
    for (const auto& each : coming) {
      steps.push_back(each.step);
      neurons.push_back(each.neuron);
    }
    const Archive::Inside inside(a, "coming");
    a.array("steps", steps);
    a.array("neurons", neurons, steps.size());
    if (a.loading()) set_spikes(net, this->population, steps, neurons);
  }

 private:
  std::vector<std::vector<Emission>> emissions_;  // per thread, sorted; those before `next_` are past
  std::vector<std::size_t> next_;
};

PLASTICA_SOURCE(SpikeSource);

}  // namespace plastica
