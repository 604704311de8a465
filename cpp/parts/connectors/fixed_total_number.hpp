#pragma once
#include "base/sampling.hpp"
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

struct FixedTotalNumber {
  static constexpr Text text{"FixedTotalNumber", "A given number of synapses in all, between pairs drawn at random.", "", ""};
  struct Parameters {
    double number, allow_autapses, allow_multapses;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::number, {"number", 1, unit::none, count_bound, "synapses in all"}},
                                         Parameter<Parameters>{&Parameters::allow_autapses, autapses_field},
                                         Parameter<Parameters>{&Parameters::allow_multapses, multapses_field}};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& p, const ConnectorOptions& /*options*/, const Wiring& wiring) {
    const std::uint64_t number = whole(text, "number", p.number);
    const std::vector<Neuron>& sources = wiring.sources();
    const auto own_place = [&](Neuron target) { return p.allow_autapses != 0 ? std::nullopt : wiring.place_among_sources(target); };
    const std::vector<std::uint64_t> degrees = in_degrees(p, number, wiring, own_place);
    return target_by_target(wiring, [&] {
      return [&, sampler = PlaceSampler(sources.size())](Neuron target, std::size_t at, RowsBuilder& rows) mutable {
        Stream stream = wiring.stream(target);
        sampler.draw(stream, degrees[at], own_place(target), p.allow_multapses != 0, [&](Neuron place) { rows.add(sources[place]); });
      };
    });
  }

 private:
  // How many synapses each target gets: multinomial with multapses, multivariate hypergeometric without, one target after another.
  template <class OwnPlace>
  static std::vector<std::uint64_t> in_degrees(const Parameters& p, std::uint64_t number, const Wiring& wiring, const OwnPlace& own_place) {
    std::vector<std::int64_t> pool;  // pairs each target can be part of
    std::int64_t pairs = 0;
    for (const Neuron target : wiring.targets()) {
      pool.push_back(static_cast<std::int64_t>(wiring.sources().size()) - (own_place(target) ? 1 : 0));
      pairs += pool.back();
    }
    if (number > 0 && pairs == 0) throw too_many(text, "number", number, 0, "the number of pairs", "connect populations that are not empty");
    if (p.allow_multapses == 0 && number > static_cast<std::uint64_t>(pairs))
      throw too_many(text, "number", number, static_cast<std::uint64_t>(pairs), "the number of pairs", "lower it or set allow_multapses=True");
    check_synapses(text, "number = " + std::to_string(number), p.number);

    std::vector<std::uint64_t> degrees(pool.size());
    Stream stream = wiring.stream(shared_stream);
    auto left = static_cast<std::int64_t>(number);
    for (std::size_t i = 0; i < pool.size(); ++i) {
      const std::int64_t later = pairs - pool[i];
      const std::int64_t degree = p.allow_multapses != 0 ? binomial(stream, left, static_cast<double>(pool[i]) / static_cast<double>(pairs))
                                                         : hypergeometric(stream, pool[i], later, left);
      degrees[i] = static_cast<std::uint64_t>(degree);
      left -= degree;
      pairs = later;
      if (left == 0) break;
    }
    return degrees;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
