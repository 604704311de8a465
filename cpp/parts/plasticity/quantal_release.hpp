#pragma once
#include "parts/plasticity/relaxation.hpp"

namespace plastica::inline PLASTICA_ISA {

// How many of n trials, each with probability p, succeed: the inverse of the distribution at the uniform number `at`. At most `most` trials.
template <class R>
PLASTICA_FN R binomial(R n, R p, R at, R most) {
  const bool rare = p < R(0.5);
  const R q = rare ? p : R(1) - p;
  const R ratio = q / (R(1) - q);
  R probability = math::exp(n * math::log(R(1) - q));
  R below = probability, count = 0;
  for (R k = 0; k < most; k += R(1)) {
    count += at > below ? R(1) : R(0);
    probability = probability * (ratio * (n - k) / (k + R(1)));  // 0 from k = n on
    below += probability;
  }
  count = count > n ? n : count;  // `below` can round to less than 1
  return rare ? count : n - count;
}

template <class R>
struct QuantalReleaseConstants {
  R sites, U, rate_rec, tau_facil;
};

struct QuantalReleaseVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 2;
  static constexpr bool evolves = true, transmits = true, random = true;
  static constexpr std::array states{goes_on({"u", 0, "", between(0, 1), "probability that a spike releases a vesicle from a site that has one"}),
                                     goes_on({"available", 1, "sites", at_least(0), "sites that have a vesicle"})};
  template <class R>
  using Constants = QuantalReleaseConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R& /*w*/, R* own, const Constants<R>& c, const Span<R, QuantalReleaseVariant>& span) {
    own[0] = own[0] * left_after(span.gap, c.tau_facil);
    const R refilled = -math::expm1(-span.gap * c.rate_rec);
    own[1] = own[1] + binomial(c.sites - own[1], refilled, uniform<R>(span.word[0], span.word[1]), c.sites);
  }

  template <class R>
  PLASTICA_FN static void at_pre(R& /*w*/, R* own, const Constants<R>& c, const Moment<R, QuantalReleaseVariant>& m, R& sent) {
    own[0] = own[0] + c.U * (R(1) - own[0]);
    const R released = binomial(own[1], own[0], uniform<R>(m.word[0], m.word[1]), c.sites);
    own[1] = own[1] - released;
    sent *= released / c.sites;
  }
};

struct QuantalRelease {
  static constexpr Text text{
      "QuantalRelease",
      "Stochastic release of vesicles from the sites of each synapse: the mean is that of TsodyksMarkram with rest='zero' and tau_I=0. "
      "A site holds one vesicle or none. The weight is what all sites transmit together, so that a vesicle transmits w / sites. "
      "Between events `available` is read as one possible outcome of the refilling so far.",
      "u' = -u / tau_facil;  an empty site is refilled with the rate 1 / tau_rec;  at a spike u += U (1 - u), then each full site releases with the "
      "probability u, and w released / sites is transmitted",
      "Fuhrmann, Segev, Markram and Tsodyks (2002), J Neurophysiol 87:140, doi:10.1152/jn.00258.2001; Loebel et al. (2009), Front Comput Neurosci 3:27, "
      "doi:10.3389/neuro.10.027.2009"};

  struct Parameters {
    double sites, U, tau_rec, tau_facil;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::sites, {"sites", 5.0, unit::none, between(1, 100), "release sites of a synapse, a whole number"}},
      Parameter<Parameters>{&Parameters::U, {"U", 0.5, unit::none, between(0, 1), "probability of release at a first spike"}},
      Parameter<Parameters>{&Parameters::tau_rec, {"tau_rec", 800.0, unit::ms, above(0), "mean time until an empty site is refilled"}},
      Parameter<Parameters>{&Parameters::tau_facil, {"tau_facil", 0.0, unit::ms, at_least(0), "time constant of facilitation; 0: none"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<QuantalReleaseVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& /*p*/) { return {}; }
  static std::string_view conflict(const Parameters& p) { return std::floor(p.sites) == p.sites ? "" : "sites must be a whole number"; }
  static void initial(const Parameters& p, double /*w*/, double* own) {
    own[0] = 0;
    own[1] = p.sites;
  }

  template <class R>
  static QuantalReleaseConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.sites), static_cast<R>(p.U), static_cast<R>(1 / p.tau_rec), static_cast<R>(p.tau_facil)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
