#pragma once
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

struct FixedOutDegree {
  static constexpr Text text{"FixedOutDegree", "Every source sends the same number of synapses, to targets drawn at random.", "", ""};
  struct Parameters {
    double degree, allow_autapses, allow_multapses;
  };
  static constexpr std::array parameters{Parameter<Parameters>{&Parameters::degree, {"degree", 1, unit::none, count_bound, "synapses from each source"}},
                                         Parameter<Parameters>{&Parameters::allow_autapses, autapses_field},
                                         Parameter<Parameters>{&Parameters::allow_multapses, multapses_field}};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& p, const ConnectorOptions& /*options*/, const Wiring& wiring) {
    const std::uint64_t degree = whole(text, "degree", p.degree);
    check(p, degree, wiring);
    std::vector<std::uint64_t> row(std::size_t{wiring.pre().size} + 1);
    for (const Neuron source : wiring.sources()) row[source + 1] = degree;
    for (std::size_t s = 1; s < row.size(); ++s) row[s] += row[s - 1];
    std::vector<Neuron> target(row.back());
    const auto threads = static_cast<std::size_t>(wiring.partition().shares());
    parallel(static_cast<int>(threads), [&](int thread) {
      const auto t = static_cast<std::size_t>(thread);
      RowDrawer draw(p, degree, wiring);
      for (std::size_t i = wiring.sources().size() * t / threads; i < wiring.sources().size() * (t + 1) / threads; ++i) {
        const Neuron source = wiring.sources()[i];
        draw(source, target.data() + row[source]);
      }
    });
    return deal_out(wiring, row, target.data());
  }

 private:
  // Draws the targets of one source, ascending.
  class RowDrawer {
   public:
    RowDrawer(const Parameters& p, std::uint64_t degree, const Wiring& wiring)
        : p_(p), degree_(degree), wiring_(wiring), sampler_(wiring.targets().size()), scratch_(degree) {}

    void operator()(Neuron source, Neuron* out) {
      Stream stream = wiring_.stream(source);
      const auto own = p_.allow_autapses != 0 ? std::nullopt : wiring_.place_among_targets(source);
      Neuron* next = out;
      sampler_.draw(stream, degree_, own, p_.allow_multapses != 0, [&](Neuron place) { *next++ = wiring_.targets()[place]; });
      sort(out);
    }

   private:
    // Counting sorts by the digits of the ids; short rows are quicker by comparison.
    void sort(Neuron* ids) {
      constexpr unsigned digit_bits = 8;
      if (degree_ < 200) {
        std::sort(ids, ids + degree_);
        return;
      }
      for (unsigned shift = 0; shift < 32 && ((wiring_.post().size - 1) >> shift) != 0; shift += digit_bits) {
        std::array<std::uint64_t, (1U << digit_bits) + 1> begin{};
        const auto digit = [&](Neuron id) { return (id >> shift) & ((1U << digit_bits) - 1); };
        for (std::uint64_t i = 0; i < degree_; ++i) ++begin[digit(ids[i]) + 1];
        for (std::size_t d = 1; d < begin.size(); ++d) begin[d] += begin[d - 1];
        for (std::uint64_t i = 0; i < degree_; ++i) scratch_[begin[digit(ids[i])]++] = ids[i];
        std::copy(scratch_.begin(), scratch_.end(), ids);
      }
    }

    const Parameters& p_;
    std::uint64_t degree_;
    const Wiring& wiring_;
    PlaceSampler sampler_;
    std::vector<Neuron> scratch_;
  };

  static void check(const Parameters& p, std::uint64_t degree, const Wiring& wiring) {
    std::uint64_t available = wiring.targets().size();
    const bool meets_itself = std::any_of(wiring.sources().begin(), wiring.sources().end(),
                                          [&](Neuron source) { return p.allow_autapses == 0 && wiring.place_among_targets(source).has_value(); });
    if (meets_itself) --available;
    if (degree == 0 || wiring.sources().empty()) return;
    if (available == 0) throw too_many(text, "degree", degree, 0, "the number of targets", "connect to a population that is not empty");
    if (p.allow_multapses == 0 && degree > available)
      throw too_many(text, "degree", degree, available, "the number of targets a source can have", "lower it or set allow_multapses=True");
    check_synapses(text, "degree = " + std::to_string(degree), p.degree * static_cast<double>(wiring.sources().size()));
  }
};

}  // namespace plastica::inline PLASTICA_ISA
