#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

// Amplitudes times learning_rate.
template <class R>
struct TripletStdpConstants {
  R pair_plus, triplet_plus, pair_minus, triplet_minus, w_max;
};

// x[0], y[0] decay with tau_plus and tau_minus, x[1] and y[1] with tau_x and tau_y. Without triplets of two presynaptic spikes there is no x[1].
template <bool minus_triplets, bool per_neuron>
struct TripletStdpVariant : RuleDefaults {
  static constexpr int pre = minus_triplets ? 2 : 1, post = 2, neurons = per_neuron ? 1 : 0;
  static constexpr bool separable = true, weighted = true;
  static constexpr std::array<Field, neurons> states = [] {
    std::array<Field, neurons> fields{};
    if constexpr (per_neuron)
      fields[0] = stands_still({"ltd_factor", 1.0, unit::none, at_least(0), "what multiplies the depression of all synapses of the rule onto a neuron"});
    return fields;
  }();
  template <class R>
  using Constants = TripletStdpConstants<R>;

  template <class R>
  PLASTICA_FN static R factor(const Constants<R>& c, const R* y) {
    return c.pair_plus + c.triplet_plus * y[1];
  }
  template <class R>
  PLASTICA_FN static void potentiate(R& w, const Constants<R>& c, R sum) {
    w = clipped(w + sum, R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, TripletStdpVariant>& m) {
    R amplitude = c.pair_minus;
    if constexpr (minus_triplets) amplitude += c.triplet_minus * m.x[1];
    if constexpr (per_neuron) amplitude *= m.neuron[0];
    w = clipped(w - amplitude * m.y[0], R(0), c.w_max);
  }
};

struct TripletSTDP {
  static constexpr Text text{"TripletSTDP",
                             "Spike-timing-dependent plasticity of pairs and triplets of spikes: what a pair does depends on the rate at which pairs come.",
                             "post: w += learning_rate x_1 (A2_plus + A3_plus y_2);  pre: w -= learning_rate y_1 (A2_minus + A3_minus x_2) ltd_factor;  "
                             "traces x_1 (tau_plus), x_2 (tau_x) of arrivals and y_1 (tau_minus), y_2 (tau_y) of postsynaptic spikes, without the spike itself",
                             "Pfister and Gerstner (2006), J Neurosci 26:9673, doi:10.1523/JNEUROSCI.1425-06.2006"};

  struct Parameters {
    double learning_rate, A2_plus, A3_plus, A2_minus, A3_minus, tau_plus, tau_minus, tau_x, tau_y, w_max, pairing, threshold;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 1.0, "weight", at_least(0), "what the four amplitudes are multiplied by"}},
      Parameter<Parameters>{&Parameters::A2_plus, {"A2_plus", 5e-10, unit::none, at_least(0), "potentiation by pairs (post after pre)"}},
      Parameter<Parameters>{&Parameters::A3_plus, {"A3_plus", 6.2e-3, unit::none, at_least(0), "potentiation by triplets (post, pre, post)"}},
      Parameter<Parameters>{&Parameters::A2_minus, {"A2_minus", 7e-3, unit::none, at_least(0), "depression by pairs (pre after post)"}},
      Parameter<Parameters>{&Parameters::A3_minus, {"A3_minus", 2.3e-4, unit::none, at_least(0), "depression by triplets (pre, post, pre)"}},
      Parameter<Parameters>{&Parameters::tau_plus, {"tau_plus", 16.8, unit::ms, above_up_to(0, longest_trace), "time constant of the fast presynaptic trace"}},
      Parameter<Parameters>{&Parameters::tau_minus,
                            {"tau_minus", 33.7, unit::ms, above_up_to(0, longest_trace), "time constant of the fast postsynaptic trace"}},
      Parameter<Parameters>{
          &Parameters::tau_x,
          {"tau_x", 101.0, unit::ms, above_up_to(0, longest_trace), "time constant of the slow presynaptic trace, of no effect if A3_minus is 0"}},
      Parameter<Parameters>{&Parameters::tau_y, {"tau_y", 125.0, unit::ms, above_up_to(0, longest_trace), "time constant of the slow postsynaptic trace"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 2.0, "weight", above(0), "upper bound of the weight's magnitude"}},
      Parameter<Parameters>{&Parameters::pairing, choice("pairing", "all|nearest", "which spikes interact: all, or nearest neighbours")},
      Parameter<Parameters>{&Parameters::threshold,
                            choice("threshold", "fixed|per neuron", "whether each target neuron has a factor of depression, ltd_factor, that can be set")}};
  static constexpr auto fields = fields_of(parameters);

  using Variants =
      std::tuple<TripletStdpVariant<false, false>, TripletStdpVariant<true, false>, TripletStdpVariant<false, true>, TripletStdpVariant<true, true>>;
  static std::size_t variant(const Parameters& p) { return (p.A3_minus > 0 ? 1u : 0u) + (p.threshold == 1 ? 2u : 0u); }
  static RuleNeeds needs(const Parameters& p) {
    const Pairing pairing = p.pairing == 1 ? Pairing::nearest : Pairing::all;
    RuleNeeds needs{.pre = {{p.tau_plus, pairing}}, .post = {{p.tau_minus, pairing}, {p.tau_y, pairing}}, .w_max = p.w_max};
    if (p.A3_minus > 0) needs.pre.push_back({p.tau_x, pairing});
    return needs;
  }
  static void initial(const Parameters& p, double /*w*/, double* own) {
    if (p.threshold == 1) own[0] = 1;
  }

  template <class R>
  static TripletStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    const double rate = p.learning_rate;
    return {static_cast<R>(rate * p.A2_plus), static_cast<R>(rate * p.A3_plus), static_cast<R>(rate * p.A2_minus), static_cast<R>(rate * p.A3_minus),
            static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
