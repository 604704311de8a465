// A parameter of a controller.
#include "engine/slow/controllers.hpp"
#include "engine/targets/kind.hpp"
#include "engine/targets/targets.hpp"

namespace plastica {

namespace {

template <class R>
struct ControllerParameter final : Copying<ControllerParameter<R>, Target<R>> {
  std::size_t parameter = 0;
  std::span<const double> base(const Network<R>& net) const override { return net.controllers[this->index].parameters[parameter].values; }
  std::vector<double> in_force(const Network<R>& net) const override { return net.controllers[this->index].in_force()[parameter].values; }
  void apply(Network<R>& net, const Adjusted<R>& /*adjusted*/) const override { readjust_controller(net, this->index); }
};

}  // namespace

template <class R>
void readjust_controller(Network<R>& net, std::size_t c) {
  auto& controller = net.controllers[c];
  std::vector<ParameterColumn> effective;
  for (const auto& adjusted : net.adjusted) {
    if (adjusted.target->owner != owner_number<OfController>() || adjusted.target->index != c) continue;
    const auto& target = static_cast<const ControllerParameter<R>&>(*adjusted.target);
    if (effective.empty()) effective = controller.parameters;
    effective[target.parameter].values = checked_effect(adjusted, target.base(net));
  }
  if (!effective.empty()) check_controller(net, controller, effective);
  controller.effective = std::move(effective);
}

template <class R>
struct OwnerOf<R, OfController> final : OwnerKind<R> {
  std::string_view name() const override { return "controller"; }
  std::size_t count(const Network<R>& net) const override { return net.controllers.size(); }
  std::size_t size(const Network<R>& net, std::size_t index) const override { return net.controllers[index].size; }
  std::unique_ptr<Target<R>> locate(const Network<R>& net, std::size_t index, const std::string& name) const override {
    const Schema& schema = net.controllers.at(index).part->schema;
    const Field& field = find_field(schema, name);
    if (fixed_in_controller(field)) throw Error(std::string(schema.text.name) + "." + name + " is fixed when the controller is made");
    auto target = target_of<ControllerParameter<R>>(schema.text.name, field);
    target->parameter = static_cast<std::size_t>(&field - schema.parameters.data());
    return target;
  }
};

PLASTICA_OWNER(OfController);
PLASTICA_INSTANTIATE(readjust_controller);

}  // namespace plastica
