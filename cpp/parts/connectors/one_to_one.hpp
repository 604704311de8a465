#pragma once
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

struct OneToOne {
  static constexpr Text text{"OneToOne", "The first source connects to the first target, the second to the second, and so on.", "", ""};
  struct Parameters {
    double allow_autapses;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::allow_autapses, autapses_field}};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& p, const ConnectorOptions& /*options*/, const Wiring& wiring) {
    const std::size_t count = wiring.sources().size();
    if (count != wiring.targets().size())
      throw Error("OneToOne needs as many sources as targets, not " + std::to_string(count) + " and " + std::to_string(wiring.targets().size()) +
                  "; connect views of equal size");
    const std::vector<Neuron> partner = partners(wiring);
    return target_by_target(wiring, [&] {
      return [&](Neuron target, std::size_t place, RowsBuilder& rows) {
        if (p.allow_autapses != 0 || !wiring.is_autapse(partner[place], target)) rows.add(partner[place]);
      };
    });
  }

 private:
  // The source of each target, targets ascending; views pair in the order in which they list their neurons.
  static std::vector<Neuron> partners(const Wiring& wiring) {
    const auto id = [](const Endpoint& end, std::size_t i) { return end.ids != nullptr ? (*end.ids)[i] : static_cast<Neuron>(i); };
    std::vector<std::pair<Neuron, Neuron>> pairs(wiring.sources().size());
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {id(wiring.post(), i), id(wiring.pre(), i)};
    std::sort(pairs.begin(), pairs.end());
    std::vector<Neuron> sources(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) sources[i] = pairs[i].second;
    return sources;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
