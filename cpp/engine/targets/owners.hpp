// Whose parameters can be acted on. Each kind of owner is a file of this folder, and an entry in the list.
#pragma once
#include <array>
#include <tuple>

#include "engine/network.hpp"
#include "engine/targets/target.hpp"

namespace plastica {

template <class R>
struct OwnerKind {
  virtual ~OwnerKind() = default;
  virtual std::string_view name() const = 0;
  // So many there are.
  virtual std::size_t count(const Network<R>& net) const = 0;
  // So many values a parameter has at most.
  virtual std::size_t size(const Network<R>& net, std::size_t index) const = 0;
  // Whose neurons a controller goes by.
  virtual std::size_t population(const Network<R>& /*net*/, std::size_t /*index*/) const { return no_population; }
  // Whether they are neurons, or synapses.
  virtual bool neurons() const { return false; }
  virtual bool synapses() const { return false; }
  // The target of a name. Throws if there is none, or if it cannot be adjusted.
  virtual std::unique_ptr<Target<R>> locate(const Network<R>& net, std::size_t index, const std::string& name) const = 0;
  // The same while a network is loaded, which has been adjusted already.
  virtual std::unique_ptr<Target<R>> relocate(const Network<R>& net, std::size_t index, const std::string& name) const { return locate(net, index, name); }
};

struct OfPopulation;
struct OfProjection;
struct OfDrive;
struct OfController;

// A kind's number in files is its place: new ones come last.
using Owners = std::tuple<OfPopulation, OfProjection, OfDrive, OfController>;

template <class Kind>
consteval Owner owner_number() {
  return []<std::size_t... I>(std::index_sequence<I...> /*i*/) {
    return static_cast<Owner>(((std::is_same_v<Kind, std::tuple_element_t<I, Owners>> ? I : 0) + ...));
  }(std::make_index_sequence<std::tuple_size_v<Owners>>{});
}

// What a file of this folder defines for its kind; it says PLASTICA_OWNER(Kind).
template <class R, class Kind>
struct OwnerOf;

template <class R, class Kind>
const OwnerKind<R>& owner_kind();

template <class R>
const OwnerKind<R>& kind_of(Owner owner);

// Of something in a file: what it acts on or watches.
template <class R>
void archive_owner(Network<R>& net, Archive& a, Owner& owner, std::size_t& target);

}  // namespace plastica
