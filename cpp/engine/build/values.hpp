// Reading and setting parameters and states of neurons between runs.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// Where the values of a name are: a parameter's column, or a column of state.
template <class R>
struct Variable {
  const Schema* schema;
  const Field* field;
  ParameterColumn* parameter;  // or
  Column<R>* state;
};

// Where the values of a name are: a parameter's column, or a column of state.
template <class R>
Variable<R> variable(Network<R>& net, std::size_t p, const std::string& name);

}  // namespace plastica
