// Columns of constants, derived from parameters.
#pragma once
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/math.hpp"
#include "network/population.hpp"
#include "schema/operations.hpp"
#include "schema/schema.hpp"

namespace plastica {

// The parameters of one neuron after another.
class NeuronParameters {
 public:
  explicit NeuronParameters(const std::vector<ParameterColumn>& columns) : columns_(columns), row_(columns.size() + 1) {}
  const double* operator()(std::size_t neuron) {
    for (std::size_t c = 0; c < columns_.size(); ++c) row_[c] = columns_[c][neuron];
    return row_.data();
  }

 private:
  const std::vector<ParameterColumn>& columns_;
  std::vector<double> row_;
};

// Those of the first neuron, for all.
inline std::vector<ParameterColumn> first_of(const std::vector<ParameterColumn>& parameters) {
  std::vector<ParameterColumn> first;
  for (const auto& column : parameters) first.push_back({{column[0]}});
  return first;
}
inline bool any_per_neuron(const std::vector<ParameterColumn>& parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [](const ParameterColumn& c) { return !c.uniform(); });
}

// A constant as the kernels hold it; what does not fit is an error, never an infinity.
template <class R>
R narrowed(double value, std::string_view part) {
  const R result = static_cast<R>(value);
  if (!std::isfinite(result))
    throw Error("the parameters of " + std::string(part) + " lead to a constant of " + to_text(value) + ", beyond the precision of this network");
  return result;
}

// Columns of what `derive(neuron, out)` gives: one value each, or one per neuron (the last fills the padding).
template <class R, class F>
std::vector<Column<R>> columns_of(std::size_t width, bool per_neuron, std::size_t size, std::string_view part, F&& derive) {
  std::vector<Column<R>> columns(width, Column<R>(per_neuron ? padded(size) : 1));
  std::vector<double> row(width + 1);
  for (std::size_t i = 0; i < (per_neuron ? size : 1); ++i) {
    derive(i, row.data());
    for (std::size_t c = 0; c < width; ++c) columns[c][i] = narrowed<R>(row[c], part);
  }
  if (per_neuron)
    for (auto& column : columns) std::fill(column.begin() + static_cast<std::ptrdiff_t>(size), column.end(), column[size - 1]);
  return columns;
}

}  // namespace plastica
