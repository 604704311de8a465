// The recent postsynaptic events of one thread's neurons of a population, for the plastic synapses onto them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/column.hpp"
#include "base/math.hpp"
#include "base/types.hpp"

namespace plastica {

// Long ago, on the scale of 32-bit steps.
inline constexpr std::int32_t never = -(1 << 30);

// exp(-i dt/tau) for i steps, 0 after 40 tau.
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
  std::int32_t length() const { return static_cast<std::int32_t>(value.size()) - 1; }
  R operator()(std::int32_t steps) const { return value[static_cast<std::size_t>(std::min(steps, length()))]; }
};

// One trace of postsynaptic events, shared by all rules that were created at the same step with the same time constant.
template <class R>
struct PostTrace {
  double tau;
  bool nearest;
  Step created;
  std::shared_ptr<const Decay<R>> decay;
  Column<R> last;  // per neuron, just after its latest event
  Column<R> ring;  // [neuron][capacity], just after each event
};

// A ring of events per neuron. It may only forget what no row of synapses will ask for: `room` says whether the next event of a
// neuron fits; if not, the owner brings the rows up to date (`swept`) or lets the rings grow.
template <class R>
class History {
 public:
  void resize(std::size_t neurons) {
    last_.assign(neurons, never);
    count_.assign(neurons, 0);
    ring_.assign(neurons * capacity_, never);
  }
  bool active() const { return !last_.empty(); }

  // `newest` are the neurons whose latest event is of the step of creation: the trace has just seen it, and nothing before.
  std::size_t add_trace(double tau, bool nearest, Step created, const std::shared_ptr<const Decay<R>>& decay, const std::vector<Neuron>& newest) {
    for (std::size_t k = 0; k < traces_.size(); ++k)
      if (traces_[k].tau == tau && traces_[k].nearest == nearest && traces_[k].created == created) return k;
    traces_.push_back({tau, nearest, created, decay, Column<R>(last_.size(), R(0)), Column<R>(ring_.size(), R(0))});
    auto& trace = traces_.back();
    for (const Neuron i : newest) trace.last[i] = trace.ring[i * capacity_ + ((count_[i] - 1) & (capacity_ - 1))] = R(1);
    return traces_.size() - 1;
  }

  // True if neuron i's next event overwrites nothing that a visit could still ask for: the events after `needed`, and the one
  // before them.
  bool room(Neuron i, std::int32_t needed) const {
    const std::int32_t second_oldest = ring_[i * capacity_ + ((count_[i] + 1) & (capacity_ - 1))];
    return second_oldest <= needed;
  }

  void push(Neuron i, std::int32_t step) {
    const std::size_t slot = i * capacity_ + (count_[i]++ & (capacity_ - 1));
    for (auto& trace : traces_) {
      const R y = trace.nearest ? R(1) : trace.last[i] * (*trace.decay)(step - last_[i]) + R(1);
      trace.last[i] = trace.ring[slot] = y;
    }
    last_[i] = ring_[slot] = step;
  }

  void set_swept(std::int32_t step) { swept_ = step; }
  std::int32_t swept() const { return swept_; }
  std::uint32_t capacity() const { return capacity_; }

  void grow() {
    const std::uint32_t wide = 2 * capacity_;
    Column<std::int32_t> ring(last_.size() * wide, never);
    for_each_kept([&](std::size_t from, std::size_t i, std::uint32_t event) { ring[i * wide + (event & (wide - 1))] = ring_[from]; });
    for (auto& trace : traces_) {
      Column<R> values(ring.size(), R(0));
      for_each_kept([&](std::size_t from, std::size_t i, std::uint32_t event) { values[i * wide + (event & (wide - 1))] = trace.ring[from]; });
      trace.ring = std::move(values);
    }
    ring_ = std::move(ring);
    capacity_ = wide;
  }

  // Steps are relative to an origin; this moves the origin on.
  void rebase(std::int32_t by) {
    const auto moved = [by](std::int32_t step) { return step < never + by ? never : step - by; };
    std::transform(last_.begin(), last_.end(), last_.begin(), moved);
    std::transform(ring_.begin(), ring_.end(), ring_.begin(), moved);
    swept_ = moved(swept_);
  }

  const std::int32_t* last() const { return last_.data(); }
  const std::uint32_t* count() const { return count_.data(); }
  const std::int32_t* ring() const { return ring_.data(); }
  const PostTrace<R>& trace(std::size_t k) const { return traces_[k]; }

 private:
  template <class F>
  void for_each_kept(F&& f) const {
    for (std::size_t i = 0; i < last_.size(); ++i)
      for (std::uint32_t back = 1; back <= std::min(capacity_, count_[i]); ++back)
        f(i * capacity_ + ((count_[i] - back) & (capacity_ - 1)), i, count_[i] - back);
  }

  std::uint32_t capacity_ = 16;
  std::int32_t swept_ = never;
  Column<std::int32_t> last_, ring_;
  Column<std::uint32_t> count_;
  std::vector<PostTrace<R>> traces_;
};

}  // namespace plastica
