// What is recorded.
#include "core.hpp"
#include "engine/core/recorded.hpp"
#include "engine/core/recorders.hpp"

namespace plastica {

// One method after another, as a table.
// clang-format off
void register_recorders(Methods& network) {
  const auto sampled = [](Core& n, std::size_t rec) {
    auto [steps, values] = n.on([&](auto& net) { return samples(net, rec); });
    const std::size_t rows = steps.size();
    return py::make_tuple(to_numpy(std::move(steps)), to_numpy(std::move(values), rows));
  };
  network
      .def("record_spikes", [](Core& n, std::size_t pop, const py::object& ids) { return n.on([&](auto& net) { return record_spikes(net, pop, to_ids(ids)); }); },
           py::arg("pop"), py::arg("ids").none(true))
      .def(
          "record_states",
          [](Core& n, std::size_t pop, const std::string& name, const py::object& ids, Step interval_steps) {
            return n.on([&](auto& net) { return record_states(net, pop, name, to_ids(ids), interval_steps); });
          },
          py::arg("pop"), py::arg("name"), py::arg("ids").none(true), py::arg("interval_steps"))
      .def(
          "record_rate",
          [](Core& n, std::size_t pop, const py::object& ids, Step interval_steps) { return n.on([&](auto& net) { return record_rate(net, pop, to_ids(ids), interval_steps); }); },
          py::arg("pop"), py::arg("ids").none(true), py::arg("interval_steps"))
      .def(
          "record_synapses",
          [](Core& n, std::size_t proj, const std::optional<std::size_t>& state, const py::object& indices, Step interval_steps) {
            std::optional<std::vector<std::int64_t>> wanted;
            if (!indices.is_none()) wanted = to_vector(indices.cast<Array<std::int64_t>>());
            return n.on([&](auto& net) { return record_synapses(net, proj, state, std::move(wanted), interval_steps); });
          },
          py::arg("proj"), py::arg("state").none(true), py::arg("indices").none(true), py::arg("interval_steps"))
      .def(
          "spikes",
          [](Core& n, std::size_t rec) {
            auto [steps, ids] = n.on([&](auto& net) { return spikes(net, rec); });
            return py::make_tuple(to_numpy(std::move(steps)), to_numpy(std::move(ids)));
          },
          py::arg("rec"))
      .def("states", sampled, py::arg("rec"))
      .def("weight_samples", sampled, py::arg("rec"))
      .def(
          "spike_counts",
          [](Core& n, std::size_t rec) {
            auto [steps, counts] = n.on([&](auto& net) { return spike_counts(net, rec); });
            return py::make_tuple(to_numpy(std::move(steps)), to_numpy(std::move(counts)));
          },
          py::arg("rec"))
      .def("recorded_bytes", [](Core& n, std::size_t recorder) { return n.on([&](auto& net) { return recorded_bytes(net, recorder); }); }, py::arg("recorder"))
      .def("drop_recorded", [](Core& n, std::size_t recorder) { n.on([&](auto& net) { return drop_recorded(net, recorder); }); }, py::arg("recorder"))
      .def("withdraw_recorder", [](Core& n) { n.on([&](auto& net) { return withdraw_recorder(net); }); })
      .def("clear_recorder", [](Core& n, std::size_t rec) { n.on([&](auto& net) { return clear_recorder(net, rec); }); }, py::arg("rec"));
}
// clang-format on

}  // namespace plastica
