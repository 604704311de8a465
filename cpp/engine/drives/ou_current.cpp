// A current that is filtered noise: an Ornstein-Uhlenbeck process, exact from step to step.
#include "parts/stimuli/ou_current.hpp"

#include <cmath>

#include "base/math.hpp"
#include "engine/checkpoint/fields.hpp"
#include "engine/drives/kind.hpp"

namespace plastica {

template <class R>
struct DriveOf<R, OUCurrent> final : Copying<DriveOf<R, OUCurrent>, Drive<R>> {
  void begin(const Network<R>& net) override {
    key_ = random_key(net.seed, static_cast<std::uint32_t>(this->id), Purpose::ou_current);
    state_ = mean_;
    if (uniform_) state_.assign(net.populations[this->population].padded_size(), mean_[0]);
  }

  void derive(const Network<R>& net) override {
    const auto& q = this->parameters;
    const bool uniform = this->member.empty() && !any_per_neuron(q);
    auto mean = column_of(net, *this, spread_out(net, *this, adjusted_first(net, *this, q[0].values), uniform), uniform);
    std::vector<double> keep(uniform ? 1 : net.populations[this->population].size), spread(keep.size());
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = math::exp(-net.dt / q[tau][i]);
      spread[i] = uniform || reaches(*this, i) ? q[sigma][i] * std::sqrt(-math::expm1(-2 * net.dt / q[tau][i])) : 0.0;
    }
    keep_ = column_of(net, *this, keep, uniform);
    spread_ = column_of(net, *this, spread, uniform);
    mean_ = std::move(mean);
    uniform_ = uniform;
  }

  void stimulate(const Network<R>& net, const DrivenNeurons<R>& neurons) override {
    const std::size_t at = uniform_ ? 0 : neurons.first;
    net.kernels.noise({key_, neurons.step, neurons.first, neurons.padded_count, mean_.data() + at, keep_.data() + at, spread_.data() + at, uniform_,
                       state_.data() + neurons.first, neurons.external});
  }

  void save(Archive& a, std::size_t size) override { archive_column(a, "state", state_, size); }

 private:
  enum : std::size_t { sigma = 1, tau };

  RandomKey key_;
  bool uniform_ = true;
  Column<R> mean_, keep_, spread_, state_;
};

PLASTICA_DRIVE(OUCurrent);

}  // namespace plastica
