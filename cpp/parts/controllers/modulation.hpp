#pragma once
#include "parts/controllers/controller.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Modulation : ControllerDefaults {
  static constexpr Text text{
      "Modulation",
      "Lets a modulator act on a parameter: of neurons, of a receptor or its gain, of a projection and its rules, of a drive, of another "
      "controller.",
      "multiply: parameter = its value * (1 + slope level);  add: parameter = its value + slope level;  level: as of the last interval", ""};
  static constexpr Senses senses = Senses::level;
  static constexpr std::string_view targets = "population|projection|drive|controller";

  struct Parameters {
    double modulator, slope, mode, low, high, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::modulator, {"modulator", 0, unit::modulator, any(), "modulator that acts"}},
      Parameter<Parameters>{&Parameters::slope,
                            {"slope", 1.0, "1/level", any(), "what a unit of its level adds to the factor, or to the parameter, in its unit"}},
      Parameter<Parameters>{&Parameters::mode, choice("mode", "multiply|add", "whether it contributes a factor or an addend")},
      Parameter<Parameters>{&Parameters::low, {"low", -infinity, "unit", {.high = infinity, .high_open = true}, "the least factor or addend"}},
      Parameter<Parameters>{&Parameters::high, {"high", infinity, "unit", {.low = -infinity, .low_open = true}, "the greatest factor or addend"}},
      interval_of<Parameters>(1.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{stands_still({"level", 0, unit::none, any(), "level of the modulator at the last interval"})};
  struct State {
    double level;
    constexpr auto tie() { return std::tie(level); }
  };
  static Act act(const Parameters& p) { return p.mode == 0 ? Act::multiply : Act::add; }
  static std::string_view conflict(const Parameters& p) { return p.low < p.high ? "" : "low must be below high"; }
  static State initial(const Parameters& /*p*/) { return {0}; }
  static void tick(const Parameters& /*p*/, double level, double /*seconds*/, State& s) { s.level = level; }
  static double effect(const Parameters& p, const State& s) { return within((p.mode == 0 ? 1 : 0) + p.slope * s.level, p.low, p.high); }
};

}  // namespace plastica::inline PLASTICA_ISA
