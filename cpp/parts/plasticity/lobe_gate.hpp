#pragma once
#include "parts/plasticity/third_factor.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct LobeGateConstants {
  R none;
};

struct LobeGateVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, levels = 2;
  static constexpr bool compares = true, reads_y_at_post = false;
  template <class R>
  using Constants = LobeGateConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& /*c*/, const Moment<R, LobeGateVariant>& m) {
    const R level = m.change > R(0) ? m.level[0] : m.level[1];
    w = clipped((w - m.change) + level * m.change, R(0), m.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, LobeGateVariant>& m) {
    at_post(w, own, c, m);
  }
};

struct LobeGate {
  static constexpr Text text{"LobeGate", "Lets one modulator gate the potentiation, another the depression by the rules before it.",
                             "change q of the rules before it at an event: w -= q; w += ltp q if q > 0, ltd q if q < 0, with the levels at the event",
                             "Seol et al. (2007), Neuron 55:919, doi:10.1016/j.neuron.2007.08.013; Pedrosa and Clopath (2017), Front Synaptic Neurosci 8:38, "
                             "doi:10.3389/fnsyn.2016.00038"};

  struct Parameters {
    double ltp, ltd;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::ltp, modulator_field("ltp", "the signal that gates potentiation, such as noradrenaline at beta receptors")},
      Parameter<Parameters>{&Parameters::ltd, modulator_field("ltd", "the signal that gates depression, such as acetylcholine at M1 receptors")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<LobeGateVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) { return {.levels = {modulator_index(p.ltp), modulator_index(p.ltd)}}; }

  template <class R>
  static LobeGateConstants<R> derive(const Parameters& /*p*/, double /*dt*/) {
    return {R(0)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
