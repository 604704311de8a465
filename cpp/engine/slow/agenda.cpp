// What happens between steps, and when.
#include "engine/slow/agenda.hpp"

#include <algorithm>

#include "engine/checkpoint/fields.hpp"
#include "engine/network.hpp"
#include "engine/record/sample.hpp"

namespace plastica {

// `done`: the step at which it last happened.
template <class R>
void put_on_agenda(Network<R>& net, const OccasionKind& kind, std::size_t index, Step done) {
  auto occasion = kind.template make<R>();
  occasion->index = index;
  occasion->done = done;
  net.agenda.emplace_back(std::move(occasion));
}

template <class R>
Step next_due(const Network<R>& net, Step from) {
  Step next = not_due;
  for (const auto& occasion : net.agenda) next = std::min(next, occasion->next(net, from));
  return next;
}

// Whether something that weights or states depend on has acted at the present step.
template <class R>
bool have_acted(const Network<R>& net) {
  return std::any_of(net.agenda.begin(), net.agenda.end(), [&](const auto& occasion) { return occasion->acts() && occasion->done == net.now; });
}

// What is sampled at a control step does not contain it.
template <class R>
void sample_before_acting(Network<R>& net) {
  const auto acts_now = [&](const auto& occasion) { return occasion->acts() && occasion->next(net, net.now) == net.now; };
  if (have_acted(net) || std::none_of(net.agenda.begin(), net.agenda.end(), acts_now)) return;
  note_sample_steps(net, 0, net.now, net.now + 1);
  parallel(net.share_count, [&](int thread) {
    const FlushDenormals flush;
    for (std::size_t p = 0; p < net.populations.size(); ++p) sample(net, static_cast<std::size_t>(thread), p, net.now);
  });
}

template <class R>
void perform_due(Network<R>& net) {
  const FlushDenormals flush;
  std::optional<GuardError> stop;
  for (const bool looking : {true, false})
    for (const auto& occasion : net.agenda) {
      if (occasion->looks() != looking || occasion->next(net, net.now) != net.now) continue;
      occasion->done = net.now;
      if (auto found = occasion->perform(net); found && !stop) stop = std::move(found);
    }
  if (stop) throw GuardError(*stop);
}

template <class R>
void archive_agenda(Network<R>& net, Archive& a) {
  std::vector<std::int32_t> kinds;
  std::vector<std::uint64_t> indices;
  std::vector<Step> done;
  for (const auto& occasion : net.agenda) {
    kinds.push_back(static_cast<std::int32_t>(number_of(occasion_kinds, occasion->kind())));
    indices.push_back(occasion->index);
    done.push_back(occasion->done);
  }
  const Archive::Inside inside(a, "agenda");
  a.indices("kinds", kinds, 0, static_cast<std::int64_t>(occasion_kinds.size()) - 1);
  a.array("indices", indices, kinds.size());
  a.array("done", done, kinds.size());
  if (!a.loading()) return;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    put_on_agenda(net, *occasion_kinds[static_cast<std::size_t>(kinds[i])], indices[i], done[i]);
    const auto& occasion = *net.agenda.back();
    a.require(occasion.index < occasion.count(net), "indices", "must be of what there is");
    a.require(occasion.done >= -1 && occasion.done <= net.now, "done", "must be in the past");
    occasion.check(net, a);
  }
}

PLASTICA_INSTANTIATE(put_on_agenda);
PLASTICA_INSTANTIATE(next_due);
PLASTICA_INSTANTIATE(have_acted);
PLASTICA_INSTANTIATE(sample_before_acting);
PLASTICA_INSTANTIATE(perform_due);
PLASTICA_INSTANTIATE(archive_agenda);

}  // namespace plastica
