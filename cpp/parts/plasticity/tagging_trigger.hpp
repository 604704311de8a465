#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct TaggingTriggerConstants {
  R up, down;                            // probability of induction for a change of the weight by 1
  R forget_up, forget_down;              // probability that a tag is gone after an interval
  R step, drive;                         // interval / tau_z, and gamma
  R theta_pro, made, gone;               // rates of the protein, times the interval
  R w_rest, add_up, add_down, add_late;  // the weight, in units of w_rest
};

struct TaggingTriggerVariant : RuleDefaults {
  static constexpr int pre = 0, post = 0, variables = 2, neurons = 1;
  static constexpr bool compares = true, random = true, ticks = true, owns = true;
  static constexpr std::array states{
      stands_still({"tag", 0, "", between(-1, 1), "1: potentiated (the state h of the paper), -1: depressed (its l), 0: neither"}),
      stands_still({"late", 0, "", between(-100, 100), "late-phase state z; 0 and 1 are stable"}),
      stands_still({"protein", 0, "", at_least(0), "amount of plasticity-related proteins in the target neuron"})};
  template <class R>
  using Constants = TaggingTriggerConstants<R>;

  template <class R>
  PLASTICA_FN static R weight(const R* own, const Constants<R>& c, R w_max) {
    const R tag = own[0] * (own[0] > R(0) ? c.add_up : c.add_down);
    const R relative = R(1) + tag + c.add_late * own[1];
    return clipped(c.w_rest * relative, R(0), w_max);
  }

