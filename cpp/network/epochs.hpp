// For rules whose change at a postsynaptic event is a factor of the row's trace: the sum of all events since a row's last arrival, without
// looking at them one by one.
//
// Time is cut into epochs of a fraction of tau. For every recent epoch and neuron, `later` holds the sum over the neuron's events after that
// epoch of exp(-(event - start of epoch)/tau). A row that last arrived in the epoch, at step a, with trace x, owes each of its targets
// x exp((a - start)/tau) later[target], and the few events inside the epoch after a, which `inside` tells and, where there are several, the
// history holds. The table should fit the second-level cache: that, and not the number of operations, sets the length of an epoch.
// Epochs older than `window` are recycled; rows whose last arrival lies there are visited first and then owe nothing any more.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>

#include "network/epoch_entry.hpp"
#include "network/history.hpp"

namespace plastica {

template <class R>
class EpochTable {
 public:
  // After so many tau a trace is below what the precision can see.
  static constexpr int visible_taus = sizeof(R) == 4 ? 17 : 40;
  static constexpr int epochs_per_tau = 2;

  EpochTable(double tau, double dt, Step created, std::size_t neurons, std::shared_ptr<const Decay<R>> decay)
      : tau_(tau),
        created_(created),
        length_(std::clamp<Step>(static_cast<Step>(tau / dt / epochs_per_tau), 4, EpochEntry::offset - 1)),
        rows_(static_cast<std::size_t>(static_cast<Step>(visible_taus * tau / dt) / length_ + 2)),
        neurons_(neurons),
        decay_(std::move(decay)),
        later_(rows_ * neurons, R(0)),
        inside_(rows_ * neurons, 0) {}

  bool matches(double tau, Step created) const { return tau == tau_ && created == created_; }
  Step epoch_of(Step k) const { return k / length_; }
  Step start_of(Step epoch) const { return epoch * length_; }
  Step length() const { return length_; }
  std::size_t rows() const { return rows_; }
  std::size_t slot(Step epoch) const { return static_cast<std::size_t>(epoch % static_cast<Step>(rows_)); }
  // Events up to this long ago must stay in the history.
  std::int32_t window() const { return static_cast<std::int32_t>(static_cast<Step>(rows_) * length_); }

  const R* later(Step epoch) const { return later_.data() + slot(epoch) * neurons_; }
  const std::uint16_t* inside(Step epoch) const { return inside_.data() + slot(epoch) * neurons_; }
  // [epoch][neuron]
  Column<R>& all_later() { return later_; }
  Column<std::uint16_t>& all_inside() { return inside_; }
  R decay(Step steps) const { return (*decay_)(static_cast<std::int32_t>(steps)); }
  R growth(Step steps) const { return R(1) / decay(steps); }

  void recycle(Step epoch) {
    const std::size_t first = slot(epoch) * neurons_;
    std::fill_n(later_.begin() + static_cast<std::ptrdiff_t>(first), neurons_, R(0));
    std::fill_n(inside_.begin() + static_cast<std::ptrdiff_t>(first), neurons_, std::uint16_t{0});
  }

  // Events of one step.
  void push(const Neuron* fired, std::size_t count, Step stamp) {
    const Step epoch = epoch_of(stamp);
    const auto offset = static_cast<std::uint16_t>(stamp - start_of(epoch) + 1);
    std::uint16_t* const now = inside_.data() + slot(epoch) * neurons_;
    for (std::size_t f = 0; f < count; ++f) now[fired[f]] = now[fired[f]] == 0 ? offset : static_cast<std::uint16_t>(offset | EpochEntry::several);
    const Step oldest = std::max<Step>(0, epoch - static_cast<Step>(rows_) + 1);
    for (Step past = oldest; past < epoch; ++past) {
      const R value = decay(stamp - start_of(past));
      R* const row = later_.data() + slot(past) * neurons_;
      for (std::size_t f = 0; f < count; ++f) row[fired[f]] += value;
    }
  }

