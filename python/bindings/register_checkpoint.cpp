// Saved states: numbers and texts, and arrays by name.
#include "core.hpp"
#include "engine/core/checkpoint.hpp"

namespace plastica {
namespace {

template <class T>
py::object array_of(const SavedArray& saved) {
  auto* const held = new std::shared_ptr<const void>(saved.data);
  const py::capsule owner(held, [](void* p) { delete static_cast<std::shared_ptr<const void>*>(p); });
  return py::array_t<T>(static_cast<py::ssize_t>(saved.count), static_cast<const T*>(saved.data.get()), owner);
}

template <class... T>
py::object to_python(const SavedArray& saved) {
  py::object result = py::none();
  ((saved.type == type_code<T>() ? void(result = array_of<T>(saved)) : void()), ...);
  return result;
}

py::dict to_python(const SavedTree& tree) {
  py::dict out;
  for (const auto& [name, value] : tree)
    out[py::str(name)] = std::visit(
        [](const auto& held) -> py::object {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, SavedArray>)
            return to_python<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float, double>(
                held);
          else
            return py::cast(held);
        },
        value);
  return out;
}

template <class... T>
char type_among(const py::array& array) {
  char type = 0;
  ((py::isinstance<py::array_t<T>>(array) ? void(type = type_code<T>()) : void()), ...);
  return type;
}
char type_of(const py::array& array) {
  return type_among<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float, double>(array);
}

// Something of Python's that is let go wherever its last holder is.
std::shared_ptr<const py::object> kept(const py::object& object) {
  return {new py::object(object), [](const py::object* held) {
            const py::gil_scoped_acquire gil;
            delete held;
          }};
}

SavedArray to_saved(const std::string& name, const py::array& array) {
  const char type = type_of(array);
  if (type == 0 || array.ndim() != 1 || !(array.flags() & py::array::c_style)) throw Error(name + " must be a flat array of numbers");
  return {type, static_cast<std::size_t>(array.size()), std::shared_ptr<const void>(kept(array), array.data())};
}

// An array that is read when its turn comes: an empty one of its type, its length, and the call that gives it.
SavedArray to_coming(const std::string& name, const py::tuple& described) {
  const char type = type_of(described[0].cast<py::array>());
  const auto count = described[1].cast<std::size_t>();
  return {type, count, nullptr, [=, call = kept(described[2])]() {
            const py::gil_scoped_acquire gil;
            const SavedArray read = to_saved(name, (*call)().cast<py::array>());
            if (read.type != type || read.count != count) throw Error(name + " is not the array that it was said to be");
            return read.data;
          }};
}

SavedTree to_tree(const py::dict& given) {
  SavedTree tree;
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    if (py::isinstance<py::str>(value)) {
      tree[name] = value.cast<std::string>();
    } else if (py::isinstance<py::float_>(value)) {
      tree[name] = value.cast<double>();
    } else if (py::isinstance<py::int_>(value)) {
      const auto number = py::reinterpret_steal<py::object>(PyNumber_Long(value.ptr()));
      int overflow = 0;
      const long long whole = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
      if (overflow != 0) throw Error(name + " must fit 64 bits");
      tree[name] = std::int64_t{whole};
    } else if (py::isinstance<py::array>(value)) {
      tree[name] = to_saved(name, value.cast<py::array>());
    } else if (py::isinstance<py::tuple>(value)) {
      tree[name] = to_coming(name, value.cast<py::tuple>());
    } else {
      throw Error(name + " must be a number, a text or an array");
    }
  }
  return tree;
}

// What goes wrong with a file is the file's fault, whatever it is.
template <class F>
void load_with(F&& f) {
  try {
    f();
  } catch (const Error&) {
    throw;
  } catch (const py::error_already_set&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;  // the caller makes room, and tries again
  } catch (const std::exception& error) {
    throw Error(std::string("it does not fit together: ") + error.what());
  }
}

}  // namespace

// One method after another, as a table.
// clang-format off
void register_checkpoint(Methods& network) {
  network
      .def("save", [](Core& n) { return to_python(n.on([&](auto& net) { return save(net); })); })
      .def("row_blocks", [](Core& n, std::size_t proj) { return n.on([&](auto& net) { return row_blocks(net, proj); }); }, py::arg("proj"))
      .def("save_rows", [](Core& n, std::size_t proj, Neuron first, Neuron last) { return to_python(n.on([&](auto& net) { return save_rows(net, proj, first, last); })); },
           py::arg("proj"), py::arg("first"), py::arg("last"))
      .def("load", [](Core& n, const py::dict& tree) { load_with([&] { n.on([&](auto& net) { return load(net, to_tree(tree)); }); }); }, py::arg("tree"))
      .def("begin_rows",
           [](Core& n, std::size_t proj, std::uint64_t sources, std::uint64_t rows, std::uint64_t synapses) {
             load_with([&] { n.on([&](auto& net) { return begin_loading_rows(net, proj, sources, rows, synapses); }); });
           },
           py::arg("proj"), py::arg("sources"), py::arg("rows"), py::arg("synapses"))
      .def("load_rows", [](Core& n, const py::dict& tree) { load_with([&] { n.on([&](auto& net) { return load_rows(net, to_tree(tree)); }); }); }, py::arg("tree"))
      .def("end_rows", [](Core& n) { load_with([&] { n.on([&](auto& net) { return end_rows(net); }); }); })
      .def("end_loading", [](Core& n) { load_with([&] { n.on([&](auto& net) { return end_loading(net); }); }); });
}
// clang-format on

}  // namespace plastica
