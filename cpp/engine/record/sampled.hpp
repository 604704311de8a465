// What recorders have in common that sample numbers: a table of moments and columns.
#pragma once
#include <numeric>

#include "engine/network.hpp"

namespace plastica {

// Some columns of the table, moment by moment: what one thread writes.
template <class R>
struct alignas(apart) Strip {
  std::vector<Neuron> neurons;  // one for each column, where columns are of neurons
  std::vector<std::size_t> columns;
  std::vector<R> values;
};

template <class R>
struct Sampled : Recorder<R> {
  std::size_t width = 0;  // columns
  std::vector<Step> moments;  // of one thread
  std::vector<Strip<R>> strips{1};  // one for each share, where shares sample
  // What is sampled, where its kind has a choice.
  std::string variable;
  std::size_t state = 0;
  Probe probe;

  // Columns are of these neurons; each share samples its own.
  void take_neurons(const Population<R>& population, const std::vector<Neuron>& neurons);
  // All columns are in one strip.
  void take_columns(std::size_t count);

  void approach(Step begin, Step end) override;
  Recorder<R>::Samples samples() const override;
  std::size_t bytes() const override;
  void clear(Step now) override;
  void save(Network<R>& net, Archive& a) override;

 protected:
  // In a file, what the columns are of; what is sampled is known.
  virtual void save_columns(Network<R>& net, Archive& a) = 0;
  // The neurons by column, in a file; none, where columns are not of neurons.
  std::vector<Neuron> save_neurons(Archive& a);
  // Those of a file are some of so many.
  void check_neurons(const Archive& a, const std::vector<Neuron>& neurons, std::size_t size) const;

 private:
  template <class T>
  std::vector<T> table() const;
};

// The neurons that are wanted: all, if not said.
inline std::vector<Neuron> wanted_of(const Ids& ids, std::size_t size) {
  if (ids) return *ids;
  std::vector<Neuron> all(size);
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

}  // namespace plastica
