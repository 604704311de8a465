// The thin layer: NumPy in, NumPy out, errors translated. No arithmetic here.
#include "changes.hpp"
#include "core.hpp"

using namespace plastica;

PYBIND11_MODULE(_native, m) {
  m.doc() = "The C++ core of Plastica.";
  static const py::object simulation_error = py::exception<SimulationError>(m, "SimulationError", PyExc_RuntimeError);
  static constexpr const char* out_of_memory = "there is not enough memory for that: make the network smaller, or record less";
  static const py::object guard_error = py::exception<GuardError>(m, "GuardError", PyExc_RuntimeError);
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const SimulationError& e) {
      const py::tuple arguments = py::make_tuple(e.time, e.population, e.neuron, e.variable);
      PyErr_SetObject(simulation_error.ptr(), arguments.ptr());
    } catch (const GuardError& e) {
      const py::tuple arguments = py::make_tuple(e.time, e.guard, e.value);
      PyErr_SetObject(guard_error.ptr(), arguments.ptr());
    } catch (const std::bad_alloc&) {
      PyErr_SetString(PyExc_MemoryError, out_of_memory);
    } catch (const std::length_error&) {
      PyErr_SetString(PyExc_MemoryError, out_of_memory);
    }
  });
  register_parts(m);
  register_network(m);
  bind_changes(m);
}
