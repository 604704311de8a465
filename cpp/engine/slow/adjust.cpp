// Adjustments: what sources (controllers, modifiers, modulations) contribute to a parameter, beside what the user sets it to.
//
//   effective = base * factor * factor ... + addend + addend ...      in the order the sources were made
#include "engine/slow/adjust.hpp"

#include <algorithm>

#include "engine/checkpoint/fields.hpp"
#include "engine/core/modifiers.hpp"
#include "engine/network.hpp"
#include "engine/targets/owners.hpp"

namespace plastica {

template <class R>
const Adjusted<R>* adjusted_of(const Network<R>& net, Owner owner, std::size_t index, const std::string& name) {
  for (const auto& adjusted : net.adjusted) {
    const auto& target = *adjusted.target;
    if (target.owner == owner && target.index == index && target.name == name) return &adjusted;
  }
  return nullptr;
}

template <class R>
std::size_t adjusted_parameter(Network<R>& net, Owner owner, std::size_t index, const std::string& name) {
  if (const auto* const known = adjusted_of(net, owner, index, name)) return static_cast<std::size_t>(known - net.adjusted.data());
  net.adjusted.push_back({locate(net, owner, index, name)});
  return net.adjusted.size() - 1;
}

template <class R>
Owned<Target<R>> locate(const Network<R>& net, Owner owner, std::size_t index, const std::string& name) {
  Owned<Target<R>> target(kind_of<R>(owner).locate(net, index, name));
  target->owner = owner;
  target->index = index;
  target->name = name;
  return target;
}

template <class R>
std::size_t add_contribution(Network<R>& net, std::size_t a, const std::string& source, bool multiply, bool active, std::vector<double> values) {
  auto& adjusted = net.adjusted[a];
  adjusted.target->prepare(net);
  adjusted.contributions.push_back({net.contributions, source, multiply, active, std::move(values)});
  return net.contributions++;
}

template <class R>
Contribution& contribution_of(Network<R>& net, std::size_t a, std::size_t id) {
  auto& all = net.adjusted[a].contributions;
  return *std::find_if(all.begin(), all.end(), [id](const Contribution& each) { return each.id == id; });
}

std::string named_sources(const std::vector<Contribution>& contributions) {
  std::string names;
  for (const auto& contribution : contributions) names += (names.empty() ? "'" : ", '") + contribution.source + "'";
  return names;
}

static std::vector<double> effective_of(const std::vector<Contribution>& contributions, std::span<const double> base) {
  std::size_t size = base.size();
  if (contributions.size() == 1 && contributions[0].active && base.size() == 1) {
    // the same, without detours
    std::vector<double> values = contributions[0].values;
    for (double& value : values) value = contributions[0].multiply ? base[0] * value : base[0] + value;
    if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end()) values.resize(1);
    return values;
  }
  for (const auto& contribution : contributions) size = std::max(size, contribution.values.size());
  std::vector<double> factor(size, 1.0), addend(size, 0.0), values(size);
  for (const auto& contribution : contributions) {
    if (!contribution.active) continue;
    const auto& own = contribution.values;
    for (std::size_t i = 0; i < size; ++i) {
      const double value = own[own.size() == 1 ? 0 : i];
      if (contribution.multiply)
        factor[i] *= value;
      else
        addend[i] += value;
    }
  }
  for (std::size_t i = 0; i < size; ++i) values[i] = base[base.size() == 1 ? 0 : i] * factor[i] + addend[i];
  if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end()) values.resize(1);
  return values;
}

template <class R>
std::vector<double> checked_effect(const Adjusted<R>& adjusted, std::span<const double> base) {
  auto values = effective_of(adjusted.contributions, base);
  try {
    check_values(adjusted.target->part, *adjusted.target->field, values);
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + ", as adjusted by " + named_sources(adjusted.contributions));
  }
  return values;
}

