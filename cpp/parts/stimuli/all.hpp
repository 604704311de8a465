// Stimuli: what drives neurons without being a neuron (drives), and neurons that only emit (sources).
#pragma once
#include <array>
#include <tuple>

#include "schema/field.hpp"

namespace plastica {

struct PoissonInput {
  static constexpr Text text{"PoissonInput", "Independent Poisson spikes into a receptor of every neuron, without source neurons.",
                             "arrivals(k) = weight * Poisson(rate dt)", ""};
  static constexpr std::array fields{scheduled({"rate", 100.0, unit::Hz, at_least(0), "total rate of the spikes that each neuron receives"})};
};

struct ConstantCurrent {
  static constexpr Text text{"ConstantCurrent", "A current that is constant, or with a Schedule piecewise constant.", "I = amplitude", ""};
  static constexpr std::array fields{scheduled({"amplitude", 0.0, unit::pA, any(), "current"})};
};

struct SineCurrent {
  static constexpr Text text{"SineCurrent", "A sinusoidal current.", "I(t) = offset + amplitude sin(2 pi frequency t + phase)", ""};
  static constexpr std::array fields{Field{"amplitude", 0.0, unit::pA, any(), "amplitude"}, Field{"frequency", 10.0, unit::Hz, at_least(0), "frequency"},
                                     Field{"phase", 0.0, "rad", any(), "phase at time 0"}, Field{"offset", 0.0, unit::pA, any(), "mean current"}};
};

struct OUCurrent {
  static constexpr Text text{"OUCurrent", "Ornstein-Uhlenbeck noise current, independent for every neuron; exact on the grid.",
                             "tau dI/dt = mean - I + sigma sqrt(2 tau) xi(t);  starts at mean",
                             "Uhlenbeck and Ornstein (1930), Phys Rev 36:823; Gillespie (1996), Phys Rev E 54:2084"};
  static constexpr std::array fields{Field{"mean", 0.0, unit::pA, any(), "mean"}, Field{"sigma", 0.0, unit::pA, at_least(0), "stationary standard deviation"},
                                     Field{"tau", 5.0, unit::ms, above(0), "correlation time"}};
};

struct PoissonSource {
  static constexpr Text text{"PoissonSource", "Neurons that emit independent Poisson spike trains, at most one spike per step.",
                             "P(spike at k + 1) = 1 - exp(-rate dt)", ""};
  static constexpr std::array fields{
      scheduled({"rate", 10.0, unit::Hz, at_least(0), "rate of each neuron; of a rate r (1 - exp(-r dt))/dt comes out, as a step holds one spike at most"})};
};

struct SpikeSource {
  static constexpr Text text{"SpikeSource", "Neurons that emit the spikes of a list.", "", ""};
  static constexpr std::array<Field, 0> fields{};
};

using Stimuli = std::tuple<PoissonInput, ConstantCurrent, SineCurrent, OUCurrent>;
using Sources = std::tuple<PoissonSource, SpikeSource>;

}  // namespace plastica
