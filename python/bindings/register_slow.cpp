// Modulators, controllers, modifiers and guards.
#include "core.hpp"
#include "engine/core/controllers.hpp"
#include "engine/core/modifiers.hpp"
#include "engine/core/modulators.hpp"
#include "engine/core/recorders.hpp"

namespace plastica {

// One method after another, as a table.
// clang-format off
static void bind_controllers(Methods& network) {
  network
      .def(
          "add_controller",
          [](Core& n, const std::string& name, const std::string& owner, std::size_t target, const py::object& ids, const std::string& acts_on,
             const std::string& part, const py::dict& params) {
            return n.on([&](auto& net) { return add_controller(net, name, owner_named(owner), target, to_ids(ids), acts_on, to_part(n.catalogue(), part, params)); });
          },
          py::arg("name"), py::arg("owner"), py::arg("target"), py::arg("ids").none(true), py::arg("acts_on"), py::arg("part"), py::arg("params"))
      .def("controller_get", [](Core& n, std::size_t ctl, const std::string& name) { return to_numpy(n.on([&](auto& net) { return controller_get(net, ctl, name); })); },
           py::arg("ctl"), py::arg("name"))
      .def("controller_set",
           [](Core& n, std::size_t ctl, const std::string& name, const py::object& value) { n.on([&](auto& net) { return controller_set(net, ctl, name, to_values(value)); }); },
           py::arg("ctl"), py::arg("name"), py::arg("value"))
      .def("controller_active", [](Core& n, std::size_t ctl) { return n.on([&](auto& net) { return controller_active(net, ctl); }); }, py::arg("ctl"))
      .def("set_controller_active", [](Core& n, std::size_t ctl, bool active) { n.on([&](auto& net) { return set_controller_active(net, ctl, active); }); }, py::arg("ctl"),
           py::arg("active"))
      .def(
          "record_controller",
          [](Core& n, std::size_t ctl, const std::string& name, const py::object& ids, Step interval_steps) {
            return n.on([&](auto& net) { return record_controller(net, ctl, name, to_ids(ids), interval_steps); });
          },
          py::arg("ctl"), py::arg("name"), py::arg("ids").none(true), py::arg("interval_steps"))
      .def(
          "add_modifier",
          [](Core& n, const std::string& name, const py::list& changes, Step start, const std::optional<Step>& stop) {
            std::vector<Modification> list;
            for (const auto& item : changes) {
              const auto change = item.cast<py::tuple>();
              list.push_back({owner_named(change[0].cast<std::string>()), change[1].cast<std::size_t>(), to_ids(change[2]), change[3].cast<std::string>(),
                              change[4].cast<double>()});
            }
            return n.on([&](auto& net) { return add_modifier(net, name, list, start, stop); });
          },
          py::arg("name"), py::arg("changes"), py::arg("start"), py::arg("stop").none(true))
      .def("modifier_active", [](Core& n, std::size_t mod) { return n.on([&](auto& net) { return modifier_active(net, mod); }); }, py::arg("mod"))
      .def("set_modifier_active", [](Core& n, std::size_t mod, bool active) { n.on([&](auto& net) { return set_modifier_active(net, mod, active); }); }, py::arg("mod"),
           py::arg("active"))
      .def("modifier_acts", [](Core& n, std::size_t mod) { return n.on([&](auto& net) { return modifier_acts(net, mod); }); }, py::arg("mod"))
      .def("remove_modifier", [](Core& n, std::size_t mod) { n.on([&](auto& net) { return remove_modifier(net, mod); }); }, py::arg("mod"))
      .def(
          "add_guard",
          [](Core& n, const std::string& owner, std::size_t target, const py::object& ids, double low, double high, Step window, bool stop) {
            return n.on([&](auto& net) { return add_guard(net, owner_named(owner), target, to_ids(ids), low, high, window, stop); });
          },
          py::arg("owner"), py::arg("target"), py::arg("ids").none(true), py::arg("low"), py::arg("high"), py::arg("window"), py::arg("stop"))
      .def("guard_active", [](Core& n, std::size_t guard) { return n.on([&](auto& net) { return guard_active(net, guard); }); }, py::arg("guard"))
      .def("set_guard_active", [](Core& n, std::size_t guard, bool active) { n.on([&](auto& net) { return set_guard_active(net, guard, active); }); }, py::arg("guard"),
           py::arg("active"))
      .def("guard_events",
           [](Core& n, std::size_t guard) {
             std::vector<std::pair<Step, double>> events;
             for (const GuardEvent& event : n.on([&](auto& net) { return guard_events(net, guard); })) events.emplace_back(event.step, event.value);
             return events;
           },
           py::arg("guard"))
      .def("effective",
           [](Core& n, const std::string& owner, std::size_t target, const std::string& name) {
             return to_numpy(n.on([&](auto& net) { return effective(net, owner_named(owner), target, name); }));
           },
           py::arg("owner"), py::arg("target"), py::arg("name"));
}

void register_slow(Methods& network) {
  network
      .def("add_modulator", [](Core& n, double tau, double baseline) { return n.on([&](auto& net) { return add_modulator(net, tau, baseline); }); }, py::arg("tau"), py::arg("baseline"))
      .def("modulator_level", [](Core& n, std::size_t mod) { return n.on([&](auto& net) { return modulator_level(net, mod); }); }, py::arg("mod"))
      .def("modulator_baseline", [](Core& n, std::size_t mod) { return n.on([&](auto& net) { return modulator_baseline(net, mod); }); }, py::arg("mod"))
      .def("set_modulator_baseline", [](Core& n, std::size_t mod, double baseline) { n.on([&](auto& net) { return set_modulator_baseline(net, mod, baseline); }); }, py::arg("mod"),
           py::arg("baseline"))
      .def("release",
           [](Core& n, std::size_t mod, const Array<Step>& steps, const Array<double>& amounts) {
             n.on([&](auto& net) { return release(net, mod, to_vector(steps), to_vector(amounts)); });
           },
           py::arg("mod"), py::arg("steps"), py::arg("amounts"))
      .def("release_by",
           [](Core& n, std::size_t mod, std::size_t pop, const py::object& ids, double amount, Step delay) {
             n.on([&](auto& net) { return release_by(net, mod, pop, to_ids(ids), amount, delay); });
           },
           py::arg("mod"), py::arg("pop"), py::arg("ids").none(true), py::arg("amount"), py::arg("delay"))
      .def("record_modulator", [](Core& n, std::size_t mod, Step interval_steps) { return n.on([&](auto& net) { return record_modulator(net, mod, interval_steps); }); },
           py::arg("mod"), py::arg("interval_steps"));
  bind_controllers(network);
}
// clang-format on

}  // namespace plastica
