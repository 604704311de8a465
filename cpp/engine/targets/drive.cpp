// The first parameter of a drive.
#include "engine/build/drives.hpp"
#include "engine/targets/kind.hpp"

namespace plastica {

namespace {

template <class R>
struct DriveParameter final : Copying<DriveParameter<R>, Target<R>> {
  std::span<const double> base(const Network<R>& net) const override {
    const auto& drive = *net.drives[this->index];
    return drive.schedule.in_force(net.now, drive.parameters[0].values);
  }
  std::vector<double> in_force(const Network<R>& net) const override {
    const auto& drive = *net.drives[this->index];
    return drive.schedule.steps.empty() ? drive.first.values : acted_upon(net, *this);
  }
  void apply(Network<R>& net, const Adjusted<R>& /*adjusted*/) const override {
    auto changed = net.drives[this->index];
    derive_drive(net, *changed);
    net.drives[this->index] = std::move(changed);
  }
};

}  // namespace

template <class R>
struct OwnerOf<R, OfDrive> final : OwnerKind<R> {
  std::string_view name() const override { return "drive"; }
  std::size_t count(const Network<R>& net) const override { return net.drives.size(); }
  std::size_t size(const Network<R>& net, std::size_t index) const override { return net.populations[net.drives[index]->population].size; }
  std::unique_ptr<Target<R>> locate(const Network<R>& net, std::size_t index, const std::string& name) const override {
    const Schema& schema = net.drives.at(index)->part->schema;
    const Field& field = find_field(schema, name);
    if (&field != schema.parameters.data())
      throw Error("of " + std::string(schema.text.name) + " only " + std::string(schema.parameters[0].name) + " can be adjusted, not " + name);
    return target_of<DriveParameter<R>>(schema.text.name, field);
  }
};

PLASTICA_OWNER(OfDrive);

}  // namespace plastica
