// Recorders in a file, with what they have recorded.
#include "engine/checkpoint/recorders.hpp"

#include "engine/record/all.hpp"

namespace plastica {

template <class R>
void archive_recorder(Network<R>& net, Archive& a, std::size_t r) {
  std::size_t kind = a.loading() ? 0 : number_of(recorder_kinds, net.recorders[r]->kind());
  a.number("kind", kind, 0, static_cast<std::int64_t>(recorder_kinds.size()) - 1);
  if (a.loading()) net.recorders.emplace_back(recorder_kinds[kind]->template make<R>());
  Recorder<R>& recorder = *net.recorders[r];
  a.index("target", recorder.target, recorder.targets(net));
  a.number("interval", recorder.interval, 1, last_step);
  a.number("created", recorder.created, 0, net.now);
  if (a.loading()) recorder.listen(net);
  recorder.save(net, a);
}

PLASTICA_INSTANTIATE(archive_recorder);

}  // namespace plastica
