// The recent postsynaptic events of one thread's neurons of a population, for the plastic synapses onto them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/column.hpp"
#include "base/math.hpp"
#include "base/types.hpp"
#include "schema/terms.hpp"

namespace plastica {

// exp(-i dt/tau) for i steps, 0 after 40 tau; or a window that was given step by step.
template <class R>
struct Decay {
  Column<R> value;

  Decay() = default;
  Decay(double tau, double dt) {
    const auto length = static_cast<std::size_t>(40 * tau / dt) + 1;
    value.resize(length + 1);
    for (std::size_t i = 0; i < length; ++i) value[i] = static_cast<R>(math::exp(-static_cast<double>(i) * dt / tau));
    value[length] = 0;
  }
  explicit Decay(const std::vector<double>& window) {
    for (const double w : window) value.push_back(static_cast<R>(w));
    value.push_back(R(0));
  }
  std::int32_t length() const { return static_cast<std::int32_t>(value.size()) - 1; }
  R operator()(std::int32_t steps) const { return value[static_cast<std::size_t>(std::min(steps, length()))]; }
};

// One trace of postsynaptic events, shared by all rules that were created at the same step with the same trace.
template <class R>
struct PostTrace {
  TraceSpec spec;
  Step created;
  std::shared_ptr<const Decay<R>> decay, suppression;  // the second: null unless suppressed
  Column<R> value, before;                             // just after each event, and without it: [how far back][neuron]

  bool nearest() const { return spec.pairing == Pairing::nearest; }
  // What an event adds, so many steps after the last one.
  R increment(std::int32_t gap) const { return suppression ? R(1) - (*suppression)(gap) : R(1); }
};

// The last events of each neuron, newest first: the events that rows ask for lie in few columns, and neighbours side by side. What is kept
// may only be forgotten when no row of synapses will ask for it: `room` says whether the next event of a neuron fits; if not, the owner
// brings the rows up to date (`swept`) or lets the history grow.
template <class R>
class History {
 public:
  void resize(std::size_t neurons) {
    neurons_ = neurons;
    step_.assign(neurons * capacity_, never);
  }
  bool active() const { return !step_.empty(); }

  // `newest` are the neurons whose latest event is of the step of creation: the trace has just seen it, and nothing before.
  std::size_t add_trace(const TraceSpec& spec, Step created, const std::shared_ptr<const Decay<R>>& decay, const std::shared_ptr<const Decay<R>>& suppression,
                        const std::vector<Neuron>& newest) {
    for (std::size_t k = 0; k < traces_.size(); ++k)
      if (traces_[k].spec == spec && traces_[k].created == created) return k;
    traces_.push_back({spec, created, decay, suppression, Column<R>(step_.size(), R(0)), Column<R>(step_.size(), R(0))});
    for (const Neuron i : newest) traces_.back().value[i] = R(1);
    return traces_.size() - 1;
  }

  // True if neuron i's next event overwrites nothing that a visit could still ask for: the events after `needed`, and the one
  // before them.
  bool room(Neuron i, std::int32_t needed) const { return step_[(capacity_ - 2) * neurons_ + i] <= needed; }

  void push(Neuron i, std::int32_t step) {
    const std::int32_t gap = step - step_[i];
    for (auto& trace : traces_) {
      const R before = trace.value[i] * (*trace.decay)(gap);
      insert(trace.before, i, before);
      // a trace that is 0 at the last event is younger than that
      const R increment = trace.value[i] == 0 ? R(1) : trace.increment(gap);
      insert(trace.value, i, trace.nearest() ? R(1) : before + increment);
    }
    insert(step_, i, step);
  }

  // A neuron without a past.
  void forget(Neuron i) {
    const auto clear = [&](auto& column, auto value) {
      for (std::size_t at = i; at < column.size(); at += neurons_) column[at] = value;
    };
    clear(step_, never);
    for (auto& trace : traces_) {
      clear(trace.value, R(0));
      clear(trace.before, R(0));
    }
  }

  // Only the events after `needed` are kept, and the one before them.
  void forget_before(std::int32_t needed) {
    for (std::size_t at = step_.size() - neurons_; at-- > 0;)
      if (step_[at] <= needed) step_[at + neurons_] = never;
  }

  void set_swept(std::int32_t step) { swept_ = step; }
  std::int32_t swept() const { return swept_; }
  std::size_t neurons() const { return neurons_; }
  std::uint32_t capacity() const { return capacity_; }

  void grow_to(std::uint32_t capacity) {
    while (capacity_ < capacity) grow();
  }

  void grow() {
    capacity_ *= 2;
    step_.resize(neurons_ * capacity_, never);
    for (auto& trace : traces_) {
      trace.value.resize(step_.size(), R(0));
      trace.before.resize(step_.size(), R(0));
    }
  }

  // Steps are relative to an origin; this moves the origin on.
  void rebase(std::int32_t by) {
    const auto moved = [by](std::int32_t step) { return step < never + by ? never : step - by; };
    std::transform(step_.begin(), step_.end(), step_.begin(), moved);
    swept_ = moved(swept_);
  }

  const std::int32_t* steps() const { return step_.data(); }
  const PostTrace<R>& trace(std::size_t k) const { return traces_[k]; }
  PostTrace<R>& trace(std::size_t k) { return traces_[k]; }
  std::size_t traces() const { return traces_.size(); }
  // Those that were added after so many.
  void forget_traces(std::size_t kept) { traces_.erase(traces_.begin() + static_cast<std::ptrdiff_t>(kept), traces_.end()); }
  Column<std::int32_t>& all_steps() { return step_; }

 private:
  template <class T>
  void insert(Column<T>& column, Neuron i, T newest) {
    for (std::size_t at = i; at < column.size(); at += neurons_) std::swap(column[at], newest);
  }

  std::uint32_t capacity_ = 16;
  std::int32_t swept_ = never;
  std::size_t neurons_ = 0;
  Column<std::int32_t> step_;  // [how far back][neuron]
  std::vector<PostTrace<R>> traces_;
};

}  // namespace plastica
