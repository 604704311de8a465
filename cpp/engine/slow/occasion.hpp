// Something on the agenda.
#pragma once
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

#include "base/archive.hpp"
#include "base/column.hpp"
#include "base/error.hpp"
#include "base/types.hpp"
#include "engine/kind.hpp"

namespace plastica {

template <class R>
struct Network;
template <class R>
struct Occasion;
using OccasionKind = KindOf<Occasion>;

inline constexpr Step not_due = std::numeric_limits<Step>::max();

// Something that happens in the caller's thread, before anything else of its step: at steps that the model determines, so that neither chunks
// nor threads matter. What only looks comes first; the rest in the order it was made.
template <class R>
struct Occasion {
  std::size_t index = 0;  // of the recorder, the controller, ...
  Step done = -1;         // the step at which it last happened

  virtual ~Occasion() = default;
  virtual const OccasionKind& kind() const = 0;
  virtual std::unique_ptr<Occasion> copy() const = 0;
  virtual bool looks() const { return false; }
  // Whether weights or states depend on it.
  virtual bool acts() const { return false; }
  // The first step, not before `from`, at which it happens.
  virtual Step next(const Network<R>& net, Step from) const = 0;
  // Returns why the run stops, if it does.
  virtual std::optional<GuardError> perform(Network<R>& net) = 0;
  // In a rest that ends at `end`: at once to its last step before, if that makes no difference.
  virtual void skip(Network<R>& /*net*/, Step /*end*/) {}
  // How many there are of what it is an occasion of.
  virtual std::size_t count(const Network<R>& net) const = 0;
  // One that has been read from a file is one that there can be.
  virtual void check(const Network<R>& /*net*/, const Archive& /*a*/) const {}

 protected:
  // The next multiple of an interval, later than `made`.
  Step next_multiple(Step interval, Step made, Step from) const {
    const Step earliest = std::max({from, done + 1, made + 1});
    return (earliest + interval - 1) / interval * interval;
  }
};

}  // namespace plastica
