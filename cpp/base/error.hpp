// Errors that reach the user.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace plastica {

// Bad input, reported at the border: a ValueError in Python.
struct Error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// A name nobody knows: a KeyError or TypeError in Python, by the caller's choice.
struct UnknownName : Error {
  using Error::Error;
};

// The simulation blew up: carries where.
struct SimulationError : std::runtime_error {
  SimulationError(const std::string& what, double time_ms, std::size_t population_, std::uint32_t neuron_, std::string variable_)
      : std::runtime_error(what), time(time_ms), population(population_), neuron(neuron_), variable(std::move(variable_)) {}
  double time;
  std::size_t population;
  std::uint32_t neuron;
  std::string variable;
};

// A guard saw something out of its band and stopped the run; the network can go on.
struct GuardError : std::runtime_error {
  GuardError(double time_ms, std::size_t guard_, double value_) : std::runtime_error("a guard stopped the run"), time(time_ms), guard(guard_), value(value_) {}
  double time;
  std::size_t guard;
  double value;
};

}  // namespace plastica