template <class R>
std::vector<double> adjusted_values(const Network<R>& net, Owner owner, std::size_t index, const std::string& name, std::span<const double> base) {
  const auto* const adjusted = adjusted_of(net, owner, index, name);
  return adjusted != nullptr ? checked_effect(*adjusted, base) : std::vector<double>(base.begin(), base.end());
}

template <class R>
std::vector<double> acted_upon(const Network<R>& net, const Target<R>& target) {
  const auto base = target.base(net);
  const auto* const adjusted = adjusted_of(net, target.owner, target.index, target.name);
  return adjusted != nullptr ? effective_of(adjusted->contributions, base) : std::vector<double>(base.begin(), base.end());
}

template <class R>
Values effective(const Network<R>& net, Owner owner, std::size_t index, const std::string& name) {
  Values values = locate(net, owner, index, name)->in_force(net);
  const auto& kind = kind_of<R>(owner);
  if (kind.neurons() && values.size() == 1) values.resize(kind.size(net, index), values[0]);
  return values;
}

template <class R>
void put_in_force(Network<R>& net, std::size_t a) {
  net.adjusted[a].target->apply(net, net.adjusted[a]);
}

// What is written of it is enough to find it again.
template <class R>
static Target<R>& archive_target(Network<R>& net, Archive& a, std::size_t i) {
  Owner owner{};
  std::size_t index = 0;
  std::string name;
  if (!a.loading()) {
    const auto& target = *net.adjusted[i].target;
    owner = target.owner;
    index = target.index;
    name = target.name;
  }
  archive_owner(net, a, owner, index);
  a.text("name", name);
  if (a.loading()) {
    a.require(adjusted_of(net, owner, index, name) == nullptr, "name", "is there twice");
    net.adjusted.push_back({Owned<Target<R>>(kind_of<R>(owner).relocate(net, index, name))});
    auto& target = *net.adjusted[i].target;
    target.owner = owner;
    target.index = index;
    target.name = name;
  }
  return *net.adjusted[i].target;
}

template <class R>
void archive_adjusted(Network<R>& net, Archive& a, std::size_t i) {
  auto& target = archive_target(net, a, i);
  target.save(a);
  const std::size_t size = kind_of<R>(target.owner).size(net, target.index);
  auto& contributions = net.adjusted[i].contributions;
  const std::size_t count = a.count("contributions", contributions.size());
  if (a.loading()) contributions.resize(count);
  for (std::size_t k = 0; k < count; ++k) {
    const Archive::Inside inside(a, numbered("contribution", k));
    auto& each = contributions[k];
    a.number("id", each.id, 0, static_cast<std::int64_t>(net.contributions) - 1);
    a.text("source", each.source);
    a.number("multiply", each.multiply);
    a.number("active", each.active);
    a.array("values", each.values, Archive::Numbers::any);
    a.require(each.values.size() == 1 || each.values.size() == size, "values", "must be one, or one for each of " + std::to_string(size));
  }
}

template <class R>
void require_contribution(const Network<R>& net, const Archive& a, const std::string& name, std::size_t adjusted, std::size_t id) {
  a.require(adjusted < net.adjusted.size() && std::any_of(
                                                  net.adjusted[adjusted].contributions.begin(), net.adjusted[adjusted].contributions.end(),
                                                  [id](const Contribution& each) { return each.id == id; }),
            name, "contributes to nothing");
}

PLASTICA_INSTANTIATE(adjusted_of);
PLASTICA_INSTANTIATE(adjusted_parameter);
PLASTICA_INSTANTIATE(locate);
PLASTICA_INSTANTIATE(add_contribution);
PLASTICA_INSTANTIATE(contribution_of);
PLASTICA_INSTANTIATE(checked_effect);
PLASTICA_INSTANTIATE(adjusted_values);
PLASTICA_INSTANTIATE(acted_upon);
PLASTICA_INSTANTIATE(effective);
PLASTICA_INSTANTIATE(put_in_force);
PLASTICA_INSTANTIATE(archive_adjusted);
PLASTICA_INSTANTIATE(require_contribution);

}  // namespace plastica
