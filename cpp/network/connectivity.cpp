#include "network/connectivity.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.hpp"
#include "base/math.hpp"
#include "base/parallel.hpp"

namespace plastica {
namespace {

// Calls visit(source, targets, canonical index of the first) for every row; sources are shared among as many threads as shares.
template <class Visit>
void for_each_row(const Connectivity& connectivity, const Visit& visit) {
  const auto threads = connectivity.shares.size();
  parallel(static_cast<int>(threads), [&](int thread) {
    const auto t = static_cast<std::uint64_t>(thread);
    const auto first = static_cast<Neuron>(connectivity.sources * t / threads);
    const auto last = static_cast<Neuron>(connectivity.sources * (t + 1) / threads);
    std::uint64_t position = connectivity.canonical(first, 0);
    for (Neuron source = first; source < last; ++source) {
      for (const Rows& rows : connectivity.shares) {
        const std::span row(rows.target.data() + rows.row[source], rows.target.data() + rows.row[source + 1]);
        visit(source, row, position);
        position += row.size();
      }
    }
  });
}

void check_positions(const Endpoint& pre, const Endpoint& post, const std::vector<double>* extent) {
  if (pre.positions == nullptr || post.positions == nullptr) throw Error("distances need positions in both populations; give positions= to population()");
  if (pre.dimensions != post.dimensions)
    throw Error("the positions of the two populations have " + std::to_string(pre.dimensions) + " and " + std::to_string(post.dimensions) +
                " dimensions; they must agree");
  if (extent != nullptr && extent->size() != static_cast<std::size_t>(pre.dimensions))
    throw Error("the periodic extent has " + std::to_string(extent->size()) + " lengths, the positions have " + std::to_string(pre.dimensions) +
                " dimensions; they must agree");
}

}  // namespace

std::uint64_t Connectivity::count() const {
  std::uint64_t total = 0;
  for (const Rows& rows : shares) total += rows.target.size();
  return total;
}

std::uint64_t Connectivity::canonical(Neuron source, std::size_t share) const {
  std::uint64_t position = 0;
  for (std::size_t p = 0; p < shares.size(); ++p) position += shares[p].row[p < share ? source + 1 : source];
  return position;
}

std::vector<Neuron> Connectivity::source_ids() const {
  std::vector<Neuron> ids(count());
  for_each_row(*this, [&](Neuron source, std::span<const Neuron> row, std::uint64_t position) {
    std::fill_n(ids.begin() + static_cast<std::ptrdiff_t>(position), row.size(), source);
  });
  return ids;
}

std::vector<Neuron> Connectivity::target_ids() const {
  std::vector<Neuron> ids(count());
  for_each_row(*this, [&](Neuron /*source*/, std::span<const Neuron> row, std::uint64_t position) {
    std::copy(row.begin(), row.end(), ids.begin() + static_cast<std::ptrdiff_t>(position));
  });
  return ids;
}

std::vector<double> distances(const Connectivity& connectivity, const Endpoint& pre, const Endpoint& post, const std::vector<double>* extent) {
  check_positions(pre, post, extent);
  const auto dimensions = static_cast<std::size_t>(pre.dimensions);
  std::vector<double> values(connectivity.count());
  for_each_row(connectivity, [&](Neuron source, std::span<const Neuron> row, std::uint64_t position) {
    for (const Neuron target : row) {
      double square = 0;
      for (std::size_t d = 0; d < dimensions; ++d) {
        double difference = post.positions[target * dimensions + d] - pre.positions[source * dimensions + d];
        if (extent != nullptr) difference -= (*extent)[d] * math::nearest(difference / (*extent)[d]);
        square += difference * difference;
      }
      values[position++] = std::sqrt(square);
    }
  });
  return values;
}

}  // namespace plastica
