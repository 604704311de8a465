#pragma once
#include <cmath>

#include "base/math.hpp"
#include "parts/connectors/connector.hpp"

namespace plastica::inline PLASTICA_ISA {

// Sources sorted into boxes at least as wide as the reach of the kernel, so that a target looks at its own box and the neighbours only.
class Boxes {
 public:
  // `positions` [size, dimensions]; `reach` in the same unit, may be infinite; `extent`: periodic lengths or null.
  Boxes(const std::vector<Neuron>& ids, const double* positions, std::size_t dimensions, double reach, const std::vector<double>* extent)
      : dimensions_(dimensions), extent_(extent), grid_(std::min<std::size_t>(dimensions, 3)) {
    for (std::size_t d = 0; d < grid_.size(); ++d) grid_[d] = make_axis(ids, positions, d, reach);
    sort_into_boxes(ids, positions);
  }

  const std::vector<Neuron>& ids() const { return ids_; }
  const double* coordinate(std::size_t d) const { return coordinates_[d].data(); }

  // Calls visit(first, last) for the places of the sources in every box near x.
  template <class Visit>
  void near(const double* x, const Visit& visit) const {
    visit_axis(0, x, 0, visit);
  }

 private:
  struct Axis {
    double low = 0, per_width = 0;
    std::int64_t count = 1;
    bool periodic = false;

    std::int64_t box(double x) const {
      const double at = (x - low) * per_width;
      return static_cast<std::int64_t>(std::floor(std::clamp(at, -2.0, static_cast<double>(count) + 1)));
    }
  };

  static double power(double base, std::size_t exponent) {
    double product = 1;
    for (std::size_t i = 0; i < exponent; ++i) product *= base;
    return product;
  }

  Axis make_axis(const std::vector<Neuron>& ids, const double* positions, std::size_t d, double reach) const {
    Axis axis;
    double high = 0;
    if (extent_ != nullptr) {
      axis.periodic = true;
      high = (*extent_)[d];
    } else if (!ids.empty()) {
      axis.low = high = positions[ids[0] * dimensions_ + d];
      for (const Neuron id : ids) {
        axis.low = std::min(axis.low, positions[id * dimensions_ + d]);
        high = std::max(high, positions[id * dimensions_ + d]);
      }
    }
    // About 32 sources in a box, and a margin for rounding in its width.
    const double per_box = static_cast<double>(ids.size()) / 32;
    double most = 1;
    while (power(most + 1, grid_.size()) <= per_box) ++most;
    const double fitting = std::floor((high - axis.low) / (reach * (1 + 1e-9)));
    const double count = std::min(most, fitting);
    // Around the torus a box and its two neighbours must be three.
    axis.count = count >= (axis.periodic ? 3 : 2) ? static_cast<std::int64_t>(count) : 1;
    axis.per_width = axis.count > 1 ? static_cast<double>(axis.count) / (high - axis.low) : 0;
    return axis;
  }

  double wrapped(double x, std::size_t d) const {
    if (extent_ == nullptr) return x;
    const double length = (*extent_)[d];
    return x - length * std::floor(x / length);
  }

  // The box of a source; the upper end belongs to the last box.
  std::size_t box_of(const double* x) const {
    std::int64_t box = 0;
    for (std::size_t d = 0; d < grid_.size(); ++d) box = box * grid_[d].count + std::clamp<std::int64_t>(grid_[d].box(wrapped(x[d], d)), 0, grid_[d].count - 1);
    return static_cast<std::size_t>(box);
  }

  void sort_into_boxes(const std::vector<Neuron>& ids, const double* positions) {
    std::size_t boxes = 1;
    for (const Axis& axis : grid_) boxes *= static_cast<std::size_t>(axis.count);
    begin_.assign(boxes + 1, 0);
    for (const Neuron id : ids) ++begin_[box_of(positions + id * dimensions_) + 1];
    for (std::size_t b = 1; b <= boxes; ++b) begin_[b] += begin_[b - 1];
    std::vector<std::size_t> cursor(begin_.begin(), begin_.end() - 1);
    ids_.resize(ids.size());
    for (const Neuron id : ids) ids_[cursor[box_of(positions + id * dimensions_)]++] = id;
    coordinates_.assign(dimensions_, std::vector<double>(ids.size()));
    for (std::size_t d = 0; d < dimensions_; ++d)
      for (std::size_t i = 0; i < ids_.size(); ++i) coordinates_[d][i] = positions[ids_[i] * dimensions_ + d];
  }

