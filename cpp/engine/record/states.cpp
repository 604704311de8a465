// Recorders of a state of neurons.
#include "engine/build/values.hpp"
#include "engine/core/recorders.hpp"
#include "engine/record/recorders.hpp"
#include "engine/record/sampled.hpp"

namespace plastica {

namespace {

template <class R>
struct StateRecorder final : Copying<StateRecorder<R>, Sampled<R>> {
  const RecorderKind& kind() const override { return of_states; }
  std::size_t targets(const Network<R>& net) const override { return net.populations.size(); }
  void listen(const Network<R>& net) override {
    this->listens.steps_of = this->target;
    this->strips.resize(static_cast<std::size_t>(net.share_count));
  }
  void sample(Network<R>& net, std::size_t share, Step /*k*/) override {
    const Column<R>& column = *plastica::variable(net, this->target, this->variable).state;
    auto& strip = this->strips[share];
    for (const Neuron i : strip.neurons) strip.values.push_back(column[i]);
  }

 protected:
  void save_columns(Network<R>& net, Archive& a) override {
    const auto neurons = this->save_neurons(a);
    if (!a.loading()) return;
    const auto& population = net.populations[this->target];
    a.require(plastica::variable(net, this->target, this->variable).state != nullptr, "variable", "must be a state");
    this->check_neurons(a, neurons, population.size);
    this->take_neurons(population, neurons);
  }
};

}  // namespace

const RecorderKind of_states = kind_of<Recorder, StateRecorder>();

template <class R>
std::size_t record_states(Network<R>& net, std::size_t p, const std::string& name, const Ids& ids, Step interval) {
  const Variable<R> found = variable(net, p, name);
  if (found.state == nullptr) throw Error("'" + name + "' is a parameter; it changes only when it is set. States can be recorded");
  membership(net, p, ids);
  auto recorder = new_recorder<StateRecorder<R>>(net, p, interval);
  recorder->variable = name;
  recorder->take_neurons(net.populations[p], wanted_of(ids, net.populations[p].size));
  return add_recorder<R>(net, std::move(recorder));
}

PLASTICA_INSTANTIATE(record_states);

}  // namespace plastica
