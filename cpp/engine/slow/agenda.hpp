// What happens between steps, and when.
#pragma once
#include "engine/network.hpp"
#include "engine/slow/all.hpp"

namespace plastica {

// `done`: the step at which it last happened.
template <class R>
void put_on_agenda(Network<R>& net, const OccasionKind& kind, std::size_t index, Step done = -1);

template <class R>
Step next_due(const Network<R>& net, Step from);

// Whether something that weights or states depend on has acted at the present step.
template <class R>
bool have_acted(const Network<R>& net);

// What is sampled at a control step does not contain it.
template <class R>
void sample_before_acting(Network<R>& net);

template <class R>
void perform_due(Network<R>& net);

template <class R>
void archive_agenda(Network<R>& net, Archive& a);

}  // namespace plastica
