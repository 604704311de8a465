// The parts that there are, and what this build is.
#include "base/memory.hpp"
#include "base/parallel.hpp"
#include "core.hpp"

namespace plastica {
namespace {

py::dict describe(const Field& field, const char* role) {
  py::dict out;
  out["name"] = std::string(field.name);
  out["default"] = field.default_value;
  out["unit"] = std::string(field.unit);
  out["role"] = role;
  out["low"] = field.bound.low;
  out["high"] = field.bound.high;
  out["low_open"] = field.bound.low_open;
  out["high_open"] = field.bound.high_open;
  out["sentence"] = std::string(field.sentence);
  out["choices"] = split_choices(field.choices);
  constexpr std::array when_frozen{"", "stands still", "goes on"};
  out["when_frozen"] = when_frozen[static_cast<std::size_t>(field.when_frozen)];
  out["fixed"] = field.fixed;
  out["scheduled"] = field.scheduled;
  return out;
}

// What Python goes by, so that it need not know parts by their names.
void describe_kind(py::dict& out, const Schema& schema) {
  const Catalogue& catalogue = Catalogue::built_in();
  if (schema.kind == Kind::membrane) {
    const auto& membrane = *catalogue.membrane(schema.text.name);
    out["has_potential"] = membrane.has_potential;
    out["receptor"] = std::string(membrane.receptor);
  } else if (schema.kind == Kind::receptor) {
    const auto& receptor = *catalogue.receptor(schema.text.name);
    out["weight_unit"] = std::string(receptor.weight_unit);
    out["conductance"] = receptor.conductance;
  } else if (schema.kind == Kind::source) {
    out["once_a_step"] = std::string(catalogue.source(schema.text.name)->once_a_step);
  } else if (schema.kind == Kind::stimulus) {
    out["into_receptor"] = catalogue.stimulus(schema.text.name)->into_receptor;
  } else if (schema.kind == Kind::controller) {
    out["targets"] = split_choices(catalogue.controller(schema.text.name)->targets);
  } else if (schema.kind == Kind::structure) {
    out["elements"] = std::string(catalogue.law(schema.text.name)->elements);
  }
}

py::list parts() {
  py::list list;
  for (const auto& schema : all_schemas()) {
    py::list fields;
    for (const auto& field : schema.parameters) fields.append(describe(field, "parameter"));
    for (const auto& field : schema.states) fields.append(describe(field, "state"));
    py::dict part;
    part["kind"] = std::string(kind_name(schema.kind));
    part["name"] = std::string(schema.text.name);
    part["sentence"] = std::string(schema.text.sentence);
    part["equation"] = std::string(schema.text.equation);
    part["reference"] = std::string(schema.text.reference);
    part["fields"] = fields;
    describe_kind(part, schema);
    list.append(part);
  }
  return list;
}

void check(const std::string& part, const std::string& name, const py::object& value) {
  const Schema& schema = find_schema(part);
  const auto state = std::find_if(schema.states.begin(), schema.states.end(), [&](const Field& f) { return f.name == name; });
  const Field& field = state != schema.states.end() ? *state : find_field(schema, name);
  const Values values = to_values(schema, field, value);
  if (values.size() == 1 && is_number(value))
    check_value(part, field, values[0]);
  else
    check_values(part, field, values);
}

py::dict info() {
  py::dict out;
  std::vector<std::string> isas;
  for (const Isa isa : available_isas()) isas.emplace_back(name(isa));
  out["version"] = PLASTICA_VERSION;
  out["isa"] = name(select_isa());
  out["isas"] = isas;
  out["cores"] = available_cores();
  out["openmp"] = std::string(parallel_backend()) == "openmp";
  out["compiler"] = "g++ " __VERSION__;
  return out;
}

}  // namespace

void register_parts(py::module_& m) {
  m.def("info", &info);
  m.def("parts", &parts);
  m.def(
      "growth",
      [](const std::string& elements, const std::vector<double>& params, const Array<double>& calcium) {
        const auto& part = *Catalogue::built_in().elements(elements);
        std::vector<double> values = to_vector(calcium);
        for (double& value : values) value = part.growth(params.data(), value);
        return to_numpy(std::move(values));
      },
      py::arg("elements"), py::arg("params"), py::arg("calcium"));
  m.def("check_memory", &check_memory, py::arg("bytes"), py::arg("what"), py::arg("remedy"));
  m.def("check", &check, py::arg("part"), py::arg("field"), py::arg("value"));
}

}  // namespace plastica
