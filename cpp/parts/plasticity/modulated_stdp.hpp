#pragma once
#include "parts/plasticity/third_factor.hpp"

namespace plastica::inline PLASTICA_ISA {

// Steps of potentiation and depression at a postsynaptic event (post after pre) and at an arrival (pre after post).
template <class R>
struct ModulatedStdpConstants {
  R ltp_after, ltd_after, ltp_before, ltd_before, w_max;
};

struct ModulatedStdpVariant : RuleDefaults {
  static constexpr int levels = 2;
  static constexpr bool reads_y_at_post = false;
  template <class R>
  using Constants = ModulatedStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, ModulatedStdpVariant>& m) {
    w = clipped(w + (c.ltp_after * m.level[0] - c.ltd_after * m.level[1]) * m.x[0], R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, ModulatedStdpVariant>& m) {
    w = clipped(w + (c.ltp_before * m.level[0] - c.ltd_before * m.level[1]) * m.y[0], R(0), c.w_max);
  }
};

struct ModulatedSTDP {
  static constexpr Text text{
      "ModulatedSTDP",
      "Pair STDP as a push and a pull, each for both orders of spikes and with a modulator of its own: with one of them alone every pairing "
      "potentiates, or depresses, with both the order decides.",
      "post: w += learning_rate w_max (A_plus ltp - overlap A_minus ltd) x;  pre: w += learning_rate w_max (overlap A_plus ltp - A_minus ltd) y",
      "Seol et al. (2007), Neuron 55:919, doi:10.1016/j.neuron.2007.08.013; Pedrosa and Clopath (2017), Front Synaptic Neurosci 8:38, "
      "doi:10.3389/fnsyn.2016.00038"};

  struct Parameters {
    double ltp, ltd, learning_rate, A_plus, A_minus, overlap, tau_plus, tau_minus, w_max;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::ltp, modulator_field("ltp", "the signal that scales potentiation, such as noradrenaline at beta receptors")},
      Parameter<Parameters>{&Parameters::ltd, modulator_field("ltd", "the signal that scales depression, such as acetylcholine at M1 receptors")},
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.01, unit::none, at_least(0), "step size, as a fraction of w_max"}},
      Parameter<Parameters>{&Parameters::A_plus, {"A_plus", 1.0, unit::none, at_least(0), "amplitude of potentiation, post after pre"}},
      Parameter<Parameters>{&Parameters::A_minus, {"A_minus", 1.0, unit::none, at_least(0), "amplitude of depression, pre after post"}},
      Parameter<Parameters>{&Parameters::overlap,
                            {"overlap", 0.5, unit::none, between(0, 1), "amplitude of each at the other order of spikes, relative to its own"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 20.0, unit::ms, above_up_to(0, longest_trace), "time constant of the postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 1.0, "weight", above(0), "upper bound of the weight's magnitude"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<ModulatedStdpVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) {
    return {.pre = {{p.tau_plus}}, .post = {{p.tau_minus}}, .levels = {modulator_index(p.ltp), modulator_index(p.ltd)}, .w_max = p.w_max};
  }

  template <class R>
  static ModulatedStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double gain = p.learning_rate * p.w_max;
    return {static_cast<R>(gain * p.A_plus), static_cast<R>(gain * p.overlap * p.A_minus), static_cast<R>(gain * p.overlap * p.A_plus),
            static_cast<R>(gain * p.A_minus), static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
