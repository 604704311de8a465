#pragma once
#include "parts/plasticity/relaxation.hpp"

namespace plastica::inline PLASTICA_ISA {

// The three pools exchange vesicles linearly. In their modes the deficits decay one by one: `into[k]` are the weights of the pools in mode k,
// `out_of[i]` those of the modes in pool i, `rate` how fast each mode decays, `retrieval` what a retrieved vesicle takes off it.
template <class R>
struct VesiclePoolsConstants {
  R U, rate_facil, facilitates;
  R into[3][3], out_of[3][3], rate[3], retrieval[3], rate_retrieval;
  R refill_per_spike, n_ready, ready_per_recycling;
};

struct VesiclePoolsAxon : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 5;
  static constexpr bool axon = true;
  static constexpr std::array states{goes_on({"u", 0, "", between(0, 1), "probability that a spike releases a ready vesicle"}),
                                     goes_on({"ready", 1, "", at_least(0), "filled part of the readily releasable pool"}),
                                     goes_on({"recycling", 1, "", at_least(0), "filled part of the recycling pool"}),
                                     goes_on({"reserve", 1, "", at_least(0), "filled part of the reserve pool"}),
                                     goes_on({"retrieved", 0, "vesicles", at_least(0), "released vesicles on their way back"})};
  template <class R>
  using Constants = VesiclePoolsConstants<R>;

  template <class R>
  PLASTICA_FN static void advance(R* own, const Constants<R>& c, R gap) {
    own[0] = own[0] * (c.facilitates * math::exp(-gap * c.rate_facil));
    const R deficit[3] = {R(1) - own[1], R(1) - own[2], R(1) - own[3]};
    R mode[3];
    for (int k = 0; k < 3; ++k) {
      const R now = c.into[k][0] * deficit[0] + c.into[k][1] * deficit[1] + c.into[k][2] * deficit[2];
      mode[k] = now * math::exp(-gap * c.rate[k]) - c.retrieval[k] * own[4] * fed(gap, c.rate[k], c.rate_retrieval);
    }
    for (int i = 0; i < 3; ++i) own[1 + i] = R(1) - (c.out_of[i][0] * mode[0] + c.out_of[i][1] * mode[1] + c.out_of[i][2] * mode[2]);
    own[4] = own[4] * math::exp(-gap * c.rate_retrieval);
  }

  template <class R>
  PLASTICA_FN static R release(R* own, const Constants<R>& c) {
    own[0] = own[0] + c.U * (R(1) - own[0]);
    const R released = own[0] * own[1];
    own[1] = own[1] - released;
    own[4] = own[4] + c.n_ready * released;
    const R refilled = c.refill_per_spike * (own[2] - own[1]);
    own[1] = own[1] + refilled;
    own[2] = own[2] - c.ready_per_recycling * refilled;
    return released;
  }
};

// Jacobi's method: a symmetric matrix becomes diagonal, the columns of `vectors` its eigenvectors.
inline void diagonalise(double (&a)[3][3], double (&vectors)[3][3]) {
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) vectors[i][j] = i == j ? 1 : 0;
  for (int sweep = 0; sweep < 30; ++sweep) {
    for (int p = 0; p < 2; ++p) {
      for (int q = p + 1; q < 3; ++q) {
        if (a[p][q] == 0) continue;
        const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const double t = (theta < 0 ? -1 : 1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
        const double cosine = 1 / std::sqrt(t * t + 1), sine = t * cosine;
        for (int i = 0; i < 3; ++i) {
          const double ip = a[i][p], iq = a[i][q];
          a[i][p] = cosine * ip - sine * iq;
          a[i][q] = sine * ip + cosine * iq;
        }
        for (int i = 0; i < 3; ++i) {
          const double pi = a[p][i], qi = a[q][i];
          a[p][i] = cosine * pi - sine * qi;
          a[q][i] = sine * pi + cosine * qi;
        }
        for (int i = 0; i < 3; ++i) {
          const double ip = vectors[i][p], iq = vectors[i][q];
          vectors[i][p] = cosine * ip - sine * iq;
          vectors[i][q] = sine * ip + cosine * iq;
        }
      }
    }
  }
}

