// How kinds of fields are written and read: one function does both, so that the two cannot differ.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/archive.hpp"
#include "engine/network.hpp"
#include "schema/schema.hpp"

namespace plastica {

constexpr std::int64_t longest_delay = (1 << 24) - 1;
inline std::string numbered(const std::string& what, std::size_t i) { return what + "/" + std::to_string(i); }

// Which declaration a part has that is not compiled in: another one of that name would go on differently.
inline void archive_declaration(Archive& a, const Schema& schema) {
  const std::uint64_t here = hash_of(schema);
  const auto& known = all_schemas();
  if (std::any_of(known.begin(), known.end(), [&](const Schema& other) { return other.text.name == schema.text.name && hash_of(other) == here; })) return;
  std::string declaration = std::to_string(here);
  a.text("declaration", declaration);
  a.require(declaration == std::to_string(here), "declaration", "is not that of the part '" + std::string(schema.text.name) + "' which is defined here");
}

// Parameters by their names: one value each, or one per neuron.
inline void archive_parameters(Archive& a, const std::string& name, const Schema& schema, std::vector<ParameterColumn>& columns, std::size_t size) {
  const Archive::Inside inside(a, name);
  if (a.loading()) columns.resize(schema.parameters.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Field& field = schema.parameters[i];
    const std::string of(field.name);
    a.array(of, columns[i].values, Archive::Numbers::any);
    if (!a.loading()) continue;
    const auto count = columns[i].values.size();
    a.require(count == 1 || count == size, of, "must have one value, or one for each of " + std::to_string(size));
    check_values(schema.text.name, field, columns[i].values);
  }
}

// Those as adjusted, where something acts on them.
inline void archive_effective(Archive& a, const Schema& schema, std::vector<ParameterColumn>& columns, std::size_t size) {
  bool adjusted = !columns.empty();
  a.number("is_adjusted", adjusted);
  if (adjusted) archive_parameters(a, "effective", schema, columns, size);
}
inline Parameters by_name(const Schema& schema, const std::vector<ParameterColumn>& columns) {
  Parameters parameters;
  for (std::size_t i = 0; i < columns.size(); ++i) parameters[std::string(schema.parameters[i].name)] = columns[i].values;
  return parameters;
}
inline void archive_schedule(Archive& a, Schedule& schedule, std::size_t size) {
  const Archive::Inside inside(a, "schedule");
  a.indices("steps", schedule.steps, -last_step, last_step);
  a.array("values", schedule.values);
  if (!a.loading()) return;
  const std::size_t times = schedule.steps.size(), values = schedule.values.size();
  a.require(values == times || values == times * size, "values", "must be one per time, or one per time and neuron");
  a.require(std::adjacent_find(schedule.steps.begin(), schedule.steps.end(), std::greater_equal<>()) == schedule.steps.end(), "steps", "must increase");
  schedule.width = times == 0 ? 1 : values / times;
}

// The first `size` values of a column; behind them it is padded.
template <class T>
void archive_column(Archive& a, const std::string& name, Column<T>& column, std::size_t size) {
  if (a.loading()) {
    const auto values = a.held<T>(name, size);
    std::copy(values.begin(), values.end(), column.begin());
    return;
  }
  a.give(name, std::vector<T>(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(size)));
}

template <class Key, class Value>
void archive_map(Archive& a, const std::string& keys, const std::string& values, std::map<Key, Value>& map, std::int64_t least, std::int64_t most) {
  std::vector<Key> first;
  std::vector<Value> second;
  for (const auto& [key, value] : map) {
    first.push_back(key);
    second.push_back(value);
  }
  a.indices(keys, first, least, most);
  a.array(values, second, first.size());
  map.clear();
  for (std::size_t i = 0; i < first.size(); ++i) map[first[i]] = second[i];
}

template <class E>
void archive_enum(Archive& a, const std::string& name, E& value, E last) {
  auto number = static_cast<int>(value);
  a.number(name, number, 0, static_cast<int>(last));
  value = static_cast<E>(number);
}
inline void check_flags(const Archive& a, const std::string& name, const std::vector<char>& flags) {
  a.require(std::all_of(flags.begin(), flags.end(), [](char flag) { return flag == 0 || flag == 1; }), name, "must hold zeros and ones");
}
inline void archive_flags(Archive& a, const std::string& name, std::vector<char>& flags, std::size_t size) {
  a.optional(name, flags, size);
  check_flags(a, name, flags);
}
inline Ids ids_of(const std::vector<char>& member) {
  if (member.empty()) return std::nullopt;
  std::vector<Neuron> ids;
  for (std::size_t i = 0; i < member.size(); ++i)
    if (member[i] != 0) ids.push_back(static_cast<Neuron>(i));
  return ids;
}

// Columns of the threads' neurons, as one: [row][neuron]. `column(share)` is where the thread's first value is, and how many lie from row to row.
template <class T, class R, class F>
void archive_shares(Network<R>& net, Archive& a, const std::string& name, const Population<R>& population, std::size_t rows, F&& column) {
  const auto each = [&](auto* all, auto&& f) {
    for (std::size_t share = 0; share < static_cast<std::size_t>(net.share_count); ++share) {
      if (population.owned(share) == 0) continue;
      const auto [values, stride] = column(share);
      for (std::size_t row = 0; row < rows; ++row) f(all + row * population.size + population.first(share), values + row * stride, population.owned(share));
    }
  };
  if (a.loading()) {
    const auto all = a.template held<T>(name, rows * population.size);
    return each(all.begin(), [](const T* from, T* to, Neuron count) { std::copy_n(from, count, to); });
  }
  std::vector<T> all(rows * population.size);
  each(all.data(), [](T* to, const T* from, Neuron count) { std::copy_n(from, count, to); });
  a.give(name, std::move(all));
}

// Likewise columns of what spikes of a population leave for the synapses onto it; `column` takes that of one share.
template <class R, class F>
void archive_of_targets(Network<R>& net, Archive& a, const std::string& name, Population<R>& population, std::size_t rows, F&& column) {
  using T = std::remove_cvref_t<decltype(column(population.learning[0])[0])>;
  archive_shares<T>(net, a, name, population, rows, [&](std::size_t share) {
    auto& values = column(population.learning[share]);
    return std::pair(values.data(), values.size() / rows);
  });
}

// How many there are follows from the rules.
inline void archive_number_of(Archive& a, const std::string& name, std::size_t number) {
  a.require(a.count(name, number) == number, name, "are not those of the rules");
}

// The threads' own lists of neurons, as one, ascending.
template <class R, class F>
void archive_neurons(Network<R>& net, Archive& a, const std::string& name, const Population<R>& population, F&& list) {
  std::vector<Neuron> all;
  for (std::size_t share = 0; share < static_cast<std::size_t>(net.share_count) && !a.loading(); ++share)
    for (const Neuron i : list(share)) all.push_back(population.first(share) + i);
  a.indices(name, all, 0, std::int64_t{population.size} - 1);
  if (!a.loading()) return;
  a.require(std::adjacent_find(all.begin(), all.end(), std::greater_equal<>()) == all.end(), name, "must ascend");
  for (std::size_t share = 0; share < static_cast<std::size_t>(net.share_count); ++share) list(share).clear();
  for (const Neuron i : all) {
    const auto share = static_cast<std::size_t>(population.partition.owner(i));
    list(share).push_back(i - population.first(share));
  }
}

// Calls f(i, count) for each thing of a list, under its name.
template <class F>
void for_each_named(Archive& a, const std::string& singular, const std::string& plural, std::size_t there, F&& f) {
  const std::size_t count = a.count(plural, there);
  for (std::size_t i = 0; i < count; ++i) {
    const Archive::Inside inside(a, numbered(singular, i));
    f(i, count);
  }
}

}  // namespace plastica
