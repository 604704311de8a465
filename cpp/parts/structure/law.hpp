// What a law of structure is: which synapses of a projection go, and where new ones form. The engine carries it out at the law's intervals.
// What it says of one synapse or one neuron stands here, in double precision.
#pragma once
#include <algorithm>
#include <array>
#include <string_view>

#include "base/math.hpp"
#include "base/random.hpp"
#include "schema/terms.hpp"

namespace plastica::inline PLASTICA_ISA {

// Parameters that several laws share.
template <class Parameters>
constexpr Parameter<Parameters> new_weight_of() {
  return {&Parameters::weight, {"weight", required, "weight", any(), "weight of a new synapse"}};
}
template <class Parameters>
constexpr Parameter<Parameters> new_delay_of() {
  return {&Parameters::delay, {"delay", required, unit::ms, above(0), "delay of a new synapse, rounded to the grid"}};
}
template <class Parameters>
constexpr Parameter<Parameters> speed_of() {
  return {&Parameters::speed, {"speed", infinity, "length/ms", above(0), "the delay of a new synapse is longer by distance / speed"}};
}
template <class Parameters>
constexpr Parameter<Parameters> kernel_width_of() {
  return {&Parameters::width, {"width", 1.0, "length", above(0), "standard deviation of the kernel of `distance`, in the unit of the positions"}};
}
template <class Parameters>
constexpr Parameter<Parameters> autapses_of() {
  return {&Parameters::autapses, flag("autapses", false, "whether a neuron may be connected to itself")};
}
template <class Parameters>
constexpr Parameter<Parameters> multapses_of() {
  return {&Parameters::multapses, flag("multapses", true, "whether a pair that is connected may get another synapse")};
}
template <class Parameters>
constexpr Parameter<Parameters> structural_interval_of(double interval) {
  return {&Parameters::interval, fixed({"interval", interval, unit::ms, above(0), "time between updates, rounded to the grid"})};
}

}  // namespace plastica::inline PLASTICA_ISA
