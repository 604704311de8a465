#include "parts/distributions/draw.hpp"

#include "base/parallel.hpp"
#include "parts/distributions/all.hpp"

namespace plastica {
namespace {

template <class Distribution>
typename Distribution::Parameters parameters_of(const std::map<std::string, double>& given) {
  const Schema schema{Kind::distribution, Distribution::text, Distribution::fields};
  for (const auto& [name, value] : given) check_value(Distribution::text.name, find_field(schema, name), value);
  typename Distribution::Parameters p{};
  for (const auto& [member, field] : Distribution::parameters) {
    const auto found = given.find(std::string(field.name));
    p.*member = found == given.end() ? field.default_value : found->second;
  }
  Distribution::check(p);
  return p;
}

template <class Distribution>
std::vector<double> draw_from(const std::map<std::string, double>& given, RandomKey key, std::size_t count, int threads) {
  const auto p = parameters_of<Distribution>(given);
  std::vector<double> values(count);
  const auto share = static_cast<std::size_t>(threads);
  parallel(threads, [&](int thread) {
    const auto t = static_cast<std::size_t>(thread);
    for (std::size_t i = count * t / share; i < count * (t + 1) / share; ++i) {
      Stream stream(key, i);
      values[i] = Distribution::sample(stream, p);
    }
  });
  return values;
}

template <class... Distribution>
std::vector<double> draw_by_name(std::tuple<Distribution...>* /*list*/, std::string_view name, const std::map<std::string, double>& given, RandomKey key,
                                 std::size_t count, int threads) {
  std::vector<double> values;
  const bool found = ((name == Distribution::text.name && (values = draw_from<Distribution>(given, key, count, threads), true)) || ...);
  if (found) return values;
  const std::array<std::string, sizeof...(Distribution)> names{std::string(Distribution::text.name)...};
  throw UnknownName("there is no distribution '" + std::string(name) + "'; " + suggestion(name, names));
}

}  // namespace

std::vector<double> draw(std::string_view distribution, const std::map<std::string, double>& parameters, RandomKey key, std::size_t count, int threads) {
  return draw_by_name(static_cast<Distributions*>(nullptr), distribution, parameters, key, count, threads);
}

}  // namespace plastica
