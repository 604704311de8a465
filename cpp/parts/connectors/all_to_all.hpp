#pragma once
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

struct AllToAll {
  static constexpr Text text{"AllToAll", "Every source connects to every target.", "", ""};
  struct Parameters {
    double allow_autapses;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::allow_autapses, autapses_field}};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& p, const ConnectorOptions& /*options*/, const Wiring& wiring) {
    check_synapses(text, "", static_cast<double>(wiring.sources().size()) * static_cast<double>(wiring.targets().size()));
    return wiring.for_each_share([&](std::size_t part) {
      const auto [first, last] = wiring.targets_of_part(part);
      Rows rows;
      rows.row.resize(std::size_t{wiring.pre().size} + 1);
      for (const Neuron source : wiring.sources()) rows.row[source + 1] = last - first - (own_target(p, wiring, source, first, last) ? 1 : 0);
      for (std::size_t s = 1; s < rows.row.size(); ++s) rows.row[s] += rows.row[s - 1];
      rows.target.resize(rows.row.back());
      for (const Neuron source : wiring.sources()) {
        auto out = rows.target.begin() + static_cast<std::ptrdiff_t>(rows.row[source]);
        const bool skip = own_target(p, wiring, source, first, last);
        for (std::size_t i = first; i < last; ++i)
          if (!skip || wiring.targets()[i] != source) *out++ = wiring.targets()[i];
      }
      return rows;
    });
  }

 private:
  // Whether the source stands among these targets and may not connect to itself.
  static bool own_target(const Parameters& p, const Wiring& wiring, Neuron source, std::size_t first, std::size_t last) {
    if (p.allow_autapses != 0) return false;
    const auto place = wiring.place_among_targets(source);
    return place && *place >= first && *place < last;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