 private:
  double tau_;
  Step created_;
  Step length_;
  std::size_t rows_;
  std::size_t neurons_;
  std::shared_ptr<const Decay<R>> decay_;
  Column<R> later_;             // [epoch][neuron]
  Column<std::uint16_t> inside_;  // [epoch][neuron]
};

// For rules whose events have a factor each: `sum` of a recent epoch holds, for every neuron, the sum over all events since the start of that epoch of
// factor exp(-(event - start of epoch)/tau). A synapse that remembers what it read at its row's last arrival is owed the difference since.
template <class R>
class RunningTable {
 public:
  RunningTable(double tau, double dt, std::size_t neurons, std::shared_ptr<const Decay<R>> decay)
      : length_(std::max<Step>(4, static_cast<Step>(tau / dt / EpochTable<R>::epochs_per_tau))),
        rows_(static_cast<std::size_t>(static_cast<Step>(EpochTable<R>::visible_taus * tau / dt) / length_ + 2)),
        neurons_(neurons),
        decay_(std::move(decay)),
        sum_(rows_ * neurons, R(0)) {}

  Step epoch_of(Step k) const { return k / length_; }
  Step start_of(Step epoch) const { return epoch * length_; }
  Step length() const { return length_; }
  std::size_t rows() const { return rows_; }
  std::size_t slot(Step epoch) const { return static_cast<std::size_t>(epoch % static_cast<Step>(rows_)); }
  const R* sum(Step epoch) const { return sum_.data() + slot(epoch) * neurons_; }
  R growth(Step steps) const { return R(1) / (*decay_)(static_cast<std::int32_t>(steps)); }

  // No row has anything to read in it.
  void clear() { std::fill(sum_.begin(), sum_.end(), R(0)); }
  void recycle(Step epoch) { std::fill_n(sum_.begin() + static_cast<std::ptrdiff_t>(slot(epoch) * neurons_), neurons_, R(0)); }

  // Events of the coming step with their factors: what is read at that step does not contain them yet.
  void announce(const Neuron* fired, const R* factor, std::size_t count, Step stamp) {
    fired_.assign(fired, fired + count);
    factor_.assign(factor, factor + count);
    stamp_ = stamp;
  }
  std::vector<Neuron> announced(Step stamp) const { return stamp_ == stamp ? fired_ : std::vector<Neuron>{}; }
  std::vector<R> factors(Step stamp) const { return stamp_ == stamp && !fired_.empty() ? factor_ : std::vector<R>{}; }
  Column<R>& all_sums() { return sum_; }
  void push(Step now) {
    if (fired_.empty() || stamp_ != now) return;
    const Step epoch = epoch_of(stamp_);
    for (Step past = std::max<Step>(0, epoch - static_cast<Step>(rows_) + 1); past <= epoch; ++past) {
      const R value = (*decay_)(static_cast<std::int32_t>(stamp_ - start_of(past)));
      R* const row = sum_.data() + slot(past) * neurons_;
      for (std::size_t f = 0; f < fired_.size(); ++f) row[fired_[f]] += factor_[f] * value;
    }
    fired_.clear();
  }

 private:
  Step length_;
  std::size_t rows_;
  std::size_t neurons_;
  std::shared_ptr<const Decay<R>> decay_;
  Column<R> sum_;  // [epoch][neuron]
  std::vector<Neuron> fired_;
  std::vector<R> factor_;
  Step stamp_ = 0;
};

// A postsynaptic trace kept up for all neurons at every step: `value` is what an arrival at the present step reads.
template <class R>
struct DenseTrace {
  TraceSpec spec;
  Step created;
  R loss;  // 1 - exp(-dt/tau)
  Column<R> value;
};

// Filters of the membrane potential, for all neurons at every step: as of the present step, before the potential at it. They are fed the potential
// of `delay` steps ago.
template <class R>
struct VoltageFilter {
  double tau_low, tau_high, tau_mean, V_mean;
  Step delay, created;
  R losses[3];
  Column<R> low, high, mean;
  std::vector<Column<R>> past;  // the last delay + 1 potentials, a ring of steps
  Column<R>& oldest(Step k) { return past[static_cast<std::size_t>(k) % past.size()]; }
  // A neuron that has always been at this potential.
  void reset(Neuron i, R V) {
    low[i] = high[i] = V;
    mean[i] = R(0);
    for (auto& column : past) column[i] = V;
  }
};

}  // namespace plastica
