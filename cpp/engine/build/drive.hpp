// What drives a population: a stimulus onto all its neurons or some.
#pragma once
#include <vector>

#include "base/poisson.hpp"
#include "base/random.hpp"
#include "network/population.hpp"

namespace plastica {

enum class DriveKind { poisson, constant, sine, noise };
template <class R>
struct Drive {
  DriveKind kind;
  std::size_t population;
  int receptor = -1;
  bool active = true;
  std::vector<ParameterColumn> parameters;  // per neuron of the population where an array or a subset is given
  std::vector<char> member;                 // empty: all neurons
  Schedule schedule;                        // of the first parameter
  RandomKey key;
  std::size_t id = 0;
  ParameterColumn first;  // the first parameter as adjusted
  Column<R> weight, keep, spread, state;
  // What follows from the parameters: at first, and after each change of the schedule.
  struct Derived {
    bool uniform = true;
    Column<R> mean_current;
    std::vector<double> mean_number, none;  // of means of their own, with the probability of 0
    PoissonTable table;                     // of a uniform mean
    std::uint32_t rounds = 1, terms = 0;
  };
  std::vector<Derived> derived;
  const Derived& at(Step k) const { return derived[schedule.at(k)]; }
};

}  // namespace plastica
