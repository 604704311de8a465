// A target of control: a parameter on which controllers, modifiers and modulations act.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "base/column.hpp"
#include "engine/specs.hpp"
#include "schema/schema.hpp"

namespace plastica {

template <class R>
struct Network;
template <class R>
struct Adjusted;

template <class R>
struct Target {
  Owner owner{};          // the kind of thing whose parameter it is
  std::size_t index = 0;  // which of them
  std::string name;
  std::string_view part = {};
  const Field* field = nullptr;

  virtual ~Target() = default;
  virtual std::unique_ptr<Target> copy() const = 0;
  // What the user set it to.
  virtual std::span<const double> base(const Network<R>& net) const = 0;
  // What is felt of it at this step; what could not be put in force is not.
  virtual std::vector<double> in_force(const Network<R>& net) const = 0;
  // Puts in force what acts on it. Nothing has changed if it throws.
  virtual void apply(Network<R>& net, const Adjusted<R>& adjusted) const = 0;
  // Prepares it for what will act on it.
  virtual void prepare(Network<R>& /*net*/) const {}
  // Writes or reads what it keeps of the user's value, if its owner does not keep that.
  virtual void save(Archive& a) {
    std::vector<double> none;
    a.array("base", none, 0);
  }
};

}  // namespace plastica
