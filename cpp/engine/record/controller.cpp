// Recorders of a variable of a controller.
#include <algorithm>

#include "engine/core/recorders.hpp"
#include "engine/record/recorders.hpp"
#include "engine/record/sampled.hpp"

namespace plastica {

namespace {

template <class R>
struct ControllerRecorder final : Copying<ControllerRecorder<R>, Sampled<R>> {
  const RecorderKind& kind() const override { return of_controllers; }
  std::size_t targets(const Network<R>& net) const override { return net.controllers.size(); }
  void listen(const Network<R>& /*net*/) override { this->listens.between_steps = true; }
  void look(Network<R>& net) override {
    const auto& column = net.controllers[this->target].state[this->state];
    auto& strip = this->strips[0];
    for (const Neuron i : strip.neurons) strip.values.push_back(static_cast<R>(column[i]));
  }
  void take_wanted(std::vector<Neuron> wanted) {
    this->take_columns(wanted.size());
    this->strips[0].neurons = std::move(wanted);
  }

 protected:
  void save_columns(Network<R>& net, Archive& a) override {
    auto neurons = this->save_neurons(a);
    if (!a.loading()) return;
    const auto& controller = net.controllers[this->target];
    a.require(this->state < controller.state.size(), "state", "is not one of the controller");
    this->check_neurons(a, neurons, controller.size);
    take_wanted(std::move(neurons));
  }
};

}  // namespace

const RecorderKind of_controllers = kind_of<Recorder, ControllerRecorder>();

template <class R>
std::size_t record_controller(Network<R>& net, std::size_t c, const std::string& name, const Ids& ids, Step interval) {
  const auto& controller = net.controllers.at(c);
  const Schema& schema = controller.part->schema;
  const auto state = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& field) { return field.name == name; });
  if (state == schema.states.end()) throw Error(std::string(schema.text.name) + " has no state '" + name + "'");
  auto recorder = new_recorder<ControllerRecorder<R>>(net, c, interval);
  recorder->state = static_cast<std::size_t>(state - schema.states.begin());
  recorder->take_wanted(wanted_of(ids, controller.size));
  return add_recorder<R>(net, std::move(recorder));
}

PLASTICA_INSTANTIATE(record_controller);

}  // namespace plastica
