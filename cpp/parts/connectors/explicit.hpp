#pragma once
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

struct Explicit {
  static constexpr Text text{"Explicit", "The synapses that two arrays of neuron ids list.", "", ""};
  struct Parameters {};
  static constexpr std::array<Parameter<Parameters>, 0> parameters{};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& /*p*/, const ConnectorOptions& options, const Wiring& wiring) {
    const std::vector<Neuron>& sources = ids(options, "sources");
    const std::vector<Neuron>& targets = ids(options, "targets");
    if (sources.size() != targets.size())
      throw Error("Explicit.sources and Explicit.targets have " + std::to_string(sources.size()) + " and " + std::to_string(targets.size()) +
                  " entries; they must have equally many");
    check(sources, targets, wiring);
    std::vector<std::uint64_t> row(std::size_t{wiring.pre().size} + 1);
    for (const Neuron source : sources) ++row[source + 1];
    for (std::size_t s = 1; s < row.size(); ++s) row[s] += row[s - 1];
    return deal_out(wiring, row, targets.data());
  }

 private:
  static const std::vector<Neuron>& ids(const ConnectorOptions& options, const char* name) {
    const auto found = options.indices.find(name);
    if (found == options.indices.end()) throw Error(std::string("Explicit needs ") + name);
    return found->second;
  }

  static void check(const std::vector<Neuron>& sources, const std::vector<Neuron>& targets, const Wiring& wiring) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      check_id("sources", sources[i], wiring.pre().size, i);
      check_id("targets", targets[i], wiring.post().size, i);
      if (i > 0 && (sources[i] < sources[i - 1] || (sources[i] == sources[i - 1] && targets[i] < targets[i - 1])))
        throw Error("Explicit.sources and Explicit.targets must be ordered by source, then target; element " + std::to_string(i) + " is not");
    }
  }

  static void check_id(const char* field, Neuron id, Neuron size, std::size_t element) {
    if (id < size) return;
    throw Error(std::string("Explicit.") + field + " = " + std::to_string(id) + " must be below " + std::to_string(size) +
                ", the size of the population (element " + std::to_string(element) + ")");
  }
};

}  // namespace plastica::inline PLASTICA_ISA
