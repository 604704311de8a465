#pragma once
#include "parts/structure/law.hpp"

namespace plastica::inline PLASTICA_ISA {

struct KestenTurnover {
  static constexpr Text text{
      "KestenTurnover", "Weights fluctuate by a random factor and a random amount; a synapse that has become too small goes, and its target gets a new one.",
      "at each update: w <- eps w + eta, eps ~ N(mean_eps, sd_eps), eta ~ N(mean_eta, sd_eta) for each synapse;  w < w_c: goes;  its target gets a synapse of "
      "weight w_new from a random source",
      "Kesten (1973), Acta Math 131:207, doi:10.1007/BF02392040; Statman, Kaufman, Minerbi, Ziv and Brenner (2014), PLoS Comput Biol 10:e1003846, "
      "doi:10.1371/journal.pcbi.1003846"};

  struct Parameters {
    double mean_eps, sd_eps, mean_eta, sd_eta, w_c, w_new, renew, delay, pairing, width, speed, autapses, multapses, interval;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::mean_eps, {"mean_eps", 0.98, unit::none, at_least(0), "mean factor of one update"}},
      Parameter<Parameters>{&Parameters::sd_eps, {"sd_eps", 0.1, unit::none, at_least(0), "its standard deviation"}},
      Parameter<Parameters>{&Parameters::mean_eta, {"mean_eta", 0.02, "weight", any(), "mean amount of one update"}},
      Parameter<Parameters>{&Parameters::sd_eta, {"sd_eta", 0.01, "weight", at_least(0), "its standard deviation"}},
      Parameter<Parameters>{&Parameters::w_c, {"w_c", 0.05, "weight", at_least(0), "a synapse whose weight's magnitude falls below this goes"}},
      Parameter<Parameters>{&Parameters::w_new, {"w_new", required, "weight", any(), "weight of a new synapse"}},
      Parameter<Parameters>{&Parameters::renew, flag("renew", true, "whether a synapse that goes is replaced")},
      new_delay_of<Parameters>(),
      Parameter<Parameters>{&Parameters::pairing,
                            choice("pairing", "uniform|distance", "how a target finds a source: any; by a gaussian kernel of their distance")},
      kernel_width_of<Parameters>(),
      speed_of<Parameters>(),
      autapses_of<Parameters>(),
      multapses_of<Parameters>(),
      structural_interval_of<Parameters>(1000.0)};
  static constexpr auto fields = fields_of(parameters);

  static bool reads_weight(const Parameters& /*p*/) { return true; }
  static bool writes_weight(const Parameters& /*p*/) { return true; }
  static bool draws(const Parameters& /*p*/) { return true; }
  static bool replaces(const Parameters& p) { return p.renew != 0; }

  static double revise(const Parameters& p, const SynapseView& s) {
    const double factor = p.mean_eps + p.sd_eps * normal_double(s.random[0], s.random[1]);
    const double amount = p.mean_eta + p.sd_eta * normal_double(s.random[2], s.random[3]);
    const double w = factor * s.weight + amount;
    return w < p.w_c || w < 0 ? goes_away : w;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
