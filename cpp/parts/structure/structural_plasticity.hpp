#pragma once
#include "parts/structure/law.hpp"

namespace plastica::inline PLASTICA_ISA {

struct StructuralPlasticity {
  static constexpr Text text{
      "StructuralPlasticity", "Neurons grow and lose synaptic elements; a synapse binds an axonal and a dendritic one.",
      "at each update: calcium and elements advance;  of each neuron and kind, bound - floor(z) random synapses break, if z has fallen below what is bound, "
      "the axonal elements' first;  elements that are vacant, floor(z) - bound, find partners",
      "Butz and van Ooyen (2013), PLoS Comput Biol 9:e1003259, doi:10.1371/journal.pcbi.1003259; Diaz-Pier, Naveau, Butz-Ostendorf and Morrison (2016), Front "
      "Neuroanat 10:57, doi:10.3389/fnana.2016.00057"};

  struct Parameters {
    double weight, delay, pairing, width, speed, autapses, multapses, max_rate, interval;
  };
  static constexpr std::array parameters{
      new_weight_of<Parameters>(),
      new_delay_of<Parameters>(),
      Parameter<Parameters>{&Parameters::pairing,
                            choice("pairing", "uniform|distance|activity",
                                   "how an axonal element finds a dendritic one: any; by a gaussian kernel of their distance; in proportion to the "
                                   "calcium of the dendritic one's neuron")},
      kernel_width_of<Parameters>(),
      speed_of<Parameters>(),
      autapses_of<Parameters>(),
      multapses_of<Parameters>(),
      Parameter<Parameters>{&Parameters::max_rate, {"max_rate", infinity, unit::none, at_least(0), "the most new synapses of one update"}},
      structural_interval_of<Parameters>(100.0)};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::string_view elements = "SynapticElements";
};

}  // namespace plastica::inline PLASTICA_ISA
