#pragma once
#include "parts/plasticity/rule.hpp"
#include "parts/plasticity/weight_decay.hpp"

namespace plastica::inline PLASTICA_ISA {

// rate is 1/tau + 1/tau_reference; the weight makes `part` of the way to the reference, which makes the rest.
template <class R>
struct ConsolidationConstants {
  R rate, part, rest;
};

struct ConsolidationVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 3;
  static constexpr bool evolves = true, reads_y_at_post = false;
  static constexpr std::array states{stands_still({"reference", 0, "weight", any(), "slow weight; starts at the weight of the synapse"}),
                                     stands_still({"weight_carry", 0, "weight", any(), "what rounding has kept from the weight so far"}),
                                     stands_still({"reference_carry", 0, "weight", any(), "what rounding has kept from the reference so far"})};
  template <class R>
  using Constants = ConsolidationConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& w, R* own, const Constants<R>& c, const Span<R, ConsolidationVariant>& s) {
    own[1] = choose(c.rate, own[1], R(0));
    own[2] = choose(c.rate, own[2], R(0));
    const R closed = (w - own[0]) * math::expm1(-s.gap * c.rate);
    add_exactly(w, own[1], closed * c.part);
    w = clipped(w, R(0), s.w_max);
    add_exactly(own[0], own[2], -closed * c.rest);
  }
};

struct Consolidation {
  static constexpr Text text{"Consolidation", "The weight relaxes to a slow reference, and the reference to the weight.",
                             "tau dw/dt = reference - w;  tau_reference d(reference)/dt = w - reference, exactly: tau w + tau_reference reference is kept and "
                             "w - reference decays at the rate 1/tau + 1/tau_reference",
                             "the linear part of the slow reference of Zenke, Agnes and Gerstner (2015), Nat Commun 6:6922, doi:10.1038/ncomms7922"};

  struct Parameters {
    double tau, tau_reference;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::tau, {"tau", infinity, unit::ms, above(0), "time constant of the weight; inf: the reference only listens"}},
      Parameter<Parameters>{&Parameters::tau_reference,
                            {"tau_reference", infinity, unit::ms, above(0), "time constant of the reference; inf: it is constant"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<ConsolidationVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& /*p*/) { return {}; }
  static void initial(const Parameters& /*p*/, double w, double* own) {
    own[0] = w;
    own[1] = own[2] = 0;
  }

  // What was rounded off a weight is nothing to the one that replaces it.
  static void adopt(const Parameters& /*p*/, double /*w*/, double* own) { own[1] = 0; }

  template <class R>
  static ConsolidationConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double rate = 1 / p.tau + 1 / p.tau_reference;
    const double part = rate > 0 ? 1 / p.tau / rate : 0;
    return {static_cast<R>(rate), static_cast<R>(part), static_cast<R>(1 - part)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
