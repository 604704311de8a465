// A network as a whole, and connections that have been made.
#include "core.hpp"
#include "engine/core/network.hpp"
#include "engine/core/time.hpp"
#include "parts/distributions/draw.hpp"

namespace plastica {
namespace {

// The part of a name as another part, which does the same under a name of its own.
template <class Part>
void define_twin(Catalogue& catalogue, const Part& part, const std::string& name) {
  auto twin = std::make_shared<Part>(part);
  twin->schema = renamed(part.schema, name);
  catalogue.define(std::shared_ptr<const Part>(std::move(twin)));
}

// For tests of parts that are not compiled in.
void define_copy(Core& network, const std::string& name, const std::string& copy) {
  Catalogue& catalogue = network.catalogue();
  switch (catalogue.schema(name).kind) {
    case Kind::membrane:
      return define_twin(catalogue, *catalogue.membrane(name), copy);
    case Kind::receptor:
      return define_twin(catalogue, *catalogue.receptor(name), copy);
    case Kind::rule:
      return define_twin(catalogue, *catalogue.rule(name), copy);
    default:
      throw Error("a " + std::string(kind_name(catalogue.schema(name).kind)) + " cannot be defined at run time");
  }
}

}  // namespace

// One method after another, as a table.
// clang-format off
void register_network(py::module_& m) {
  py::class_<Connections>(m, "Connections", "Connections that have been made but not added yet, by source, then target.")
      .def_property_readonly("count", [](const Connections& c) { return c.connectivity.count(); })
      .def("sources", [](const Connections& c) { return to_numpy(c.connectivity.source_ids()); })
      .def("targets", [](const Connections& c) { return to_numpy(c.connectivity.target_ids()); })
      .def("distances", [](const Connections& c) {
        const Endpoint pre{c.connectivity.sources, nullptr, c.pre_positions.empty() ? nullptr : c.pre_positions.data(), c.dimensions};
        const Endpoint post{c.connectivity.targets, nullptr, c.post_positions.empty() ? nullptr : c.post_positions.data(), c.dimensions};
        return to_numpy(distances(c.connectivity, pre, post, c.extent.empty() ? nullptr : &c.extent));
      });

  py::class_<Core> core(m, "Core", "One network. Calls are refused while another thread uses it.");
  core.def(py::init<double, std::uint64_t, int, std::string>(), py::arg("dt"), py::arg("seed"), py::arg("threads"), py::arg("precision"))
      .def("freeze", &Core::freeze, py::arg("on"))
      .def("claim", &Core::claim, py::arg("doing"), py::arg("body"), py::arg("runs") = false)
      .def_property_readonly("time_step", &Core::time)
      .def_property_readonly("dt", [](Core& n) { return n.settings().dt; })
      .def_property_readonly("seed", [](Core& n) { return n.settings().seed; })
      .def_property_readonly("threads", &Core::threads)
      .def_property_readonly("precision", &Core::precision)
      .def_property_readonly("isa", [](const Core& n) { return name(n.isa()); });
  Methods network(core);
  network
      .def("copy", [](Core& n) { return std::make_unique<Core>(n); })
      .def("exchange", &Core::exchange, py::arg("other"))
      .def("_define_copy", &define_copy, py::arg("name"), py::arg("copy"))
      .def(
          "draw",
          [](Core& n, const std::string& distribution, const py::dict& params, std::uint32_t entity, std::uint32_t purpose, std::size_t count) {
            const auto key = random_key(n.settings().seed ^ (std::uint64_t{purpose} << 32), entity, Purpose::parameter);
            return to_numpy(draw(distribution, to_numbers(params), key, count));
          },
          py::arg("distribution"), py::arg("params"), py::arg("entity"), py::arg("purpose"), py::arg("count"))
      .def("run", [](Core& n, Step steps) { n.on([&](auto& net) { return run(net, steps); }); }, py::arg("steps"), py::call_guard<py::gil_scoped_release>())
      .def("frozen", [](Core& n) { return n.on([&](auto& net) { return frozen(net); }); })
      .def("memory_steps", [](Core& n) { return n.on([&](auto& net) { return memory(net); }); })
      .def("rest", [](Core& n, Step steps) { n.on([&](auto& net) { return rest(net, steps); }); }, py::arg("steps"), py::call_guard<py::gil_scoped_release>())
      .def(
          "timings",
          [](Core& n) {
            py::dict out;
            const auto seconds = n.on([&](auto& net) { return timings(net); });
            for (std::size_t i = 0; i < seconds.size(); ++i) out[phase_names[i]] = seconds[i];
            return out;
          })
      .def("profile", [](Core& n, bool on) { n.on([&](auto& net) { return profile(net, on); }); }, py::arg("on"));
  register_populations(network);
  register_checkpoint(network);
  register_projections(network);
  register_structure(network);
  register_slow(network);
  register_recorders(network);
}
// clang-format on

}  // namespace plastica
