// What recorders have in common that sample numbers: a table of moments and columns.
#include "engine/record/sampled.hpp"

#include <algorithm>

#include "engine/checkpoint/fields.hpp"

namespace plastica {

template <class R>
void Sampled<R>::approach(Step begin, Step end) {
  for (Step k = (begin + this->interval - 1) / this->interval * this->interval; k < end; k += this->interval) moments.push_back(k);
}

template <class R>
template <class T>
std::vector<T> Sampled<R>::table() const {
  std::vector<T> values(moments.size() * width);
  for (const auto& strip : strips) {
    const auto& columns = strip.columns;
    for (std::size_t t = 0; t < moments.size(); ++t)
      for (std::size_t c = 0; c < columns.size(); ++c) values[t * width + columns[c]] = strip.values[t * columns.size() + c];
  }
  return values;
}

template <class R>
Recorder<R>::Samples Sampled<R>::samples() const {
  return {moments, table<double>()};
}

template <class R>
std::size_t Sampled<R>::bytes() const {
  std::size_t sum = bytes_of(moments);
  for (const auto& strip : strips) sum += bytes_of(strip.values);
  return sum;
}

template <class R>
void Sampled<R>::clear(Step now) {
  this->created = now;
  moments.clear();
  for (auto& strip : strips) strip.values.clear();
}

template <class R>
void Sampled<R>::save(Network<R>& net, Archive& a) {
  a.text("variable", variable);
  a.number("state", state);
  archive_enum(a, "probe/where", probe.where, Probe::Where::neuron);
  a.number("probe/at", probe.at);
  a.number("probe/rule", probe.rule);
  a.number("width", width, 0, std::int64_t{1} << 40);
  save_columns(net, a);
  a.indices("steps", moments, 0, net.now);
  if (!a.loading()) return a.give("values", table<R>());
  const auto values = a.template held<R>("values", moments.size() * width, Archive::Numbers::any);
  for (auto& strip : strips) {
    strip.values.reserve(moments.size() * strip.columns.size());
    for (std::size_t t = 0; t < moments.size(); ++t)
      for (const std::size_t column : strip.columns) strip.values.push_back(values[t * width + column]);
  }
}

template <class R>
std::vector<Neuron> Sampled<R>::save_neurons(Archive& a) {
  std::vector<Neuron> neurons;
  for (const auto& strip : strips) {
    if (!strip.neurons.empty()) neurons.resize(width);
    for (std::size_t i = 0; i < strip.neurons.size(); ++i) neurons[strip.columns[i]] = strip.neurons[i];
  }
  a.array("ids", neurons);
  return neurons;
}

template <class R>
void Sampled<R>::check_neurons(const Archive& a, const std::vector<Neuron>& neurons, std::size_t size) const {
  a.require(neurons.size() == width && std::all_of(neurons.begin(), neurons.end(), [size](Neuron i) { return i < size; }), "ids",
            "must be neurons, one for each column");
}

template <class R>
void Sampled<R>::take_neurons(const Population<R>& population, const std::vector<Neuron>& neurons) {
  width = neurons.size();
  for (std::size_t c = 0; c < neurons.size(); ++c) {
    auto& strip = strips[static_cast<std::size_t>(population.partition.owner(neurons[c]))];
    strip.neurons.push_back(neurons[c]);
    strip.columns.push_back(c);
  }
}

template <class R>
void Sampled<R>::take_columns(std::size_t count) {
  width = count;
  strips[0].columns.resize(count);
  std::iota(strips[0].columns.begin(), strips[0].columns.end(), std::size_t{0});
}

template struct Sampled<float>;
template struct Sampled<double>;

}  // namespace plastica
