#pragma once
#include "parts/plasticity/relaxation.hpp"

namespace plastica::inline PLASTICA_ISA {

enum class Rest { zero, U };

template <class R>
struct TsodyksMarkramConstants {
  R u_rest;                         // what u decays to
  R jump;                           // u += jump (1 - u) at a spike
  R rate_rec, rate_I, rate_facil;   // 1/ms
  R facilitates, rest_is_U;         // 1 or 0
};

// The resources of an axon: u and x, and with a time constant of inactivation y, which all its synapses share.
template <bool inactivates>
struct TsodyksMarkramAxon : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = inactivates ? 3 : 2;
  static constexpr bool axon = true;
  static constexpr std::array fields{goes_on({"u", 0, "", between(0, 1), "utilisation: the part of the recovered resources that a spike uses"}),
                                     goes_on({"x", 1, "", between(0, 1), "recovered resources"}), goes_on({"y", 0, "", between(0, 1), "active resources"})};
  static constexpr std::span<const Field> states{fields.data(), static_cast<std::size_t>(variables)};
  template <class R>
  using Constants = TsodyksMarkramConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R* own, const Constants<R>& c, R gap) {
    own[0] = c.u_rest + (own[0] - c.u_rest) * (c.facilitates * math::exp(-gap * c.rate_facil));
    R used = (R(1) - own[1]) * math::exp(-gap * c.rate_rec);
    if constexpr (inactivates) {
      used += own[2] * c.rate_rec * fed(gap, c.rate_rec, c.rate_I);
      own[2] = own[2] * math::exp(-gap * c.rate_I);
    }
    own[1] = R(1) - used;
  }

  template <class R>
  PLASTICA_FN static R release(R* own, const Constants<R>& c) {
    own[0] = own[0] + c.jump * (R(1) - own[0]);
    const R released = own[0] * own[1];
    own[1] = own[1] - released;
    if constexpr (inactivates) own[2] = own[2] + released;
    return released;
  }
};

// The same for each synapse, with U and the time constants of each among its variables.
template <bool inactivates>
struct TsodyksMarkramSynapse : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = inactivates ? 6 : 5;
  static constexpr bool evolves = true, transmits = true;
  static constexpr std::array fields{goes_on({"u", 0, "", between(0, 1), "utilisation: the part of the recovered resources that a spike uses"}),
                                     goes_on({"x", 1, "", between(0, 1), "recovered resources"}),
                                     goes_on({"U", 0.5, "", between(0, 1), "utilisation at rest"}),
                                     goes_on({"tau_rec", 800.0, unit::ms, above(0), "time constant of recovery"}),
                                     goes_on({"tau_facil", 0.0, unit::ms, at_least(0), "time constant of facilitation; 0: none"}),
                                     goes_on({"y", 0, "", between(0, 1), "active resources"})};
  static constexpr std::span<const Field> states{fields.data(), static_cast<std::size_t>(variables)};
  template <class R>
  using Constants = TsodyksMarkramConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& /*w*/, R* own, const Constants<R>& c, const Span<R, TsodyksMarkramSynapse>& span) {
    const R u_rest = c.rest_is_U * own[2];
    own[0] = u_rest + (own[0] - u_rest) * left_after(span.gap, own[4]);
    const R rate_rec = R(1) / own[3];
    R used = (R(1) - own[1]) * math::exp(-span.gap * rate_rec);
    if constexpr (inactivates) {
      used += own[5] * rate_rec * fed(span.gap, rate_rec, c.rate_I);
      own[5] = own[5] * math::exp(-span.gap * c.rate_I);
    }
    own[1] = R(1) - used;
  }

  template <class R>
  PLASTICA_FN static void at_pre(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, TsodyksMarkramSynapse>& /*m*/, R& sent) {
    // without facilitation u is U at every spike, wherever it rests
    const R jump = own[4] > R(0) ? own[2] : own[2] * (R(1) - c.rest_is_U);
    own[0] = own[0] + jump * (R(1) - own[0]);
    const R released = own[0] * own[1];
    own[1] = own[1] - released;
    if constexpr (inactivates) own[5] = own[5] + released;
    sent *= released;
  }
};

