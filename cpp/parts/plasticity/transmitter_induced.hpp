#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct TransmitterInducedConstants {
  R delta;
};

struct TransmitterInducedVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0;
  static constexpr bool reads_y_at_post = false;
  template <class R>
  using Constants = TransmitterInducedConstants<R>;

  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, TransmitterInducedVariant>& m) {
    w = clipped(w + c.delta, R(0), m.w_max);
  }
};

struct TransmitterInduced {
  static constexpr Text text{"TransmitterInduced", "Every presynaptic spike strengthens the synapse a little; inputs of silent neurons do not die out.",
                             "pre: w += delta", "Zenke, Agnes and Gerstner (2015), Nat Commun 6:6922, doi:10.1038/ncomms7922"};

  struct Parameters {
    double delta;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::delta, {"delta", 2e-5, "weight", any(), "change at an arrival"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<TransmitterInducedVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& /*p*/) { return {}; }

  template <class R>
  static TransmitterInducedConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.delta)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
