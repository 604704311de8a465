#pragma once
#include "parts/structure/law.hpp"

namespace plastica::inline PLASTICA_ISA {

// Of one kind, axonal or dendritic, of every neuron of a population.
struct SynapticElements {
  static constexpr Text text{
      "SynapticElements",
      "What a neuron offers to synapses, as boutons of its axon or spines of its dendrites: a number z that grows and shrinks with the neuron's calcium.",
      "dCa/dt = -Ca/tau_Ca, += beta_Ca per spike;  dz/dt = nu G(Ca) - (z - bound)/tau_vacant;  linear G = 1 - Ca/eps;  "
      "gaussian G = 2 exp(-((Ca - (eta + eps)/2)/zeta)^2) - 1, zeta = (eps - eta)/(2 sqrt(ln 2)): zero at eta and eps;  sigmoid G = 2/(1 + exp((Ca - "
      "eps)/psi)) - 1",
      "Butz and van Ooyen (2013), PLoS Comput Biol 9:e1003259, doi:10.1371/journal.pcbi.1003259"};

  struct Parameters {
    double growth, eta, eps, psi, nu, tau_Ca, beta_Ca, tau_vacant, initial;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::growth, choice("growth", "linear|gaussian|sigmoid", "how growth depends on calcium")},
      Parameter<Parameters>{&Parameters::eta, {"eta", 0.0, "calcium", any(), "lower zero of the gaussian curve"}},
      Parameter<Parameters>{&Parameters::eps, {"eps", 0.05, "calcium", any(), "set point: growth is zero here"}},
      Parameter<Parameters>{&Parameters::psi, {"psi", 0.1, "calcium", above(0), "width of the sigmoid curve"}},
      Parameter<Parameters>{&Parameters::nu, {"nu", 1e-4, unit::per_ms, any(), "greatest speed of growth, elements per ms"}},
      Parameter<Parameters>{&Parameters::tau_Ca, {"tau_Ca", 1e4, unit::ms, above(0), "time constant of calcium"}},
      Parameter<Parameters>{&Parameters::beta_Ca, {"beta_Ca", 1e-3, "calcium", at_least(0), "calcium of one spike"}},
      Parameter<Parameters>{&Parameters::tau_vacant, {"tau_vacant", infinity, unit::ms, above(0), "time constant with which vacant elements decay"}},
      Parameter<Parameters>{&Parameters::initial,
                            {"initial", 0.0, unit::none, at_least(0), "vacant elements of a neuron at the start, and of one that is born"}}};
  static constexpr auto fields = fields_of(parameters);
  static constexpr std::array states{stands_still({"Ca", 0, "calcium", at_least(0), "calcium, at the moment it is read"}),
                                     stands_still({"z", 0, unit::none, at_least(0), "elements, bound and vacant, as of the last update"})};

  static std::string_view conflict(const Parameters& p) {
    if (p.growth == 0 && p.eps <= 0) return "eps must be above 0 for linear growth";
    return p.growth == 1 && p.eta >= p.eps ? "eta must be below eps" : "";
  }

  // Relative to nu.
  static double growth(const Parameters& p, double calcium) {
    if (p.growth == 0) return 1 - calcium / p.eps;
    if (p.growth == 2) return 2 / (1 + math::exp((calcium - p.eps) / p.psi)) - 1;
    constexpr double two_root_ln2 = 1.6651092223153954;
    const double x = (calcium - (p.eta + p.eps) / 2) * two_root_ln2 / (p.eps - p.eta);
    return 2 * math::exp(-x * x) - 1;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
