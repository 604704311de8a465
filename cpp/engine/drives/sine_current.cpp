// A current that is a sine of time.
#include "parts/stimuli/sine_current.hpp"

#include "base/math.hpp"
#include "engine/drives/kind.hpp"

namespace plastica {

template <class R>
struct DriveOf<R, SineCurrent> final : Copying<DriveOf<R, SineCurrent>, Drive<R>> {
  void derive(const Network<R>& /*net*/) override { uniform_ = this->member.empty() && !any_per_neuron(this->parameters); }

  void stimulate(const Network<R>& net, const DrivenNeurons<R>& neurons) override {
    const double t = static_cast<double>(neurons.step) * net.dt;
    const R same = current(0, t);
    for (Neuron i = 0; i < neurons.count; ++i) {
      const Neuron neuron = neurons.first + i;
      neurons.external[i] += !reaches(*this, neuron) ? R(0) : uniform_ ? same : current(neuron, t);
    }
  }

 private:
  enum : std::size_t { amplitude, frequency, phase, offset };

  R current(std::size_t neuron, double t) const {
    const auto& q = this->parameters;
    return static_cast<R>(q[offset][neuron] + this->first[neuron] * math::sin(6.283185307179586477 * q[frequency][neuron] * 1e-3 * t + q[phase][neuron]));
  }

  bool uniform_ = true;
};

PLASTICA_DRIVE(SineCurrent);

}  // namespace plastica