  template <class Visit>
  void visit_axis(std::size_t d, const double* x, std::int64_t prefix, const Visit& visit) const {
    if (d == grid_.size()) {
      visit(begin_[static_cast<std::size_t>(prefix)], begin_[static_cast<std::size_t>(prefix) + 1]);
      return;
    }
    const Axis& axis = grid_[d];
    if (axis.count == 1) return visit_axis(d + 1, x, prefix, visit);
    const std::int64_t centre = axis.box(wrapped(x[d], d));
    for (std::int64_t box = centre - 1; box <= centre + 1; ++box) {
      const std::int64_t inside = axis.periodic ? (box + axis.count) % axis.count : box;
      if (inside >= 0 && inside < axis.count) visit_axis(d + 1, x, prefix * axis.count + inside, visit);
    }
  }

  std::size_t dimensions_;
  const std::vector<double>* extent_;
  std::vector<Axis> grid_;
  std::vector<std::size_t> begin_;
  std::vector<Neuron> ids_;
  std::vector<std::vector<double>> coordinates_;
};

struct DistanceDependent {
  static constexpr Text text{"DistanceDependent", "Pairs connect with a probability that falls with their distance d.",
                             "P(d) = probability K(d); gaussian K = exp(-d^2 / (2 scale^2)), exponential K = exp(-d / scale), "
                             "box K = 1 up to scale; none beyond max_distance",
                             ""};
  struct Parameters {
    double kernel, probability, scale, max_distance, allow_autapses;
  };
  static constexpr std::array parameters{
      Parameter<Parameters>{&Parameters::kernel, choice("kernel", "gaussian|exponential|box", "how the probability falls with distance")},
      Parameter<Parameters>{&Parameters::probability, {"probability", 1.0, unit::none, between(0, 1), "probability at distance zero"}},
      Parameter<Parameters>{&Parameters::scale, {"scale", 1.0, "length", above(0), "width of the kernel, in the unit of the positions"}},
      Parameter<Parameters>{&Parameters::max_distance, {"max_distance", infinity, "length", above(0), "pairs farther apart do not connect"}},
      Parameter<Parameters>{&Parameters::allow_autapses, autapses_field}};
  static constexpr auto fields = fields_of(parameters);

  static Connectivity generate(const Parameters& p, const ConnectorOptions& options, const Wiring& wiring) {
    const std::vector<double>* extent = periodic_extent(options, wiring);
    const auto dimensions = static_cast<std::size_t>(wiring.pre().dimensions);
    const Boxes boxes(wiring.sources(), wiring.pre().positions, dimensions, reach(p), extent);
    const double* positions = wiring.post().positions;
    return target_by_target(wiring, [&] {
      return [&, scratch = Scratch()](Neuron target, std::size_t /*place*/, RowsBuilder& rows) mutable {
        const double* x = positions + target * dimensions;
        boxes.near(x, [&](std::size_t first, std::size_t last) {
          scratch.resize(first, last);
          measure(boxes, x, dimensions, extent, first, last, scratch);
          weigh(p, scratch);
          scratch.draw(wiring.key(), target, first, last);
          for (std::size_t i = first; i < last; ++i) {
            const Neuron source = boxes.ids()[i];
            if (scratch.connects(first, i) && (p.allow_autapses != 0 || !wiring.is_autapse(source, target))) rows.add(source);
          }
        });
      };
    });
  }

 private:
  enum class Kernel { gaussian, exponential, box };
  static Kernel kernel(const Parameters& p) { return static_cast<Kernel>(p.kernel); }

  // What is known of the pairs of one target and one box.
  struct Scratch {
    std::vector<double> value;         // squared distance, then probability
    std::vector<std::uint32_t> words;  // random, one per place, from the multiple of four at or before the first

    void resize(std::size_t first, std::size_t last) {
      value.resize(last - first);
      words.resize((last + 3) / 4 * 4 - first / 4 * 4);
    }

    // Word i of the target's stream belongs to the source at place i.
    void draw(RandomKey key, Neuron target, std::size_t first, std::size_t last) {
      const auto start = static_cast<std::uint32_t>(first / 4);
      const auto blocks = static_cast<std::uint32_t>((last + 3) / 4) - start;
      std::uint32_t* out = words.data();
      for (std::uint32_t i = 0; i < blocks; ++i) {
        const auto four = threefry(key, target, 0, start + i, 0);
        out[4 * i] = four[0];
        out[4 * i + 1] = four[1];
        out[4 * i + 2] = four[2];
        out[4 * i + 3] = four[3];
      }
    }

