// What happens between steps, and when.
#include "engine/slow/agenda.hpp"

#include <algorithm>

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

PLASTICA_INSTANTIATE(put_on_agenda);
PLASTICA_INSTANTIATE(next_due);
PLASTICA_INSTANTIATE(have_acted);
PLASTICA_INSTANTIATE(sample_before_acting);
PLASTICA_INSTANTIATE(perform_due);

}  // namespace plastica
