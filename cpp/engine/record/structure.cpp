// Recorders of structure: the synapses that come and go.
#include "engine/core/recorders.hpp"
#include "engine/record/recorders.hpp"
#include "engine/step/bundle.hpp"

namespace plastica {

namespace {

template <class R>
struct StructureRecorder final : Copying<StructureRecorder<R>, Recorder<R>> {
  std::vector<Change> changes;

  const RecorderKind& kind() const override { return of_structure; }
  std::size_t targets(const Network<R>& net) const override { return net.projections.size(); }
  void listen(const Network<R>& /*net*/) override { this->listens.changes_of = this->target; }
  void note_changes(std::span<const Change> new_ones) override { changes.insert(changes.end(), new_ones.begin(), new_ones.end()); }
  StructureLog log() const override {
    StructureLog all;
    for (const Change& change : changes) {
      all.steps.push_back(change.step);
      all.sources.push_back(change.source);
      all.targets.push_back(change.target);
      all.created.push_back(change.created ? 1 : 0);
    }
    return all;
  }
  std::size_t bytes() const override { return bytes_of(changes); }
  void clear(Step now) override {
    this->created = now;
    changes.clear();
  }
  void save(Network<R>& net, Archive& a) override {
    const auto& projection = net.projections[this->target];
    auto [steps, sources, targets, came] = log();
    a.array("steps", steps);
    a.indices("sources", sources, 0, std::int64_t{net.populations[projection.pre].size} - 1);
    a.indices("targets", targets, 0, std::int64_t{net.populations[projection.post].size} - 1);
    a.array("created_or_removed", came, steps.size());
    if (!a.loading()) return;
    a.require(sources.size() == steps.size() && targets.size() == steps.size(), "steps", "must be as many as sources and targets");
    for (std::size_t i = 0; i < steps.size(); ++i) changes.push_back({steps[i], sources[i], targets[i], came[i] != 0});
  }
};

}  // namespace

const RecorderKind of_structure = kind_of<Recorder, StructureRecorder>();

template <class R>
std::size_t record_structure(Network<R>& net, std::size_t p) {
  on_its_own(net, p);
  return add_recorder<R>(net, new_recorder<StructureRecorder<R>>(net, p, 1));
}

PLASTICA_INSTANTIATE(record_structure);

}  // namespace plastica
