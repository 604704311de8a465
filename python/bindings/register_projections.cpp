// Projections, their synapses and their rules.
#include "core.hpp"
#include "engine/core/projections.hpp"
#include "engine/core/rules.hpp"

namespace plastica {

// One method after another, as a table.
// clang-format off
void register_projections(Methods& network) {
  network
      .def("connect", &Core::connect, py::arg("pre"), py::arg("post"), py::arg("pre_ids").none(true), py::arg("post_ids").none(true),
           py::arg("connector"), py::arg("options"))
      .def("add_projection", &Core::add_projection, py::arg("connections"), py::arg("receptor"), py::arg("weight"), py::arg("delay"),
           py::arg("dendritic_fraction"), py::arg("rules"))
      .def("synapse_count", [](Core& n, std::size_t proj) { return n.on([&](auto& net) { return synapses(net, proj); }); }, py::arg("proj"))
      .def("weights", [](Core& n, std::size_t proj) { return to_numpy(n.on([&](auto& net) { return weights(net, proj); })); }, py::arg("proj"))
      .def("set_weights", [](Core& n, std::size_t proj, const py::object& weights) { n.on([&](auto& net) { return set_weights(net, proj, to_values(weights)); }); },
           py::arg("proj"), py::arg("weights"))
      .def("sources", [](Core& n, std::size_t proj) { return to_numpy(n.on([&](auto& net) { return sources(net, proj); })); }, py::arg("proj"))
      .def("targets", [](Core& n, std::size_t proj) { return to_numpy(n.on([&](auto& net) { return targets(net, proj); })); }, py::arg("proj"))
      .def("delays", [](Core& n, std::size_t proj) { return to_numpy(n.on([&](auto& net) { return delays(net, proj); })); }, py::arg("proj"))
      .def("learns", [](Core& n, std::size_t proj) { return n.on([&](auto& net) { return learns(net, proj); }); }, py::arg("proj"))
      .def("plastic", [](Core& n, std::size_t proj) { return n.on([&](auto& net) { return plastic(net, proj); }); }, py::arg("proj"))
      .def("set_plastic", [](Core& n, std::size_t proj, bool plastic) { n.on([&](auto& net) { return set_plastic(net, proj, plastic); }); }, py::arg("proj"), py::arg("plastic"))
      .def("rule_get", [](Core& n, std::size_t proj, std::size_t k, const std::string& name) { return n.on([&](auto& net) { return rule_get(net, proj, k, name); }); },
           py::arg("proj"), py::arg("k"), py::arg("name"))
      .def("check_rule_set",
           [](Core& n, std::size_t proj, std::size_t k, const py::dict& values) { n.on([&](auto& net) { return check_rule_set(net, proj, k, to_numbers(values)); }); },
           py::arg("proj"), py::arg("k"), py::arg("values"))
      .def("rule_set",
           [](Core& n, std::size_t proj, std::size_t k, const std::string& name, double value) { n.on([&](auto& net) { return rule_set(net, proj, k, name, value); }); },
           py::arg("proj"), py::arg("k"), py::arg("name"), py::arg("value"))
      .def("memory", [](Core& n, std::size_t proj) { return n.on([&](auto& net) { return bytes(net, proj); }); }, py::arg("proj"))
      .def("rule_states",
           [](Core& n, std::size_t proj) {
             constexpr const char* roles[] = {"synapse", "axon", "neuron"};
             std::vector<std::tuple<std::size_t, std::string, std::string>> states;
             for (const RuleState& s : n.on([&](auto& net) { return rule_states(net, proj); })) states.emplace_back(s.rule, s.name, roles[static_cast<std::size_t>(s.role)]);
             return states;
           },
           py::arg("proj"))
      .def("state_get", [](Core& n, std::size_t proj, std::size_t state) { return to_numpy(n.on([&](auto& net) { return state_get(net, proj, state); })); }, py::arg("proj"),
           py::arg("state"))
      .def("state_set",
           [](Core& n, std::size_t proj, std::size_t state, const py::object& values) { n.on([&](auto& net) { return state_set(net, proj, state, to_values(values)); }); },
           py::arg("proj"), py::arg("state"), py::arg("values"));
}
// clang-format on

}  // namespace plastica
