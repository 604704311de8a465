// Rules of axons, whose variables all synapses of a row share, and the traces of rows.
#include "engine/plastic/axons.hpp"

#include <algorithm>

#include "engine/network.hpp"

namespace plastica {

template <class R>
void advance_axons(const Network<R>& net, const PlasticSet<R>& set, R* words, std::int32_t steps) {
  if (!set.axons) return;
  for (const auto& slot : set.slots)
    if (slot.view < 0) slot.axon.advance(words + slot.first, slot.constants.data(), static_cast<R>(steps) * static_cast<R>(net.dt));
}

template <class R>
R release_axons(const Network<R>& net, const PlasticSet<R>& set, R* words, std::int32_t steps) {
  R efficacy = 1;
  if (!set.axons) return efficacy;
  for (const auto& slot : set.slots) {
    if (slot.view >= 0) continue;
    slot.axon.advance(words + slot.first, slot.constants.data(), static_cast<R>(steps) * static_cast<R>(net.dt));
    efficacy *= slot.axon.release(words + slot.first, slot.constants.data());
  }
  return efficacy;
}

// What an arrival adds to the traces of a row that does not replay.
template <class R>
void mark_traces(const PlasticSet<R>& set, R* words, std::int32_t age) {
  for (const auto& view : set.rules)
    for (int t = 0; t < view.pre_count; ++t) {
      const auto& kind = view.pre[t];
      const auto left = [age](const DecayTable<R>& table) { return table.value[age < table.length ? age : table.length]; };
      R& trace = words[view.first_trace + t];
      trace = kind.nearest ? R(1) : trace * left(kind.decay) + (kind.suppression.value == nullptr ? R(1) : R(1) - left(kind.suppression));
    }
}

// The traces of a row so many steps after its last arrival; those before `first` have faded from sight. Whether any is left of the 40 time constants.
template <class R>
bool fade_traces(const PlasticSet<R>& set, R* words, std::int32_t age, int first) {
  constexpr R faded = R(4.2e-18);
  const RuleView<R>& view = set.rules[0];
  bool left = false;
  std::fill_n(words + view.first_trace, first, R(0));
  for (int t = first; t < view.pre_count; ++t) {
    R& trace = words[view.first_trace + t];
    trace *= view.pre[t].decay.value[std::min(age, view.pre[t].decay.length)];
    trace = trace < faded ? R(0) : trace;
    left = left || trace > R(0);
  }
  return left;
}

PLASTICA_INSTANTIATE(advance_axons);
PLASTICA_INSTANTIATE(release_axons);
PLASTICA_INSTANTIATE(mark_traces);
PLASTICA_INSTANTIATE(fade_traces);

}  // namespace plastica