struct VesiclePools {
  static constexpr Text text{
      "VesiclePools",
      "Mean release from three pools of vesicles: ready vesicles are refilled from a recycling pool and that one from a reserve. They are filled to the parts "
      "r, c and s of their sizes; the synapses of an axon share them. A spike raises u, releases the part u of the ready vesicles and transmits w u r; its "
      "calcium then fills refill_per_spike of what "
      "the ready pool lacks against the recycling pool, which the reserve refills. Released vesicles f are retrieved into recycling and reserve in proportion "
      "to their sizes. "
      "No vesicle is lost: n_ready r + n_recycling c + n_reserve s + f is constant.",
      "r' = (c - r) / tau_ready;  f' = -f / tau_retrieval;  n_recycling c' = -n_ready r' + n_recycling ((s - c) / tau_reserve + g);  "
      "n_reserve s' = -n_recycling (s - c) / tau_reserve + n_reserve g, with g = f / (tau_retrieval (n_recycling + n_reserve));  "
      "at a spike u += U (1 - u), w u r is transmitted, f += n_ready u r, r -= u r, then d = refill_per_spike (c - r), r += d, c -= d n_ready / n_recycling",
      "pools and times as reviewed by Rizzoli and Betz (2005), Nat Rev Neurosci 6:57, doi:10.1038/nrn1583; the linear exchange is Plastica's own"};

  struct Parameters {
    double U, tau_facil, n_ready, n_recycling, n_reserve, tau_ready, tau_reserve, tau_retrieval, refill_per_spike;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::U, {"U", 0.2, unit::none, between(0, 1), "probability that a first spike releases a ready vesicle"}},
      Parameter<Parameters>{&Parameters::tau_facil, {"tau_facil", 0.0, unit::ms, at_least(0), "time constant of facilitation; 0: none"}},
      Parameter<Parameters>{&Parameters::n_ready, {"n_ready", 8.0, "vesicles", above(0), "size of the readily releasable pool"}},
      Parameter<Parameters>{&Parameters::n_recycling, {"n_recycling", 30.0, "vesicles", above(0), "size of the recycling pool"}},
      Parameter<Parameters>{&Parameters::n_reserve, {"n_reserve", 162.0, "vesicles", above(0), "size of the reserve pool"}},
      Parameter<Parameters>{&Parameters::tau_ready, {"tau_ready", 1000.0, unit::ms, above(0), "time constant of refilling the ready pool"}},
      Parameter<Parameters>{&Parameters::tau_reserve,
                            {"tau_reserve", 30000.0, unit::ms, above(0), "time constant of refilling the recycling pool from the reserve"}},
      Parameter<Parameters>{&Parameters::tau_retrieval, {"tau_retrieval", 15000.0, unit::ms, above(0), "time constant of the retrieval of released vesicles"}},
      Parameter<Parameters>{&Parameters::refill_per_spike,
                            {"refill_per_spike", 0.0, unit::none, between(0, 1), "part of the ready pool's deficit that the calcium of a spike refills"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<VesiclePoolsAxon>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& /*p*/) { return {}; }
  static void initial(const Parameters& /*p*/, double /*w*/, double* own) {
    own[0] = own[4] = 0;
    own[1] = own[2] = own[3] = 1;
  }

  // With the roots of the sizes as weights the exchange is symmetric.
  template <class R>
  static VesiclePoolsConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double root[3] = {std::sqrt(p.n_ready), std::sqrt(p.n_recycling), std::sqrt(p.n_reserve)};
    const double filling = p.n_ready / p.tau_ready, mixing = p.n_recycling / p.tau_reserve;
    double exchange[3][3] = {{filling, -filling, 0}, {-filling, filling + mixing, -mixing}, {0, -mixing, mixing}};
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) exchange[i][j] /= root[i] * root[j];
    double modes[3][3];
    diagonalise(exchange, modes);
    VesiclePoolsConstants<R> c{};
    for (int k = 0; k < 3; ++k) {
      for (int i = 0; i < 3; ++i) {
        c.into[k][i] = static_cast<R>(modes[i][k] * root[i]);
        c.out_of[i][k] = static_cast<R>(modes[i][k] / root[i]);
      }
      c.rate[k] = static_cast<R>(exchange[k][k] > 0 ? exchange[k][k] : 0);  // one is 0 up to rounding: the number of vesicles
      c.retrieval[k] = static_cast<R>((modes[1][k] * root[1] + modes[2][k] * root[2]) / (p.n_recycling + p.n_reserve) / p.tau_retrieval);
    }
    c.U = static_cast<R>(p.U);
    c.rate_facil = static_cast<R>(p.tau_facil > 0 ? 1 / p.tau_facil : 0.0);
    c.facilitates = R(p.tau_facil > 0 ? 1 : 0);
    c.rate_retrieval = static_cast<R>(1 / p.tau_retrieval);
    c.refill_per_spike = static_cast<R>(p.refill_per_spike);
    c.n_ready = static_cast<R>(p.n_ready);
    c.ready_per_recycling = static_cast<R>(p.n_ready / p.n_recycling);
    return c;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
