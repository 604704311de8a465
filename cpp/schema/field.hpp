// How a part declares itself: its name, sentence, equation, reference and fields, as constants. Light: kernels include nothing else of a schema.
#pragma once
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

namespace plastica {

enum class Kind { membrane, source, receptor, rule, connector, stimulus, distribution, controller, elements, structure };

inline constexpr double infinity = std::numeric_limits<double>::infinity();
// The default of a field that has none: the user must give it.
inline constexpr double required = std::numeric_limits<double>::quiet_NaN();

struct Bound {
  double low = -infinity;
  double high = infinity;
  bool low_open = false;
  bool high_open = false;
};

constexpr Bound any() { return {}; }
constexpr Bound above(double low) { return {.low = low, .low_open = true}; }
constexpr Bound above_up_to(double low, double high) { return {.low = low, .high = high, .low_open = true}; }
constexpr Bound at_least(double low) { return {.low = low}; }
constexpr Bound between(double low, double high) { return {.low = low, .high = high}; }

namespace unit {
inline constexpr std::string_view none = "", ms = "ms", mV = "mV", pA = "pA", nS = "nS", pF = "pF", Hz = "Hz", mM = "mM", per_ms = "1/ms", mV_per_ms = "mV/ms";
inline constexpr std::string_view modulator = "modulator";  // a field that names a modulator of the network; the engine takes its index
}  // namespace unit

// Whether a state stands still or goes on while its network is frozen, its projection is not plastic, or its controller is not active.
enum class WhenFrozen { unsaid, stands_still, goes_on };

// One field of a part. A choice is a field whose value is one of a few names; it is stored as its position among them.
struct Field {
  std::string_view name;
  double default_value = 0;
  std::string_view unit = {};
  Bound bound = {};
  std::string_view sentence = {};
  std::string_view choices = {};  // separated by '|'
  WhenFrozen when_frozen = WhenFrozen::unsaid;  // of states
  bool fixed = false;      // of parameters: settled when the part is made
  bool scheduled = false;  // of parameters: may follow a schedule
};

// A state that keeps what it holds: weights follow from it, or it is a controller's.
constexpr Field stands_still(Field state) {
  state.when_frozen = WhenFrozen::stands_still;
  return state;
}
// A state that lives on: of membranes and receptors, traces of spikes, short-term plasticity.
constexpr Field goes_on(Field state) {
  state.when_frozen = WhenFrozen::goes_on;
  return state;
}

constexpr Field fixed(Field parameter) {
  parameter.fixed = true;
  return parameter;
}
constexpr Field scheduled(Field parameter) {
  parameter.scheduled = true;
  return parameter;
}

constexpr Field choice(std::string_view name, std::string_view choices, std::string_view sentence) {
  return {.name = name, .default_value = 0, .sentence = sentence, .choices = choices};
}

constexpr Field flag(std::string_view name, bool value, std::string_view sentence) {
  return {.name = name, .default_value = value ? 1.0 : 0.0, .sentence = sentence, .choices = "false|true"};
}

struct Text {
  std::string_view name, sentence, equation, reference;
};

// A named parameter bound to the member of the part's Parameters that holds it.
template <class Parameters>
struct Parameter {
  double Parameters::* member;
  Field field;
};

// The fields of an array of bound parameters.
template <class Parameters, std::size_t N>
constexpr std::array<Field, N> fields_of(const std::array<Parameter<Parameters>, N>& parameters) {
  std::array<Field, N> fields{};
  for (std::size_t i = 0; i < N; ++i) fields[i] = parameters[i].field;
  return fields;
}

}  // namespace plastica
