#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R>
struct WindowStdpConstants {
  R gain, w_max;
};

// The traces are the two sides of the window.
struct WindowStdpVariant : RuleDefaults {
  static constexpr bool reads_y_at_post = false;
  template <class R>
  using Constants = WindowStdpConstants<R>;

  template <class R>
  PLASTICA_FN static void at_post(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, WindowStdpVariant>& m) {
    w = clipped(w + c.gain * m.x[0], R(0), c.w_max);
  }
  template <class R>
  PLASTICA_FN static void at_pre(R& w, R* /*own*/, const Constants<R>& c, const Moment<R, WindowStdpVariant>& m) {
    w = clipped(w + c.gain * m.y[0], R(0), c.w_max);
  }
};

struct WindowSTDP {
  static constexpr Text text{
      "WindowSTDP", "Spike-timing-dependent plasticity of pairs with any window, given as a table; nearest spikes pair.",
      "post: w += learning_rate w_max A(t_post - t_pre), t_pre the last arrival;  pre: w += learning_rate w_max A(t_post - t_pre), t_post "
      "the last postsynaptic spike;  A between the points of the table is linear, outside of it 0",
      "Morrison, Diesmann and Gerstner (2008), Biol Cybern 98:459, doi:10.1007/s00422-008-0233-1, for windows of other shapes"};

  struct Parameters {
    double learning_rate, w_max;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::learning_rate, {"learning_rate", 0.01, unit::none, at_least(0), "step size, as a fraction of w_max"}},
      Parameter<Parameters>{&Parameters::w_max, {"w_max", 1.0, "weight", above(0), "upper bound of the weight's magnitude"}}};
  static constexpr auto fields = fields_of(parameters);

  using Variants = std::tuple<WindowStdpVariant>;
  static std::size_t variant(const Parameters& /*p*/) { return 0; }

  // The table's value at an interval; `samples` are all its intervals, rising, then all its changes. A step of the grid that meets a point of the
  // table up to rounding is that point.
  static double change_at(std::span<const double> samples, double interval) {
    constexpr double rounding = 1e-9;
    const std::span<const double> intervals = samples.first(samples.size() / 2), changes = samples.last(samples.size() / 2);
    const auto right = std::ranges::lower_bound(intervals, interval - rounding);
    if (right == intervals.end()) return 0;
    const std::size_t i = static_cast<std::size_t>(right - intervals.begin());
    if (*right <= interval + rounding) return changes[i];
    if (i == 0) return 0;
    const double part = (interval - intervals[i - 1]) / (intervals[i] - intervals[i - 1]);
    return changes[i - 1] + part * (changes[i] - changes[i - 1]);
  }

  // One side of the window, from an interval of 0 on, in steps of dt.
  static TraceSpec side(std::span<const double> samples, double direction, double reach, double dt) {
    TraceSpec trace{.tau = reach > dt ? reach : dt, .pairing = Pairing::nearest};
    const std::size_t steps = reach > 0 ? static_cast<std::size_t>(reach / dt + 1e-6) : 0;
    for (std::size_t k = 0; k <= steps; ++k) trace.window.push_back(change_at(samples, direction * (static_cast<double>(k) * dt)));
    return trace;
  }

  static RuleNeeds needs(const Parameters& p, std::span<const double> samples, double dt) {
    const double first = samples.empty() ? 0 : samples[0], last = samples.empty() ? 0 : samples[samples.size() / 2 - 1];
    return {.pre = {side(samples, 1, last, dt)}, .post = {side(samples, -1, -first, dt)}, .w_max = p.w_max};
  }

  template <class R>
  static WindowStdpConstants<R> derive(const Parameters& p, double /*dt*/) {
    return {static_cast<R>(p.learning_rate * p.w_max), static_cast<R>(p.w_max)};
  }
};

}  // namespace plastica::inline PLASTICA_ISA
