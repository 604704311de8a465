// One thread's share of a network: its spikes, its calendar, its scratch.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "base/column.hpp"
#include "base/error.hpp"
#include "engine/kernels/kernels.hpp"
#include "engine/plastic/modulator.hpp"
#include "engine/plastic/plastic_set.hpp"
#include "engine/specs.hpp"

namespace plastica {

// A population that neither learns nor takes currents is advanced by so many steps at a time.
inline constexpr std::size_t stretch_steps = 16;

inline constexpr Step longest_interval = 1000;

using Emitted = std::vector<std::vector<Neuron>>;  // by one population, in each step of one interval
template <class R>
struct alignas(apart) Share {
  std::array<std::vector<Emitted>, 2> emitted;  // [parity of the interval][population]
  Column<R> current, conductance, reversal;
  std::vector<BundleMember<R>> members;    // scratch
  std::vector<TableRow<R>> table_rows;     // likewise
  std::vector<R> scales;                   // likewise
  std::vector<ModulatorState> modulators;
  std::vector<Neuron> fired;               // [step of a stretch][neuron]
  std::array<std::size_t, stretch_steps> fired_count{};
  std::vector<std::uint64_t> spike_count;  // by population
  std::vector<R> row_weight, row_variables, row_traces, nowhere;  // scratch for reading a row
  Step origin = 0;                         // of the 32-bit steps of histories and rows
  std::array<double, phase_names.size()> timings{};
  std::array<std::optional<SimulationError>, 2> failure;
};

}  // namespace plastica
