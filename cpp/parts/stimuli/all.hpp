// Stimuli: what drives neurons without being a neuron (drives), and neurons that only emit (sources). A part may declare:
//   into_receptor   of a stimulus: it is spikes with a weight, which a receptor gets; else it is a current
//   once_a_step     of a source: the parameter that is a rate of spikes, of which a step holds one at most
//   takes_spikes    of a source: it is given a list of spikes
// Of its parameters, the first may be `scheduled`. What it does is in engine/drives, or engine/sources, in a file of its name.
#pragma once
#include <tuple>

#include "parts/stimuli/constant_current.hpp"
#include "parts/stimuli/ou_current.hpp"
#include "parts/stimuli/poisson_input.hpp"
#include "parts/stimuli/poisson_source.hpp"
#include "parts/stimuli/sine_current.hpp"
#include "parts/stimuli/spike_source.hpp"

namespace plastica {

using Stimuli = std::tuple<PoissonInput, ConstantCurrent, SineCurrent, OUCurrent>;
using Sources = std::tuple<PoissonSource, SpikeSource>;

}  // namespace plastica
