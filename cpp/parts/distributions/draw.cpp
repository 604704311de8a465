#include "parts/distributions/draw.hpp"

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

void fill_normal_one_by_one(RandomKey key, std::uint64_t first, std::size_t count, double* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = Stream(key, first + i).normal();
}

// Most values are made of the stream's first normal number, which vector instructions can draw; the rest go through the stream.
template <class Distribution, class P>
void fill(const P& p, FillNormal fill_normal, RandomKey key, std::uint64_t first, std::size_t count, double* out) {
  if constexpr (requires { Distribution::of_normal(p, 0.0); }) {
    fill_normal(key, first, count, out);
    for (std::size_t i = 0; i < count; ++i) out[i] = Distribution::of_normal(p, out[i]);
    for (std::size_t i = 0; i < count; ++i) {
      if (Distribution::accepts(p, out[i])) [[likely]]
        continue;
      Stream stream(key, first + i);
      out[i] = Distribution::sample(stream, p);
    }
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      Stream stream(key, first + i);
      out[i] = Distribution::sample(stream, p);
    }
  }
}

template <class... Distribution>
auto find_fill(std::tuple<Distribution...>* /*list*/, std::string_view name, const std::map<std::string, double>& given, FillNormal fill_normal) {
  std::function<void(RandomKey, std::uint64_t, std::size_t, double*)> found;
  const auto take = [&]<class D>(D* /*type*/) {
    if (name != D::text.name) return;
    found = [p = parameters_of<D>(given), fill_normal](RandomKey key, std::uint64_t first, std::size_t count, double* out) {
      fill<D>(p, fill_normal, key, first, count, out);
    };
  };
  (take(static_cast<Distribution*>(nullptr)), ...);
  if (found) return found;
  const std::array<std::string, sizeof...(Distribution)> names{std::string(Distribution::text.name)...};
  throw UnknownName("there is no distribution '" + std::string(name) + "'; " + suggestion(name, names));
}

}  // namespace

Sampler::Sampler(std::string_view distribution, const std::map<std::string, double>& parameters, FillNormal fill_normal)
    : fill_(find_fill(static_cast<Distributions*>(nullptr), distribution, parameters, fill_normal != nullptr ? fill_normal : fill_normal_one_by_one)) {}

std::vector<double> draw(std::string_view distribution, const std::map<std::string, double>& parameters, RandomKey key, std::size_t count) {
  std::vector<double> values(count);
  Sampler(distribution, parameters)(key, 0, count, values.data());
  return values;
}

}  // namespace plastica
