// Populations, and what drives them.
#include "core.hpp"
#include "engine/core/drives.hpp"
#include "engine/core/populations.hpp"

namespace plastica {

// One method after another, as a table.
// clang-format off
void register_populations(Methods& network) {
  network
      .def("add_population", &Core::add_population, py::arg("size"), py::arg("model"), py::arg("params"), py::arg("receptors"))
      .def("variables", [](Core& n, std::size_t pop) { return n.on([&](auto& net) { return variables(net, pop); }); }, py::arg("pop"))
      .def("get", [](Core& n, std::size_t pop, const std::string& name) { return to_numpy(n.on([&](auto& net) { return get(net, pop, name); })); }, py::arg("pop"), py::arg("name"))
      .def(
          "set",
          [](Core& n, std::size_t pop, const std::string& name, const py::object& ids, const py::object& value) {
            n.on([&](auto& net) { return set(net, pop, name, to_ids(ids), to_values(value)); });
          },
          py::arg("pop"), py::arg("name"), py::arg("ids").none(true), py::arg("value"))
      .def(
          "set_spike_times",
          [](Core& n, std::size_t pop, const Array<Step>& steps, const Array<Neuron>& ids) {
            n.on([&](auto& net) { return set_spikes(net, pop, {steps.data(), static_cast<std::size_t>(steps.size())}, {ids.data(), static_cast<std::size_t>(ids.size())}); });
          },
          py::arg("pop"), py::arg("steps"), py::arg("ids"))
      .def("withdraw_population", [](Core& n) { n.on([&](auto& net) { return withdraw_population(net); }); })
      .def("withdraw_drive", [](Core& n) { n.on([&](auto& net) { return withdraw_drive(net); }); })
      .def("set_schedule", &Core::set_schedule, py::arg("id"), py::arg("kind"), py::arg("field"), py::arg("steps"), py::arg("values"))
      .def("spike_count", [](Core& n, std::size_t pop) { return n.on([&](auto& net) { return spike_count(net, pop); }); }, py::arg("pop"));
  network
      .def(
          "add_drive",
          [](Core& n, std::size_t pop, const py::object& ids, const std::string& stimulus, const py::dict& params, int receptor,
             const py::object& weight) { return n.on([&](auto& net) { return add_drive(net, pop, to_ids(ids), to_part(n.catalogue(), stimulus, params), receptor, to_values(weight)); }); },
          py::arg("pop"), py::arg("ids").none(true), py::arg("stimulus"), py::arg("params"), py::arg("receptor"), py::arg("weight"))
      .def("drive_get", [](Core& n, std::size_t id, const std::string& name) { return to_numpy(n.on([&](auto& net) { return drive_get(net, id, name); })); }, py::arg("id"),
           py::arg("name"))
      .def("drive_set", [](Core& n, std::size_t id, const std::string& name, const py::object& value) { n.on([&](auto& net) { return drive_set(net, id, name, to_values(value)); }); },
           py::arg("id"), py::arg("name"), py::arg("value"))
      .def("drive_active", [](Core& n, std::size_t id) { return n.on([&](auto& net) { return drive_active(net, id); }); }, py::arg("id"))
      .def("set_drive_active", [](Core& n, std::size_t id, bool active) { n.on([&](auto& net) { return set_drive_active(net, id, active); }); }, py::arg("id"), py::arg("active"));
}
// clang-format on

}  // namespace plastica
