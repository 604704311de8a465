#include "changes.hpp"

#include <exception>
#include <utility>
#include <vector>

namespace py = pybind11;

namespace plastica {
namespace {

// A call is something that takes no argument, or a pair of a function and a sequence of its arguments, as that is when the call is made.
py::object make(const py::object& call) {
  if (!py::isinstance<py::tuple>(call)) return call();
  const auto pair = call.cast<py::tuple>();
  return py::object(pair[0])(*py::tuple(pair[1]));
}

// Something that is done and how it is undone (None: it need not be). What `keep` lists gets the result.
struct Change {
  py::object act, undo;
  std::vector<py::object> keep;
};

std::vector<Change> to_changes(const py::sequence& given) {
  std::vector<Change> changes;
  for (const auto& item : given) {
    const auto change = py::reinterpret_borrow<py::sequence>(item);
    changes.push_back({change[0], change[1], {}});
    for (const auto& each : py::sequence(change[2])) changes.back().keep.push_back(py::reinterpret_borrow<py::object>(each));
  }
  return changes;
}

// Undoes the last changes but so many; an error does not keep the others from being undone, and is thrown at the end.
void undo(const std::vector<Change>& changes, std::size_t count) {
  std::exception_ptr first;
  for (std::size_t i = count; i-- > 0;) try {
      if (!changes[i].undo.is_none()) make(changes[i].undo);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  if (first) std::rethrow_exception(first);
}

// The error that is on its way matters more than one of undoing, which is only printed.
void undo_after_error(const std::vector<Change>& changes, std::size_t count) {
  try {
    undo(changes, count);
  } catch (py::error_already_set& error) {
    error.discard_as_unraisable("plastica: undoing a change");
  }
}

void perform(const std::vector<Change>& changes) {
  std::size_t made = 0;
  try {
    for (const Change& change : changes) {
      const py::object result = make(change.act);
      ++made;
      for (const auto& keep : change.keep) keep(result);
    }
  } catch (...) {
    undo_after_error(changes, made);
    throw;
  }
}

py::object within(const std::vector<Change>& changes, const py::object& body) {
  perform(changes);
  py::object result;
  try {
    result = body();
  } catch (...) {
    undo_after_error(changes, changes.size());
    throw;
  }
  undo(changes, changes.size());
  return result;
}

// ---- a context manager whose ends are native --------------------------------------------------------------------------------------

// What `_leaving` lists is called in order, each at the most once: a call that fails stays in the list, and its error is raised when all have been tried.
void leave(const py::object& self) {
  const auto leaving = py::list(self.attr("_leaving"));
  const auto calls = py::tuple(leaving);
  py::list left;
  std::exception_ptr first;
  for (const auto& call : calls) try {
      make(py::reinterpret_borrow<py::object>(call));
    } catch (...) {
      if (!first) first = std::current_exception();
      left.append(call);
    }
  leaving[py::slice(0, static_cast<py::ssize_t>(leaving.size()), 1)] = left;
  if (first) std::rethrow_exception(first);
}

template <class F>
PyObject* guarded(F&& f) {
  try {
    return f().release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

PyObject* enter_scope(PyObject* self, PyObject*) {
  return guarded([&]() -> py::object {
    const auto scope = py::reinterpret_borrow<py::object>(self);
    const auto changes = to_changes(scope.attr("_entering"));
    perform(changes);
    auto leaving = py::list(scope.attr("_leaving"));
    for (auto change = changes.rbegin(); change != changes.rend(); ++change)
      if (!change->undo.is_none()) leaving.append(change->undo);
    return scope.attr("_entered").is_none() ? scope : py::object(scope.attr("_entered"));
  });
}

PyObject* leave_scope(PyObject* self, PyObject*) {
  return guarded([&]() -> py::object {
    leave(py::reinterpret_borrow<py::object>(self));
    return py::none();
  });
}

// It has no fields of its own, so that any class of Python can have it among its bases.
py::object make_scope_type() {
  static PyMethodDef methods[] = {
      {"__enter__", enter_scope, METH_NOARGS,
       "__enter__(self) -> object\n\nMakes the changes that `_entering` lists, and puts their undoing into `_leaving`; gives `_entered`, or itself."},
      {"__exit__", leave_scope, METH_VARARGS, "__exit__(self, *error: object) -> None\n\nMakes the calls that `_leaving` lists."},
      {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_methods, methods},
                                {Py_tp_doc, const_cast<char*>("A context manager without a line of Python between the block and what follows it.")},
                                {0, nullptr}};
  static PyType_Spec spec{"plastica._native.Scope", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
}

}  // namespace

void bind_changes(py::module_& m) {
  m.def("perform", [](const py::sequence& changes) { perform(to_changes(changes)); }, py::arg("changes"));
  m.def("within", [](const py::sequence& changes, const py::object& body) { return within(to_changes(changes), body); }, py::arg("changes"), py::arg("body"));
  m.add_object("Scope", make_scope_type());
}

}  // namespace plastica