struct TsodyksMarkram {
  static constexpr Text text{
      "TsodyksMarkram",
      "Short-term depression and facilitation: a spike uses a part u of the resources x. Then they recover. "
      "A spike first raises u, then transmits w u x. With rest='zero' (as NEST's tsodyks_synapse and tsodyks2_synapse and Brian2's examples) a first spike "
      "from rest transmits w U; with rest='U' (as in simulations of Mongillo et al. 2008) it transmits w U (2 - U). Releasing with the u before its jump and "
      "rest='U', the other reading of Mongillo et al., transmits exactly what rest='zero' does. With tau_facil = 0, u is U at every spike. "
      "The current of a receptor with the time constant tau_I is w y.",
      "x' = (1 - x - y) / tau_rec;  y' = -y / tau_I (y = 0 if tau_I = 0);  u' = -u / tau_facil, or (U - u) / tau_facil with rest='U';  "
      "at a spike u += U (1 - u), then w u x is transmitted, y += u x, x -= u x",
      "Tsodyks, Pawelzik and Markram (1998), Neural Comput 10:821, doi:10.1162/089976698300017502; Markram, Wang and Tsodyks (1998), PNAS 95:5323; "
      "Mongillo, Barak and Tsodyks (2008), Science 319:1543, doi:10.1126/science.1150769"};

  struct Parameters {
    double U, tau_rec, tau_facil, tau_I, rest, per;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::U, {"U", 0.5, unit::none, between(0, 1), "utilisation at rest: the part of the resources that a first spike uses"}},
      Parameter<Parameters>{&Parameters::tau_rec, {"tau_rec", 800.0, unit::ms, above(0), "time constant of recovery"}},
      Parameter<Parameters>{&Parameters::tau_facil, {"tau_facil", 0.0, unit::ms, at_least(0), "time constant of facilitation; 0: none"}},
      Parameter<Parameters>{&Parameters::tau_I, {"tau_I", 0.0, unit::ms, at_least(0), "time constant of inactivation, before recovery begins; 0: at once"}},
      Parameter<Parameters>{&Parameters::rest, choice("rest", "zero|U", "what u decays to between spikes")},
      Parameter<Parameters>{&Parameters::per,
                            choice("per", "axon|synapse",
                                   "whose u and x these are: shared by the synapses of an axon, or each synapse's own, as are then U, tau_rec and "
                                   "tau_facil")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<TsodyksMarkramAxon<false>, TsodyksMarkramAxon<true>, TsodyksMarkramSynapse<false>, TsodyksMarkramSynapse<true>>;
  static std::size_t variant(const Parameters& p) { return (p.per == 1 ? 2 : 0) + (p.tau_I > 0 ? 1 : 0); }
  static RuleNeeds needs(const Parameters& /*p*/) { return {}; }

  static void initial(const Parameters& p, double /*w*/, double* own) {
    own[0] = p.rest == 1 ? p.U : 0.0;
    own[1] = 1;
    if (p.per == 1) {
      own[2] = p.U;
      own[3] = p.tau_rec;
      own[4] = p.tau_facil;
    }
    if (p.tau_I > 0) own[p.per == 1 ? 5 : 2] = 0;
  }

  template <class R>
  static TsodyksMarkramConstants<R> derive(const Parameters& p, double /*dt*/) {
    const bool facilitates = p.tau_facil > 0, rest_is_U = p.rest == 1;
    return {static_cast<R>(rest_is_U ? p.U : 0.0),
            static_cast<R>(facilitates || !rest_is_U ? p.U : 0.0),
            static_cast<R>(1 / p.tau_rec),
            static_cast<R>(p.tau_I > 0 ? 1 / p.tau_I : 0.0),
            static_cast<R>(facilitates ? 1 / p.tau_facil : 0.0),
            R(facilitates ? 1 : 0),
            R(rest_is_U ? 1 : 0)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
