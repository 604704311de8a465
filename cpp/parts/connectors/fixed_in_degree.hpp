#pragma once
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

struct FixedInDegree {
  static constexpr Text text{"FixedInDegree", "Every target receives the same number of synapses, from sources drawn at random.", "", ""};
  struct Parameters {
    double degree, allow_autapses, allow_multapses;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::degree, {"degree", 1, unit::none, count_bound, "synapses onto each target"}},
                                         Parameter<Parameters>{&Parameters::allow_autapses, autapses_field},
                                         Parameter<Parameters>{&Parameters::allow_multapses, multapses_field}};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& p, const ConnectorOptions& /*options*/, const Wiring& wiring) {
    const std::uint64_t degree = whole(text, "degree", p.degree);
    const std::vector<Neuron>& sources = wiring.sources();
    const auto own_place = [&](Neuron target) { return p.allow_autapses != 0 ? std::nullopt : wiring.place_among_sources(target); };
    check(p, degree, wiring, own_place);
    return target_by_target(wiring, [&] {
      return [&, sampler = PlaceSampler(sources.size())](Neuron target, std::size_t /*place*/, RowsBuilder& rows) mutable {
        Stream stream = wiring.stream(target);
        sampler.draw(stream, degree, own_place(target), p.allow_multapses != 0, [&](Neuron place) { rows.add(sources[place]); });
      };
    });
  }

 private:
  template <class OwnPlace>
  static void check(const Parameters& p, std::uint64_t degree, const Wiring& wiring, const OwnPlace& own_place) {
    std::uint64_t available = wiring.sources().size();
    if (std::any_of(wiring.targets().begin(), wiring.targets().end(), [&](Neuron target) { return own_place(target).has_value(); })) --available;
    if (degree == 0 || wiring.targets().empty()) return;
    if (available == 0) throw too_many(text, "degree", degree, 0, "the number of sources", "connect a population that is not empty");
    if (p.allow_multapses == 0 && degree > available)
      throw too_many(text, "degree", degree, available, "the number of sources a target can have", "lower it or set allow_multapses=True");
    check_synapses(text, "degree = " + std::to_string(degree), p.degree * static_cast<double>(wiring.targets().size()));
  }
};

}  // namespace plastica::inline PLASTICA_ISA
