// NumPy in, NumPy out.
#pragma once
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/catalogue.hpp"
#include "engine/specs.hpp"
#include "schema/schema.hpp"

namespace plastica {

namespace py = pybind11;

template <class T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

template <class T>
py::array_t<T> to_numpy(std::vector<T> values) {
  auto* const held = new std::vector<T>(std::move(values));
  const py::capsule owner(held, [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(static_cast<py::ssize_t>(held->size()), held->data(), owner);
}

template <class T>
py::array_t<T> to_numpy(std::vector<T> values, std::size_t rows) {
  const auto columns = rows == 0 ? 0 : static_cast<py::ssize_t>(values.size() / rows);
  return to_numpy(std::move(values)).reshape({static_cast<py::ssize_t>(rows), columns});
}

template <class T>
std::vector<T> to_vector(const Array<T>& array) {
  return {array.data(), array.data() + array.size()};
}

inline bool is_number(const py::handle& value) { return py::isinstance<py::float_>(value) || py::isinstance<py::int_>(value); }

inline Values to_values(const py::handle& value) {
  if (is_number(value)) return {value.cast<double>()};
  return to_vector(py::cast<Array<double>>(value));
}

// A parameter by its field: a number, an array, or the name of a choice.
inline Values to_values(const Schema& schema, const Field& field, const py::handle& value) {
  const std::string name(field.name);
  if (py::isinstance<py::str>(value)) {
    if (field.choices.empty()) throw Error(std::string(schema.text.name) + "." + name + " must be a number");
    return {choice_value(schema.text.name, field, value.cast<std::string>())};
  }
  return to_values(value);
}

inline PartSpec to_part(const Catalogue& catalogue, const std::string& name, const py::dict& given) {
  const Schema& schema = catalogue.schema(name);
  PartSpec spec{name, {}};
  for (const auto& [key, value] : given) {
    const auto field = key.cast<std::string>();
    spec.parameters[field] = to_values(schema, find_field(schema, field), value);
  }
  return spec;
}

inline Ids to_ids(const py::object& ids) {
  if (ids.is_none()) return std::nullopt;
  return to_vector(ids.cast<Array<Neuron>>());
}

inline std::map<std::string, double> to_numbers(const py::dict& given) {
  std::map<std::string, double> numbers;
  for (const auto& [key, value] : given) numbers[key.cast<std::string>()] = value.cast<double>();
  return numbers;
}

inline SynapseValues to_synapse_values(const py::object& value) {
  if (is_number(value)) return value.cast<double>();
  if (py::isinstance<py::tuple>(value)) {
    const auto pair = value.cast<py::tuple>();
    return DistributionSpec{pair[0].cast<std::string>(), to_numbers(pair[1].cast<py::dict>())};
  }
  return to_values(value);
}

inline py::array_t<bool> to_mask(const std::vector<char>& flags) {
  py::array_t<bool> mask(static_cast<py::ssize_t>(flags.size()));
  std::transform(flags.begin(), flags.end(), mask.mutable_data(), [](char flag) { return flag != 0; });
  return mask;
}

}  // namespace plastica
