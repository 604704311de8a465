// Neurons that spike at random: each compares a random word with a threshold.
#include "parts/stimuli/poisson_source.hpp"

#include "base/math.hpp"
#include "engine/slow/adjust.hpp"
#include "engine/sources/kind.hpp"
#include "engine/targets/owners.hpp"

namespace plastica {

static std::uint64_t probability_threshold(double rate, double dt) { return static_cast<std::uint64_t>(-math::expm1(-rate * 1e-3 * dt) * 0x1p32); }

template <class R>
struct SourceOf<R, PoissonSource> final : Copying<SourceOf<R, PoissonSource>, Source<R>> {
  void begin(const Network<R>& net) override { key_ = random_key(net.seed, static_cast<std::uint32_t>(this->population), Purpose::poisson_source); }

  void derive(const Network<R>& net, const Population<R>& neurons) override {
    std::vector<std::vector<std::uint64_t>> thresholds;
    const auto add_row = [&](std::span<const double> base) {
      const auto rates = adjusted_values(net, owner_number<OfPopulation>(), this->population, "rate", base);
      std::vector<std::uint64_t> row(rates.size() == 1 ? 1 : neurons.padded_size(), 0);
      for (std::size_t i = 0; i < rates.size(); ++i) row[i] = probability_threshold(rates[i], net.dt);
      thresholds.push_back(std::move(row));
    };
    add_row(neurons.parameters[0].values);
    for (std::size_t passed = 1; passed <= this->schedule.steps.size(); ++passed) add_row(this->schedule.row(passed));
    thresholds_ = std::move(thresholds);
  }

  std::size_t emit(const Network<R>& net, const EmittingNeurons& neurons) override {
    const auto& thresholds = thresholds_[this->schedule.at(neurons.step)];
    const bool uniform = thresholds.size() == 1;
    return net.kernels.bernoulli(
        {key_, neurons.step, neurons.first, neurons.padded_count, thresholds.data() + (uniform ? 0 : neurons.first), uniform, 0, neurons.fired});
  }

 private:
  RandomKey key_;
  std::vector<std::vector<std::uint64_t>> thresholds_;  // at first, and after each change of the schedule
};

PLASTICA_SOURCE(PoissonSource);

}  // namespace plastica
