// What happens between steps, and when.
#include "engine/slow/agenda.hpp"

#include <algorithm>

#include "engine/network.hpp"
#include "engine/record/recorders.hpp"
#include "engine/record/sample.hpp"
#include "engine/slow/controllers.hpp"
#include "engine/slow/guards.hpp"
#include "engine/slow/modifiers.hpp"
#include "engine/structure/update.hpp"

namespace plastica {

// The first step, not before `from`, at which it happens.
template <class R>
static Step next_of(const Network<R>& net, const Due& due, Step from) {
  const auto multiple = [&](Step interval, Step made) {
    const Step earliest = std::max({from, due.done + 1, made + 1});
    return (earliest + interval - 1) / interval * interval;
  };
  switch (due.kind) {
    case Due::Kind::sample:
      return multiple(net.recorders[due.index]->interval, -1);
    case Due::Kind::controller:
      if (net.controllers[due.index].pause.on()) return not_due;
      return net.controllers[due.index].owed ? std::max(from, due.done + 1) : multiple(net.controllers[due.index].interval, net.controllers[due.index].made);
    case Due::Kind::structure:
      return net.rewirings[due.index].pause.on() ? not_due : multiple(net.rewirings[due.index].interval, net.rewirings[due.index].made);
    case Due::Kind::modifier:
      return next_switch(net.modifiers[due.index], std::max(from, due.done + 1));
    case Due::Kind::guard:
      return net.guards[due.index].active ? multiple(net.guards[due.index].window, net.guards[due.index].made) : not_due;
  }
  return not_due;
}

template <class R>
Step next_due(const Network<R>& net, Step from) {
  Step next = not_due;
  for (const Due& due : net.agenda) next = std::min(next, next_of(net, due, from));
  return next;
}

// Whether something that weights or states depend on has acted at the present step.
template <class R>
bool have_acted(const Network<R>& net) {
  return std::any_of(net.agenda.begin(), net.agenda.end(), [&](const Due& due) { return acts(due) && due.done == net.now; });
}

// What is sampled at a control step does not contain it.
template <class R>
void sample_before_acting(Network<R>& net) {
  const auto acts_now = [&](const Due& due) { return acts(due) && next_of(net, due, net.now) == net.now; };
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
    for (Due& due : net.agenda) {
      const bool looks = due.kind == Due::Kind::sample || due.kind == Due::Kind::guard;
      if (looks != looking || next_of(net, due, net.now) != net.now) continue;
      due.done = net.now;
      switch (due.kind) {
        case Due::Kind::sample:
          net.recorders[due.index]->kind == RecorderKind::elements ? sample_elements(net, *net.recorders[due.index], net.now)
                                                                   : sample_controller(net, *net.recorders[due.index], net.now);
          break;
        case Due::Kind::structure:
          update_structure(net, net.rewirings[due.index], net.now);
          break;
        case Due::Kind::controller:
          tick_controller(net, net.controllers[due.index], net.now);
          break;
        case Due::Kind::modifier:
          switch_modifier(net, due.index);
          break;
        case Due::Kind::guard:
          if (auto found = look(net, due.index); found && !stop) stop = std::move(found);
          break;
      }
    }
  if (stop) throw GuardError(*stop);
}

PLASTICA_INSTANTIATE(next_due);
PLASTICA_INSTANTIATE(have_acted);
PLASTICA_INSTANTIATE(sample_before_acting);
PLASTICA_INSTANTIATE(perform_due);

}  // namespace plastica
