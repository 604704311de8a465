// Synapses and neurons that come and go, and laws of structure.
#include "core.hpp"
#include "engine/core/recorded.hpp"
#include "engine/core/recorders.hpp"
#include "engine/core/rewiring.hpp"
#include "engine/core/structure.hpp"

namespace plastica {
namespace {

Places to_places(const py::dict& given) {
  Places places;
  if (!given.contains("pre")) return places;
  const auto pre = given["pre"].cast<Array<double>>();
  places.dimensions = static_cast<int>(pre.shape(1));
  places.pre = to_vector(pre);
  for (const auto& post : given["post"].cast<py::list>()) places.post.push_back(to_vector(post.cast<Array<double>>()));
  places.extent = to_vector(given["extent"].cast<Array<double>>());
  return places;
}

}  // namespace

// One method after another, as a table.
// clang-format off
static void bind_rewiring(Methods& network) {
  network
      .def(
          "add_rewiring",
          [](Core& n, const std::string& name, const std::vector<std::size_t>& projs, const py::list& specs, const py::dict& places) {
            std::vector<PartSpec> parts;
            for (const auto& item : specs) {
              const auto spec = item.cast<py::tuple>();
              parts.push_back(to_part(n.catalogue(), spec[0].cast<std::string>(), spec[1].cast<py::dict>()));
            }
            return n.on([&](auto& net) { return add_rewiring(net, name, projs, parts, to_places(places)); });
          },
          py::arg("name"), py::arg("projs"), py::arg("specs"), py::arg("places"))
      .def(
          "elements_get",
          [](Core& n, std::size_t rew, std::size_t column, const std::string& name) { return to_numpy(n.on([&](auto& net) { return elements_get(net, rew, column, name); })); },
          py::arg("rew"), py::arg("column"), py::arg("name"))
      .def(
          "elements_set",
          [](Core& n, std::size_t rew, std::size_t column, const std::string& name, const py::object& value) {
            n.on([&](auto& net) { return elements_set(net, rew, column, name, to_values(value)); });
          },
          py::arg("rew"), py::arg("column"), py::arg("name"), py::arg("value"))
      .def("rewiring_get", [](Core& n, std::size_t rew, const std::string& name) { return n.on([&](auto& net) { return rewiring_get(net, rew, name); }); }, py::arg("rew"),
           py::arg("name"))
      .def("rewiring_set", [](Core& n, std::size_t rew, const std::string& name, double value) { n.on([&](auto& net) { return rewiring_set(net, rew, name, value); }); },
           py::arg("rew"), py::arg("name"), py::arg("value"))
      .def(
          "set_rewiring_schedule",
          [](Core& n, std::size_t rew, const Array<Step>& steps, const Array<double>& values) {
            n.on([&](auto& net) { return set_rewiring_schedule(net, rew, to_vector(steps), to_vector(values)); });
          },
          py::arg("rew"), py::arg("steps"), py::arg("values"))
      .def("rewiring_active", [](Core& n, std::size_t rew) { return n.on([&](auto& net) { return rewiring_active(net, rew); }); }, py::arg("rew"))
      .def("set_rewiring_active", [](Core& n, std::size_t rew, bool active) { n.on([&](auto& net) { return set_rewiring_active(net, rew, active); }); }, py::arg("rew"),
           py::arg("active"))
      .def(
          "rewiring_timings",
          [](Core& n, std::size_t rew) {
            std::map<std::string, double> seconds;
            const auto timings = n.on([&](auto& net) { return rewiring_timings(net, rew); });
            for (std::size_t i = 0; i < timings.size(); ++i) seconds[structure_phases[i]] = timings[i];
            return seconds;
          },
          py::arg("rew"))
      .def("rewired", [](Core& n, std::size_t rew) { return n.on([&](auto& net) { return rewired(net, rew); }); }, py::arg("rew"))
      .def(
          "record_elements",
          [](Core& n, std::size_t rew, std::size_t column, const std::string& name, Step interval_steps) {
            return n.on([&](auto& net) { return record_elements(net, rew, column, name, interval_steps); });
          },
          py::arg("rew"), py::arg("column"), py::arg("name"), py::arg("interval_steps"));
}

void register_structure(Methods& network) {
  network
      .def("add_synapses",
           [](Core& n, std::size_t proj, const Array<Neuron>& sources, const Array<Neuron>& targets, const py::object& weights, const py::object& delays) {
             n.on([&](auto& net) { return add_synapses(net, proj, to_vector(sources), to_vector(targets), to_values(weights), to_values(delays)); });
           },
           py::arg("proj"), py::arg("sources"), py::arg("targets"), py::arg("weights"), py::arg("delays"))
      .def("remove_synapses", [](Core& n, std::size_t proj, const Array<std::int64_t>& indices) { n.on([&](auto& net) { return remove_synapses(net, proj, to_vector(indices)); }); },
           py::arg("proj"), py::arg("indices"))
      .def("births", [](Core& n, std::size_t proj) { return to_numpy(n.on([&](auto& net) { return births(net, proj); })); }, py::arg("proj"))
      .def("silence", [](Core& n, std::size_t pop, const py::object& ids, bool on) { n.on([&](auto& net) { return silence(net, pop, to_ids(ids), on); }); }, py::arg("pop"),
           py::arg("ids").none(true), py::arg("on"))
      .def("silent", [](Core& n, std::size_t pop) { return to_mask(n.on([&](auto& net) { return silent(net, pop); })); }, py::arg("pop"))
      .def("disconnect", [](Core& n, std::size_t pop, const Array<Neuron>& ids) { n.on([&](auto& net) { return disconnect(net, pop, to_vector(ids)); }); }, py::arg("pop"),
           py::arg("ids"))
      .def("kill", [](Core& n, std::size_t pop, const Array<Neuron>& ids) { n.on([&](auto& net) { return kill(net, pop, to_vector(ids)); }); }, py::arg("pop"), py::arg("ids"))
      .def("give_birth", [](Core& n, std::size_t pop, const Array<Neuron>& ids) { n.on([&](auto& net) { return give_birth(net, pop, to_vector(ids)); }); }, py::arg("pop"),
           py::arg("ids"))
      .def("alive", [](Core& n, std::size_t pop) { return to_mask(n.on([&](auto& net) { return alive(net, pop); })); }, py::arg("pop"))
      .def("neuron_births", [](Core& n, std::size_t pop) { return to_numpy(n.on([&](auto& net) { return neuron_births(net, pop); })); }, py::arg("pop"))
      .def("record_structure", [](Core& n, std::size_t proj) { return n.on([&](auto& net) { return record_structure(net, proj); }); }, py::arg("proj"))
      .def(
          "structure_log",
          [](Core& n, std::size_t rec) {
            const StructureLog log = n.on([&](auto& net) { return structure_log(net, rec); });
            return py::make_tuple(to_numpy(log.steps), to_numpy(log.sources), to_numpy(log.targets), to_mask(log.created));
          },
          py::arg("rec"));
  bind_rewiring(network);
}
// clang-format on

}  // namespace plastica
