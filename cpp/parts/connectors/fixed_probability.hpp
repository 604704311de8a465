#pragma once
#include "base/math.hpp"
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

// The places of successes among trials of equal probability, found by drawing the gaps between them.
class GeometricSkips {
 public:
  GeometricSkips(double probability, std::size_t trials)
      : probability_(probability), trials_(static_cast<double>(trials)), per_log_(-1 / math::log1p(-probability)), gaps_(block_for(probability, trials)) {}

  template <class Take>
  void run(RandomKey key, std::uint64_t index, const Take& take) {
    if (probability_ <= 0) return;
    if (probability_ >= 1) {
      for (std::size_t place = 0; place < static_cast<std::size_t>(trials_); ++place) take(place);
      return;
    }
    double place = -1;
    for (std::uint64_t drawn = 0;; drawn += gaps_.size()) {
      fill(key, index, drawn);
      for (const double gap : gaps_) {
        place += gap;
        if (place >= trials_) return;
        take(static_cast<std::size_t>(place));
      }
    }
  }

 private:
  // Enough for nearly every target at once, an even number.
  static std::size_t block_for(double probability, std::size_t trials) {
    const double mean = probability * static_cast<double>(trials);
    const double wanted = std::min(1024.0, mean + 3 * std::sqrt(mean) + 6);
    return static_cast<std::size_t>(wanted) / 2 * 2;
  }

  void fill(RandomKey key, std::uint64_t index, std::uint64_t drawn) {
    const auto size = static_cast<std::uint32_t>(gaps_.size());
    double* gaps = gaps_.data();
    fill_uniform(key, index, drawn, gaps, size);
    for (std::uint32_t i = 0; i < size; ++i) {
      // 1 + the failures before the next success; beyond all trials it need not be whole.
      const double failures = std::min(-math::log(gaps[i]) * per_log_, 0x1p50);
      const double rounded = math::nearest(failures);
      gaps[i] = (rounded > failures ? rounded - 1 : rounded) + 1;
    }
  }

  double probability_, trials_, per_log_;
  std::vector<double> gaps_;
};

struct FixedProbability {
  static constexpr Text text{"FixedProbability", "Every pair connects with the same probability, independently.", "P(i -> j) = probability",
                             "Batagelj and Brandes (2005), Phys Rev E 71:036113 (geometric skipping)"};
  struct Parameters {
    double probability, allow_autapses;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::probability, {"probability", 0.1, unit::none, between(0, 1), "probability of each pair"}},
      Parameter<Parameters>{&Parameters::allow_autapses, autapses_field}};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& p, const ConnectorOptions& /*options*/, const Wiring& wiring) {
    const bool autapses = p.allow_autapses != 0;
    const std::vector<Neuron>& sources = wiring.sources();
    check_synapses(text, "probability = " + to_text(p.probability),
                   p.probability * static_cast<double>(sources.size()) * static_cast<double>(wiring.targets().size()));
    return target_by_target(wiring, [&] {
      return [&, skips = GeometricSkips(p.probability, sources.size())](Neuron target, std::size_t /*place*/, RowsBuilder& rows) mutable {
        skips.run(wiring.key(), target, [&](std::size_t place) {
          if (autapses || !wiring.is_autapse(sources[place], target)) rows.add(sources[place]);
        });
      };
    });
  }
};

}  // namespace plastica::inline PLASTICA_ISA
