// Changes that are made together or not at all.
#pragma once
#include <pybind11/pybind11.h>

namespace plastica {

// Adds `perform`, `within` and `Scope` to the module. A signal is answered, and another thread runs, only between two lines of Python: there is none
// between the changes of one such call.
void bind_changes(pybind11::module_& m);

}  // namespace plastica
