// Recorders of the level of a modulator. All threads know it; that of share 0 tells it.
#include "engine/core/recorders.hpp"
#include "engine/record/recorders.hpp"
#include "engine/record/sampled.hpp"

namespace plastica {

namespace {

template <class R>
struct ModulatorRecorder final : Copying<ModulatorRecorder<R>, Sampled<R>> {
  const RecorderKind& kind() const override { return of_modulators; }
  std::size_t targets(const Network<R>& net) const override { return net.modulators.size(); }
  void listen(const Network<R>& /*net*/) override { this->listens.level_of = this->target; }
  void take_level(double level) override { this->strips[0].values.push_back(static_cast<R>(level)); }

 protected:
  void save_columns(Network<R>& /*net*/, Archive& a) override {
    this->save_neurons(a);
    if (!a.loading()) return;
    a.require(this->width == 1, "width", "must be 1");
    this->take_columns(1);
  }
};

}  // namespace

const RecorderKind of_modulators = kind_of<Recorder, ModulatorRecorder>();

template <class R>
std::size_t record_modulator(Network<R>& net, std::size_t modulator, Step interval) {
  if (modulator >= net.modulators.size()) throw Error("there is no such modulator");
  auto recorder = new_recorder<ModulatorRecorder<R>>(net, modulator, interval);
  recorder->take_columns(1);
  return add_recorder<R>(net, std::move(recorder));
}

PLASTICA_INSTANTIATE(record_modulator);

}  // namespace plastica
