// The kinds of owners, by number and by name.
#include "engine/targets/owners.hpp"
#include "engine/checkpoint/fields.hpp"

#include <array>
#include <utility>

namespace plastica {

template <class R, std::size_t... I>
static std::array<const OwnerKind<R>*, sizeof...(I)> all_kinds(std::index_sequence<I...> /*i*/) {
  return {&owner_kind<R, std::tuple_element_t<I, Owners>>()...};
}

template <class R>
const OwnerKind<R>& kind_of(Owner owner) {
  static const auto kinds = all_kinds<R>(std::make_index_sequence<std::tuple_size_v<Owners>>{});
  return *kinds[static_cast<std::size_t>(owner)];
}

Owner owner_named(std::string_view name) {
  for (std::size_t i = 0; i < std::tuple_size_v<Owners>; ++i)
    if (kind_of<double>(static_cast<Owner>(i)).name() == name) return static_cast<Owner>(i);
  throw Error("a parameter cannot belong to a " + std::string(name));
}

template <class R>
void archive_owner(Network<R>& net, Archive& a, Owner& owner, std::size_t& target) {
  auto number = static_cast<std::size_t>(owner);
  a.number("owner", number, 0, static_cast<std::int64_t>(std::tuple_size_v<Owners>) - 1);
  owner = static_cast<Owner>(number);
  a.index("target", target, kind_of<R>(owner).count(net));
}

PLASTICA_INSTANTIATE(kind_of);
PLASTICA_INSTANTIATE(archive_owner);

}  // namespace plastica
