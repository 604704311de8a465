#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct GlobalInhibitoryStdpConstants {
  R rate, target;
};

struct GlobalInhibitoryStdpVariant : RuleDefaults {
  static constexpr int levels = 1;
  static constexpr bool reads_y_at_post = false;
  template <class R>
  using Constants = GlobalInhibitoryStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, GlobalInhibitoryStdpVariant>& m) {
    w = clipped(w + c.rate * (m.level[0] - c.target) * m.x[0], R(0), m.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, GlobalInhibitoryStdpVariant>& m) {
    w = clipped(w + c.rate * (m.level[0] - c.target) * (m.y[0] + R(1)), R(0), m.w_max);
  }
};

struct GlobalInhibitorySTDP {
  static constexpr Text text{
      "GlobalInhibitorySTDP",
      "Pair plasticity of inhibitory synapses under a global signal; weights grow while it is above its target and shrink while it is below.",
      "G = modulator - target;  post: w += learning_rate G x;  pre: w += learning_rate G (y + 1)",
      "Zenke, Agnes and Gerstner (2015), Nat Commun 6:6922, doi:10.1038/ncomms7922"};

  struct Parameters {
    double modulator, target, tau, learning_rate, w_max;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{
          &Parameters::modulator,
          {"modulator", 0, unit::modulator, at_least(0),
           "signal that the excitatory population releases, with a tau of 10 s; 1000/(n tau) at each spike of n neurons makes it their rate in Hz"}},
      Parameter<Parameters>{&Parameters::target, {"target", 4.0, unit::none, any(), "level at which nothing changes, in the unit of the modulator"}},
      Parameter<Parameters>{&Parameters::tau, {"tau", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of both traces"}},
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 5e-6, "weight", at_least(0), "step size per unit of the modulator"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 5.0, "weight", above(0), "upper bound of the weight's magnitude"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<GlobalInhibitoryStdpVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) { return {.pre = {{p.tau}}, .post = {{p.tau}}, .levels = {static_cast<int>(p.modulator)}, .w_max = p.w_max}; }

  template <class R>
  static GlobalInhibitoryStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.learning_rate), static_cast<R>(p.target)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