  // What the rules before this one have done to the weight only says how likely a tag is.
  template <class R>
  PLASTICA_FN static void induce(R& w, R* own, const Constants<R>& c, const Moment<R, TaggingTriggerVariant>& m) {
    const R u = uniform<R>(m.word[0], m.word[1]);
    const R set = u < m.change * c.up ? R(1) : (u < -m.change * c.down ? R(-1) : R(0));
    own[0] = own[0] == R(0) ? set : own[0];
    w = weight(own, c, m.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_post(R& w, R* own, const Constants<R>& c, const Moment<R, TaggingTriggerVariant>& m) {
    induce(w, own, c, m);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* own, const Constants<R>& c, const Moment<R, TaggingTriggerVariant>& m) {
    induce(w, own, c, m);
  }

  template <class R>
  PLASTICA_FN static R contribution(R /*w*/, const R* own, const Constants<R>& /*c*/) {
    return own[0] < R(0) ? -own[0] : own[0];
  }
  // p' = (1 - p) made [sum > theta_pro] - p gone, exactly over the interval.
  PLASTICA_FN static void neuron_tick(double* state, const Constants<double>& c, double sum) {
    const double made = sum > c.theta_pro ? c.made : 0.0;
    const double rate = made + c.gone;
    state[0] = state[0] + (made / rate - state[0]) * -math::expm1(-rate);
  }

  template <class R>
  PLASTICA_FN static R drift(R z, R pull) {
    return z * (R(1) - z) * (z - R(0.5)) + pull;
  }
  // The late state first, by a classical Runge-Kutta step with the tag as it is; then the tag may fade.
  template <class R>
  PLASTICA_FN static void at_tick(R& w, R* own, const Constants<R>& c, const Tick<R, TaggingTriggerVariant>& t) {
    const R pull = c.drive * own[0] * t.neuron[0], z = own[1], h = c.step;
    const R k1 = drift(z, pull), k2 = drift(z + R(0.5) * h * k1, pull), k3 = drift(z + R(0.5) * h * k2, pull), k4 = drift(z + h * k3, pull);
    own[1] = z + h * R(1.0 / 6) * (k1 + R(2) * (k2 + k3) + k4);
    const R fades = own[0] > R(0) ? c.forget_up : c.forget_down;
    own[0] = uniform<R>(t.word[0], t.word[1]) < fades ? R(0) : own[0];
    w = weight(own, c, t.w_max);
  }
};

struct TaggingTrigger {
  static constexpr Text text{
      "TaggingTrigger",
      "Tag-trigger-consolidation: what the rules before it in the list do to the weight sets a tag at random; tags fade, many of them make the neuron "
      "produce proteins, and these consolidate tagged synapses.",
      "every event: a synapse without a tag is tagged +1 with probability P_plus change, -1 with probability -P_minus change (change: of the weight, by the "
      "rules before, in units of w_rest);  tags fade at the rates k_plus, k_minus;  tau_z z' = z (1 - z) (z - 1/2) + gamma tag p;  "
      "p' = synthesis (1 - p)/tau_rise [sum over the neuron's synapses of abs(tag) > theta_pro] - p/tau_p;  "
      "weight = w_rest (1 + w_plus [tag = 1] - w_minus [tag = -1] + w_late z)",
      "Clopath, Ziegler, Vasilaki, Buesing and Gerstner (2008), PLoS Comput Biol 4:e1000248, doi:10.1371/journal.pcbi.1000248"};

  struct Parameters {
    double w_rest, P_plus, P_minus, w_plus, w_minus, w_late, tau_plus, tau_minus, tau_z, gamma, theta_pro, tau_rise, tau_p, synthesis, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::w_rest, {"w_rest", 1.0, "weight", above(0), "weight of a synapse without a tag, with z = 0"}},
      Parameter<Parameters>{&Parameters::P_plus, {"P_plus", 1.0, unit::none, at_least(0), "probability of a tag +1 for a change by w_rest"}},
      Parameter<Parameters>{&Parameters::P_minus, {"P_minus", 1.0, unit::none, at_least(0), "probability of a tag -1 for a change by -w_rest"}},
      Parameter<Parameters>{&Parameters::w_plus, {"w_plus", 1.0, unit::none, at_least(0), "weight that a tag +1 adds, in units of w_rest"}},
      Parameter<Parameters>{&Parameters::w_minus, {"w_minus", 0.5, unit::none, between(0, 1), "weight that a tag -1 takes, in units of w_rest"}},
      Parameter<Parameters>{&Parameters::w_late, {"w_late", 2.0, unit::none, above(0), "weight that z = 1 adds, in units of w_rest"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 3600000.0, unit::ms, above(0), "mean life of a tag +1"}},
      Parameter<Parameters>{&Parameters::tau_minus, {"tau_minus", 5400000.0, unit::ms, above(0), "mean life of a tag -1"}},
      Parameter<Parameters>{&Parameters::tau_z, {"tau_z", 360000.0, unit::ms, above(0), "time constant of the late state"}},
      Parameter<Parameters>{&Parameters::gamma, {"gamma", 0.1, unit::none, at_least(0), "how strongly tag and protein together drive the late state"}},
      Parameter<Parameters>{&Parameters::theta_pro, {"theta_pro", 60.0, unit::none, at_least(0), "number of tags in one neuron above which it makes proteins"}},
      Parameter<Parameters>{&Parameters::tau_rise, {"tau_rise", 360000.0, unit::ms, above(0), "time constant of protein synthesis"}},
      Parameter<Parameters>{&Parameters::tau_p, {"tau_p", 3600000.0, unit::ms, above(0), "time constant of protein decay"}},
      Parameter<Parameters>{&Parameters::synthesis,
                            {"synthesis", 1.0, unit::none, between(0, 1), "how much protein is made: 0 is a blocker such as anisomycin"}},
      Parameter<Parameters>{
          &Parameters::interval,
          {"interval", 1000.0, unit::ms, above(0), "time between updates of tags, late states and proteins; at most tau_z / 2, rounded to the grid"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<TaggingTriggerVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }
  static RuleNeeds needs(const Parameters& p) { return {.interval = p.interval}; }
  static std::string_view conflict(const Parameters& p) { return p.interval <= p.tau_z / 2 ? "" : "interval must be at most tau_z / 2"; }

  static void initial(const Parameters& p, double w, double* own) {
    own[0] = own[2] = 0;
    own[1] = (w / p.w_rest - 1) / p.w_late;
  }
  // The weight of a synapse was set: its tag stays, and its late state follows.
  static void adopt(const Parameters& p, double w, double* own) { own[1] = (w / p.w_rest - 1 - tagged(p, own[0])) / p.w_late; }
  static double express(const Parameters& p, double /*w*/, const double* own) {
    const double relative = 1 + tagged(p, own[0]) + p.w_late * own[1];
    return p.w_rest * (relative < 0 ? 0 : relative);
  }
  static double tagged(const Parameters& p, double tag) { return tag * (tag > 0 ? p.w_plus : p.w_minus); }

  template <class R>
  static TaggingTriggerConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {.up = static_cast<R>(p.P_plus / p.w_rest),
            .down = static_cast<R>(p.P_minus / p.w_rest),
            .forget_up = static_cast<R>(-math::expm1(-p.interval / p.tau_plus)),
            .forget_down = static_cast<R>(-math::expm1(-p.interval / p.tau_minus)),
            .step = static_cast<R>(p.interval / p.tau_z),
            .drive = static_cast<R>(p.gamma),
            .theta_pro = static_cast<R>(p.theta_pro),
            .made = static_cast<R>(p.synthesis * p.interval / p.tau_rise),
            .gone = static_cast<R>(p.interval / p.tau_p),
            .w_rest = static_cast<R>(p.w_rest),
            .add_up = static_cast<R>(p.w_plus),
            .add_down = static_cast<R>(p.w_minus),
            .add_late = static_cast<R>(p.w_late)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
