// What the files of drives share: values of parameters, as columns for the neurons that a drive reaches.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "engine/build/columns.hpp"
#include "engine/drives/drive.hpp"
#include "engine/network.hpp"
#include "engine/slow/adjust.hpp"
#include "engine/targets/owners.hpp"

namespace plastica {

// The first parameter, or a row of its schedule, with what acts on it.
template <class R>
std::vector<double> adjusted_first(const Network<R>& net, const Drive<R>& drive, std::span<const double> base) {
  return adjusted_values(net, owner_number<OfDrive>(), drive.id, std::string(drive.part->schema.parameters[0].name), base);
}

// Calls f(values, uniform) for the first parameter at first, and after each change of its schedule. Uniform: one value serves all neurons.
template <class R, class F>
void for_each_row(const Network<R>& net, const Drive<R>& drive, F&& f) {
  const bool everywhere = drive.member.empty();
  f(adjusted_first(net, drive, drive.parameters[0].values), everywhere && !any_per_neuron(drive.parameters));
  for (std::size_t passed = 1; passed <= drive.schedule.steps.size(); ++passed)
    f(adjusted_first(net, drive, drive.schedule.row(passed)), everywhere && drive.schedule.width == 1);
}

template <class R>
bool reaches(const Drive<R>& drive, std::size_t neuron) {
  return drive.member.empty() || drive.member[neuron] != 0;
}

// One value, or one per neuron that is 0 where the drive does not reach.
template <class R>
std::vector<double> spread_out(const Network<R>& net, const Drive<R>& drive, std::span<const double> values, bool uniform) {
  std::vector<double> out(uniform ? 1 : net.populations[drive.population].size);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = uniform || reaches(drive, i) ? values[values.size() == 1 ? 0 : i] : 0.0;
  return out;
}

// Such values in the precision of the network.
template <class R>
Column<R> column_of(const Network<R>& net, const Drive<R>& drive, const std::vector<double>& values, bool uniform) {
  Column<R> out(uniform ? 1 : net.populations[drive.population].padded_size(), R(0));
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = narrowed<R>(values[i], drive.part->schema.text.name);
  return out;
}

template <class R, class Part>
std::unique_ptr<Drive<R>> make_drive() {
  return std::make_unique<DriveOf<R, Part>>();
}

// The drives of a part, defined in this file.
#define PLASTICA_DRIVE(Part)                                        \
  template std::unique_ptr<Drive<float>> make_drive<float, Part>(); \
  template std::unique_ptr<Drive<double>> make_drive<double, Part>()

}  // namespace plastica
