// All kinds of recorders, one file each. The place in the list is the number of a kind in files: a new one comes last.
#pragma once
#include "engine/record/recorder.hpp"

namespace plastica {

extern const RecorderKind of_spikes, of_states, of_rates, of_synapses, of_modulators, of_structure, of_controllers, of_elements;
inline constexpr std::array recorder_kinds{&of_spikes, &of_states, &of_rates, &of_synapses, &of_modulators, &of_structure, &of_controllers, &of_elements};

}  // namespace plastica
