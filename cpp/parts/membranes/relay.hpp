#pragma once
#include "parts/membranes/membrane.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Relay {
  static constexpr Text text{"Relay", "Repeats its input: one spike, a step after any arrival of positive weight (a \"parrot\").",
                             "spike(k + 1) if the weights that arrive at k sum to more than 0", ""};

  struct Parameters {};
  static constexpr std::array<Parameter<Parameters>, 0> parameters{};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::string_view receptor = "CurrentDelta";
  static constexpr bool has_potential = false;  // its V is a sum of weights: no current moves it, and no rule may read it
  static constexpr std::array states{goes_on({"V", 0, unit::none, any(), "sum of the weights that have just arrived"})};

  static MeanResponse response(const Parameters& /*p*/, double h) { return {h}; }

  template <class R>
  struct State {
    R V;
    PLASTICA_FN constexpr auto tie() { return std::tie(V); }
  };
  template <class R>
  struct Constants {
    PLASTICA_FN constexpr auto tie() { return std::tuple<>{}; }
  };

  static State<double> initial(const Parameters& /*p*/) { return {0}; }
  static Constants<double> derive(const Parameters& /*p*/, double /*h*/) { return {}; }
  static std::string_view conflict(const Parameters& /*p*/) { return ""; }

  template <class R, bool Conductances>
  PLASTICA_FN static auto step(State<R>& s, const Constants<R>& /*c*/, const Input<R>& /*in*/) {
    const auto quiet = s.V <= 0;
    s.V = s.V == s.V ? 0 : s.V;
    return !quiet;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
