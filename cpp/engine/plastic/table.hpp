// The walk by the table of epochs: what rows need of it, and what is paid before an epoch is forgotten.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// What the kernels of the table need of a row: what it owes is x_at_start times `later` of its targets, and the events `inside`.
template <class R>
TableRow<R> table_row(Network<R>& net, std::size_t p, std::size_t share, RowPosition at);

// At the first stamp of an epoch the oldest one is recycled, after the rows that last arrived in it have been paid.
template <class R>
void begin_epochs(Network<R>& net, std::size_t share, std::size_t population, Step stamp);

}  // namespace plastica
