// Spikes into a receptor: for each neuron and step a Poisson number of them.
#include "parts/stimuli/poisson_input.hpp"

#include <algorithm>
#include <cmath>

#include "base/math.hpp"
#include "base/poisson.hpp"
#include "engine/drives/kind.hpp"

namespace plastica {

namespace {

// What random bits are compared with; the mean of one round is at most 32.
struct Comparison {
  bool uniform = true;
  PoissonTable table;              // of a uniform mean
  std::vector<double> mean, none;  // of means of their own, with the probability of 0
  std::uint32_t rounds = 1, terms = 0;
};

}  // namespace

static Comparison comparison_of(const std::vector<double>& rates, bool uniform, double dt) {
  Comparison numbers;
  const double largest = *std::max_element(rates.begin(), rates.end()) * 1e-3 * dt;
  if (!(largest <= 1e6)) throw Error("PoissonInput.rate asks for " + to_text(largest) + " spikes per step; lower it, or raise the weight instead");
  numbers.uniform = uniform;
  numbers.rounds = static_cast<std::uint32_t>(std::max(1.0, std::ceil(largest / 32)));
  if (uniform) {
    numbers.table = poisson_table(largest / numbers.rounds);
    return numbers;
  }
  double term = math::exp(-largest / numbers.rounds), sum = term;
  for (; sum * 0x1p32 < 0x1p32 - 1 && numbers.terms < 200; ++numbers.terms) {
    term *= largest / numbers.rounds / (numbers.terms + 1);
    sum += term;
  }
  for (const double rate : rates) numbers.mean.push_back(rate * 1e-3 * dt / numbers.rounds);
  numbers.mean.resize(padded(rates.size()), 0);
  for (const double mean : numbers.mean) numbers.none.push_back(math::exp(-mean));
  return numbers;
}

template <class R>
struct DriveOf<R, PoissonInput> final : Copying<DriveOf<R, PoissonInput>, Drive<R>> {
  void begin(const Network<R>& net) override { key_ = random_key(net.seed, static_cast<std::uint32_t>(this->id), Purpose::poisson_input); }

  void derive(const Network<R>& net) override {
    std::vector<Comparison> rows;
    for_each_row(net, *this, [&](const std::vector<double>& rates, bool /*uniform*/) {
      // Equal rates draw the same numbers, however they were given.
      const bool equal = std::adjacent_find(rates.begin(), rates.end(), std::not_equal_to<>()) == rates.end();
      rows.push_back(comparison_of(equal ? std::vector<double>{rates[0]} : spread_out(net, *this, rates, false), equal, net.dt));
    });
    rows_ = std::move(rows);
  }

  void stimulate(const Network<R>& net, const DrivenNeurons<R>& neurons) override {
    const Comparison& row = rows_[this->schedule.at(neurons.step)];
    const bool one_weight = this->weight.size() == 1;
    const PoissonBlock<R> block{key_,
                                neurons.step,
                                neurons.first,
                                neurons.padded_count,
                                row.rounds,
                                &row.table,
                                row.uniform ? nullptr : row.mean.data() + neurons.first,
                                row.uniform ? nullptr : row.none.data() + neurons.first,
                                row.terms,
                                this->weight.data() + (one_weight ? 0 : neurons.first),
                                one_weight,
                                neurons.arrivals};
    (row.uniform ? net.kernels.poisson : net.kernels.poisson_each)(block);
  }

 private:
  RandomKey key_;
  std::vector<Comparison> rows_;  // at first, and after each change of the schedule
};

PLASTICA_DRIVE(PoissonInput);

}  // namespace plastica
