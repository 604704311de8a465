// What happens between steps, and when.
#pragma once
#include "engine/network.hpp"

namespace plastica {

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

}  // namespace plastica
