// Recorders of synaptic elements, or of the calcium that they grow by.
#include <algorithm>

#include "engine/core/recorders.hpp"
#include "engine/core/rewiring.hpp"
#include "engine/record/recorders.hpp"
#include "engine/record/sampled.hpp"

namespace plastica {

namespace {

template <class R>
struct ElementRecorder final : Copying<ElementRecorder<R>, Sampled<R>> {
  const RecorderKind& kind() const override { return of_elements; }
  std::size_t targets(const Network<R>& net) const override { return net.rewirings.size(); }
  void listen(const Network<R>& /*net*/) override { this->listens.between_steps = true; }
  void look(Network<R>& net) override {
    for (const double value : elements_get(net, this->target, this->state, this->variable)) this->strips[0].values.push_back(static_cast<R>(value));
  }

 protected:
  void save_columns(Network<R>& net, Archive& a) override {
    this->save_neurons(a);
    if (!a.loading()) return;
    const auto& elements = net.rewirings[this->target].elements;
    a.require(this->state < elements.size(), "state", "is not one of the law");
    a.require(std::ranges::count(variables_of_elements, this->variable) == 1, "variable", "must be one of elements");
    a.require(this->width == elements[this->state].z.size(), "width", "must be the number of neurons");
    this->take_columns(this->width);
  }
};

}  // namespace

const RecorderKind of_elements = kind_of<Recorder, ElementRecorder>();

template <class R>
std::size_t record_elements(Network<R>& net, std::size_t id, std::size_t column, const std::string& name, Step interval) {
  auto recorder = new_recorder<ElementRecorder<R>>(net, id, interval);
  recorder->state = column;
  recorder->variable = name;
  recorder->take_columns(net.rewirings.at(id).elements.at(column).z.size());
  return add_recorder<R>(net, std::move(recorder));
}

PLASTICA_INSTANTIATE(record_elements);

}  // namespace plastica
