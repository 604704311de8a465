#pragma once
#include "parts/structure/law.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Creation {
  static constexpr Text text{
      "Creation", "New synapses form at a given rate onto every neuron, from random sources; a rate that follows a Schedule overshoots as in development.",
      "attempts in T per target: floor(rate T + u), u uniform;  one that is not allowed is not made up for: without multapses growth is in "
      "proportion to the pairs that are free",
      "Chechik, Meilijson and Ruppin (1998), Neural Comput 10:1759, doi:10.1162/089976698300017124"};

  struct Parameters {
    double rate, weight, delay, pairing, width, speed, autapses, multapses, max_in_degree, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::rate, scheduled({"rate", 1.0, "1/s", at_least(0), "attempts of each target to get another synapse"})},
      new_weight_of<Parameters>(),
      new_delay_of<Parameters>(),
      Parameter<Parameters>{&Parameters::pairing,
                            choice("pairing", "uniform|distance", "how a target finds a source: any; by a gaussian kernel of their distance")},
      kernel_width_of<Parameters>(),
      speed_of<Parameters>(),
      autapses_of<Parameters>(),
      multapses_of<Parameters>(),
      Parameter<Parameters>{&Parameters::max_in_degree, {"max_in_degree", infinity, unit::none, at_least(0), "no more synapses onto one target"}},
      structural_interval_of<Parameters>(1000.0)};
  static constexpr auto fields = fields_of(parameters);

  static double attempts(const Parameters& p, double seconds) { return p.rate * seconds; }
};

}  // namespace plastica::inline PLASTICA_ISA
