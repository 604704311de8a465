// A network as named numbers, and back.
#pragma once
#include <span>

#include "base/archive.hpp"
#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

// Everything but the rows of synapses; these by blocks of sources. What the network does from here on is not affected.
template <class R>
SavedTree save(Network<R>& net);
template <class R>
std::vector<Neuron> row_blocks(const Network<R>& net, std::size_t projection);
template <class R>
SavedTree save_rows(const Network<R>& net, std::size_t projection, Neuron first, Neuron last);
// Into an empty network of the same dt, seed and precision, on any number of threads: everything but the rows; then, of each projection, its
// rows, block after block; then the end. After an error the network is of no use.
template <class R>
void load(Network<R>& net, SavedTree tree);
template <class R>
void begin_loading_rows(Network<R>& net, std::size_t projection, std::uint64_t sources, std::uint64_t rows, std::uint64_t synapses);
template <class R>
void load_rows(Network<R>& net, SavedTree tree);
template <class R>
void end_rows(Network<R>& net);
template <class R>
void end_loading(Network<R>& net);

}  // namespace plastica