    bool connects(std::size_t first, std::size_t place) const {
      return (static_cast<double>(words[place - first / 4 * 4]) + 0.5) * 0x1p-32 < value[place - first];
    }
  };

  static const std::vector<double>* periodic_extent(const ConnectorOptions& options, const Wiring& wiring) {
    const Endpoint& pre = wiring.pre();
    const Endpoint& post = wiring.post();
    if (pre.positions == nullptr || post.positions == nullptr)
      throw Error("DistanceDependent needs positions in both populations; give positions= to population()");
    if (pre.dimensions != post.dimensions)
      throw Error("DistanceDependent needs positions of equal dimensions, not " + std::to_string(pre.dimensions) + " and " + std::to_string(post.dimensions));
    check_finite(pre, wiring.sources());
    check_finite(post, wiring.targets());
    const auto found = options.arrays.find("extent");
    if (found == options.arrays.end()) return nullptr;
    const std::vector<double>& extent = found->second;
    if (extent.size() != static_cast<std::size_t>(pre.dimensions))
      throw Error("DistanceDependent.extent has " + std::to_string(extent.size()) + " lengths, the positions have " + std::to_string(pre.dimensions) +
                  " dimensions; they must agree");
    for (const double length : extent)
      if (!(length > 0 && math::is_finite(length))) throw Error("DistanceDependent.extent = " + to_text(length) + " must be above 0");
    return &extent;
  }

  static void check_finite(const Endpoint& end, const std::vector<Neuron>& ids) {
    const auto dimensions = static_cast<std::size_t>(end.dimensions);
    for (const Neuron id : ids)
      for (std::size_t d = 0; d < dimensions; ++d)
        if (!math::is_finite(end.positions[id * dimensions + d]))
          throw Error("DistanceDependent needs finite positions; that of neuron " + std::to_string(id) + " is not");
  }

  // Beyond this distance no pair connects: the smallest random number is 2^-33.
  static double reach(const Parameters& p) {
    constexpr double log_smallest = 33 * 0.6931471805599453;
    switch (kernel(p)) {
      case Kernel::gaussian:
        return std::min(p.max_distance, p.scale * std::sqrt(2 * log_smallest));
      case Kernel::exponential:
        return std::min(p.max_distance, p.scale * log_smallest);
      case Kernel::box:
        break;
    }
    return std::min(p.max_distance, p.scale);
  }

  static void measure(const Boxes& boxes, const double* x, std::size_t dimensions, const std::vector<double>* extent, std::size_t first, std::size_t last,
                      Scratch& scratch) {
    const std::size_t count = last - first;
    double* square = scratch.value.data();
    std::fill_n(square, count, 0.0);
    for (std::size_t d = 0; d < dimensions; ++d) {
      const double* from = boxes.coordinate(d) + first;
      const double at = x[d];
      const double length = extent != nullptr ? (*extent)[d] : 0;
      const double per_length = extent != nullptr ? 1 / length : 0;
      for (std::size_t i = 0; i < count; ++i) {
        double difference = at - from[i];
        difference -= length * math::nearest(difference * per_length);
        square[i] += difference * difference;
      }
    }
  }

  // Turns squared distances into probabilities.
  static void weigh(const Parameters& p, Scratch& scratch) {
    double* value = scratch.value.data();
    const std::size_t count = scratch.value.size();
    const double probability = p.probability;
    const double limit = p.max_distance * p.max_distance;
    const double per_variance = -0.5 / (p.scale * p.scale);
    const double per_scale = -1 / p.scale;
    const double width = std::min(limit, p.scale * p.scale);
    switch (kernel(p)) {
      case Kernel::gaussian:
        for (std::size_t i = 0; i < count; ++i) value[i] = value[i] <= limit ? probability * math::exp(value[i] * per_variance) : 0.0;
        break;
      case Kernel::exponential:
        for (std::size_t i = 0; i < count; ++i) value[i] = value[i] <= limit ? probability * math::exp(std::sqrt(value[i]) * per_scale) : 0.0;
        break;
      case Kernel::box:
        for (std::size_t i = 0; i < count; ++i) value[i] = value[i] <= width ? probability : 0.0;
        break;
    }
  }
};

}  // namespace plastica::inline PLASTICA_ISA
