// The thin layer: NumPy in, NumPy out, errors translated. No arithmetic here.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <utility>
#include <variant>

#include "base/memory.hpp"
#include "base/parallel.hpp"
#include "changes.hpp"
#include "claim.hpp"
#include "engine/catalogue.hpp"
#include "engine/core/checkpoint.hpp"
#include "engine/core/controllers.hpp"
#include "engine/core/drives.hpp"
#include "engine/core/modifiers.hpp"
#include "engine/core/modulators.hpp"
#include "engine/core/network.hpp"
#include "engine/core/populations.hpp"
#include "engine/core/projections.hpp"
#include "engine/core/recorders.hpp"
#include "engine/core/rewiring.hpp"
#include "engine/core/rules.hpp"
#include "engine/core/structure.hpp"
#include "parts/distributions/draw.hpp"
#include "schema/schema.hpp"

namespace py = pybind11;
using namespace plastica;

namespace {

template <class T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

template <class T>
py::array_t<T> to_numpy(std::vector<T> values) {
  auto* const held = new std::vector<T>(std::move(values));
  const py::capsule owner(held, [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(static_cast<py::ssize_t>(held->size()), held->data(), owner);
}

template <class T>
py::array_t<T> to_numpy(std::vector<T> values, std::size_t rows) {
  const auto columns = rows == 0 ? 0 : static_cast<py::ssize_t>(values.size() / rows);
  return to_numpy(std::move(values)).reshape({static_cast<py::ssize_t>(rows), columns});
}

template <class T>
std::vector<T> to_vector(const Array<T>& array) {
  return {array.data(), array.data() + array.size()};
}

bool is_number(const py::handle& value) { return py::isinstance<py::float_>(value) || py::isinstance<py::int_>(value); }

Values to_values(const py::handle& value) {
  if (is_number(value)) return {value.cast<double>()};
  return to_vector(py::cast<Array<double>>(value));
}

// A parameter by its field: a number, an array, or the name of a choice.
Values to_values(const Schema& schema, const Field& field, const py::handle& value) {
  const std::string name(field.name);
  if (py::isinstance<py::str>(value)) {
    if (field.choices.empty()) throw Error(std::string(schema.text.name) + "." + name + " must be a number");
    return {choice_value(schema.text.name, field, value.cast<std::string>())};
  }
  return to_values(value);
}

PartSpec to_part(const Catalogue& catalogue, const std::string& name, const py::dict& given) {
  const Schema& schema = catalogue.schema(name);
  PartSpec spec{name, {}};
  for (const auto& [key, value] : given) {
    const auto field = key.cast<std::string>();
    spec.parameters[field] = to_values(schema, find_field(schema, field), value);
  }
  return spec;
}

Ids to_ids(const py::object& ids) {
  if (ids.is_none()) return std::nullopt;
  return to_vector(ids.cast<Array<Neuron>>());
}

std::map<std::string, double> to_numbers(const py::dict& given) {
  std::map<std::string, double> numbers;
  for (const auto& [key, value] : given) numbers[key.cast<std::string>()] = value.cast<double>();
  return numbers;
}

SynapseValues to_synapse_values(const py::object& value) {
  if (is_number(value)) return value.cast<double>();
  if (py::isinstance<py::tuple>(value)) {
    const auto pair = value.cast<py::tuple>();
    return DistributionSpec{pair[0].cast<std::string>(), to_numbers(pair[1].cast<py::dict>())};
  }
  return to_values(value);
}

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

// A network of either precision.
class AnyNetwork {
 public:
  AnyNetwork(const Settings& settings, const std::string& precision) {
    if (precision != "single" && precision != "double") throw Error("Network.precision = '" + precision + "' must be 'single' or 'double'");
    if (precision == "single")
      network_ = make_network<float>(settings);
    else
      network_ = make_network<double>(settings);
  }
  template <class R>
  explicit AnyNetwork(NetworkPointer<R> network) : network_(std::move(network)) {}

  // Calls f(network).
  template <class F>
  auto on(F&& f) {
    return std::visit([&](auto& net) { return f(*net); }, network_);
  }
  template <class F>
  auto on(F&& f) const {
    return std::visit([&](const auto& net) { return f(std::as_const(*net)); }, network_);
  }

 private:
  std::variant<NetworkPointer<float>, NetworkPointer<double>> network_;
};

// One network, with what the Python layer asks of it by name.
class Core {
 public:
  template <class F>
  auto on(F&& f) {
    return core_.on(std::forward<F>(f));
  }

  Core(double dt, std::uint64_t seed, int threads, std::string precision)
      : settings_{dt, seed, threads}, precision_(std::move(precision)), core_(settings_, precision_) {}

  Core(const Core& other)
      : settings_(other.settings_), precision_(other.precision_), core_(other.core_.on([](auto& net) { return AnyNetwork(plastica::copy(net)); })) {}

  // One native call: meanwhile the network is this thread's.
  class Use {
   public:
    Use(Core& network, const char* doing) : network_(network), hold_(network.claim_, doing) {
      for (int thaws = network.thaws_.exchange(0); thaws > 0; --thaws) network.core_.on([&](auto& net) { return plastica::freeze(net, false); });
    }
    ~Use() {
      network_.time_ = network_.core_.on([&](auto& net) { return plastica::now(net); });
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    Core& network_;
    Claim::Hold hold_;
  };

  // An operation of several native calls: from its first line to its last the network is this thread's. `runs`: time passes in it.
  py::object claim(const std::string& doing, const py::object& body, bool runs) {
    const Claim::Hold hold(claim_, Claim::lasting(doing));
    if (!runs) return body();
    const Claim::Run run(claim_);
    return body();
  }

  // The state of another network of the same settings, which gets that of this one.
  void exchange(Core& other) {
    const Use use(other, "exchange");
    std::swap(core_, other.core_);
  }

  // The end of a frozen block comes, even while another thread uses the network: it takes effect at the next call.
  void freeze(bool on) {
    try {
      const Use use(*this, "freeze");
      core_.on([&](auto& net) { return plastica::freeze(net, on); });
    } catch (const Claim::InUse&) {
      if (on) throw;
      ++thaws_;
    }
  }

  Catalogue& catalogue() {
    return core_.on([](auto& net) -> std::reference_wrapper<Catalogue> { return plastica::catalogue(net); });
  }
  // What can be read while another thread uses the network.
  Step time() const { return time_; }
  int threads() const { return threads_; }
  Isa isa() const { return isa_; }
  const Settings& settings() const { return settings_; }
  const std::string& precision() const { return precision_; }

  std::size_t add_population(Neuron size, const std::string& model, const py::dict& parameters, const py::list& receptor_list) {
    std::vector<ReceptorSpec> receptors;
    for (const auto& item : receptor_list) {
      const auto receptor = item.cast<py::tuple>();
      PartSpec part = to_part(catalogue(), receptor[1].cast<std::string>(), receptor[2].cast<py::dict>());
      receptors.push_back({receptor[0].cast<std::string>(), part.part, part.parameters});
    }
    return core_.on([&](auto& net) { return plastica::add_population(net, size, to_part(catalogue(), model, parameters), receptors); });
  }

  Connections connect(std::size_t pre, std::size_t post, const py::object& pre_ids, const py::object& post_ids, const std::string& connector,
                      const py::dict& options) {
    ConnectorOptions parsed;
    std::vector<double> pre_positions, post_positions;
    int dimensions = 0;
    for (const auto& [key, value] : options) {
      const auto option = key.cast<std::string>();
      if (option == "pre_positions" || option == "post_positions") {
        const auto array = value.cast<Array<double>>();
        dimensions = static_cast<int>(array.ndim() == 2 ? array.shape(1) : 1);
        (option == "pre_positions" ? pre_positions : post_positions) = to_vector(array);
      } else if (option == "sources" || option == "targets") {
        parsed.indices[option] = to_vector(value.cast<Array<std::uint32_t>>());
      } else if (option == "extent") {
        parsed.arrays[option] = to_vector(value.cast<Array<double>>());
      } else if (py::isinstance<py::str>(value)) {
        parsed.choices[option] = value.cast<std::string>();
      } else {
        parsed.numbers[option] = value.cast<double>();
      }
    }
    Connections made = core_.on([&](auto& net) {
      return plastica::connect(net, pre, post, to_ids(pre_ids), to_ids(post_ids), connector, parsed, pre_positions, post_positions, dimensions);
    });
    made.pre_positions = std::move(pre_positions);
    made.post_positions = std::move(post_positions);
    made.dimensions = dimensions;
    if (const auto extent = parsed.arrays.find("extent"); extent != parsed.arrays.end()) made.extent = extent->second;
    return made;
  }

  std::size_t add_projection(Connections& connections, std::size_t receptor, const py::object& weight, const py::object& delay, double dendritic_fraction,
                             const py::list& rule_list) {
    std::vector<PartSpec> rules;
    for (const auto& item : rule_list) {
      const auto rule = item.cast<py::tuple>();
      rules.push_back(to_part(catalogue(), rule[0].cast<std::string>(), rule[1].cast<py::dict>()));
      if (rule.size() > 2) rules.back().samples = to_vector(rule[2].cast<Array<double>>());
    }
    return core_.on([&](auto& net) {
      return plastica::add_projection(net, std::move(connections), receptor, to_synapse_values(weight), to_synapse_values(delay), dendritic_fraction, rules);
    });
  }

  void set_schedule(std::size_t id, const std::string& kind, const std::string& field, const Array<Step>& steps, const Array<double>& values) {
    if (kind == "population")
      core_.on([&](auto& net) { return plastica::set_rate_schedule(net, id, to_vector(steps), to_vector(values)); });
    else
      core_.on([&](auto& net) { return plastica::set_drive_schedule(net, id, field, to_vector(steps), to_vector(values)); });
  }

 private:
  Settings settings_;
  std::string precision_;
  AnyNetwork core_;
  int threads_ = core_.on([](auto& net) { return plastica::threads(net); });
  Isa isa_ = core_.on([&](auto& net) { return plastica::isa(net); });
  Claim claim_;
  std::atomic<Step> time_{core_.on([&](auto& net) { return plastica::now(net); })};
  std::atomic<int> thaws_{0};  // ends of frozen blocks that have yet to take effect
};

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

// What Python can call of a network. Every call holds the network while it works, whatever it does.
class Methods {
 public:
  explicit Methods(py::class_<Core>& network) : network_(network) {}

  template <class F, class... Extra>
  Methods& def(const char* name, F&& f, const Extra&... extra) {
    if constexpr (std::is_member_function_pointer_v<std::decay_t<F>>)
      network_.def(name, of_member(name, f), extra...);
    else
      network_.def(name, of_function(name, +f), extra...);
    return *this;
  }

 private:
  template <class Result, class... Arguments>
  static auto of_function(const char* name, Result (*f)(Core&, Arguments...)) {
    return [name, f](Core& network, Arguments... arguments) -> Result {
      const Core::Use use(network, name);
      return f(network, std::forward<Arguments>(arguments)...);
    };
  }

  template <class Result, class... Arguments>
  static auto of_member(const char* name, Result (Core::*f)(Arguments...)) {
    return [name, f](Core& network, Arguments... arguments) -> Result {
      const Core::Use use(network, name);
      return (network.*f)(std::forward<Arguments>(arguments)...);
    };
  }

  py::class_<Core>& network_;
};

// ---- saved states: numbers and texts, and arrays by name ----------------------------------------------------------------------------

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

// One method after another, as a table.
// clang-format off
void bind_populations(Methods& network) {
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
}

void bind_checkpoints(Methods& network) {
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

void bind_projections(Methods& network) {
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

py::array_t<bool> to_mask(const std::vector<char>& flags) {
  py::array_t<bool> mask(static_cast<py::ssize_t>(flags.size()));
  std::transform(flags.begin(), flags.end(), mask.mutable_data(), [](char flag) { return flag != 0; });
  return mask;
}

void bind_structure(Methods& network) {
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
}

void bind_modulators(Methods& network) {
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
}

Owner to_owner(const std::string& name) {
  constexpr std::array<std::string_view, 4> names{"population", "projection", "drive", "controller"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Error("a parameter cannot belong to a " + name);
  return static_cast<Owner>(found - names.begin());
}

void bind_controllers(Methods& network) {
  network
      .def(
          "add_controller",
          [](Core& n, const std::string& name, const std::string& owner, std::size_t target, const py::object& ids, const std::string& acts_on,
             const std::string& part, const py::dict& params) {
            return n.on([&](auto& net) { return add_controller(net, name, to_owner(owner), target, to_ids(ids), acts_on, to_part(n.catalogue(), part, params)); });
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
              list.push_back({to_owner(change[0].cast<std::string>()), change[1].cast<std::size_t>(), to_ids(change[2]), change[3].cast<std::string>(),
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
            return n.on([&](auto& net) { return add_guard(net, to_owner(owner), target, to_ids(ids), low, high, window, stop); });
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
             return to_numpy(n.on([&](auto& net) { return effective(net, to_owner(owner), target, name); }));
           },
           py::arg("owner"), py::arg("target"), py::arg("name"));
}

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

void bind_rewiring(Methods& network) {
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

void bind_drives(Methods& network) {
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

void bind_recorders(Methods& network) {
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

void bind_network(py::module_& m) {
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
  bind_populations(network);
  bind_checkpoints(network);
  bind_projections(network);
  bind_structure(network);
  bind_modulators(network);
  bind_controllers(network);
  bind_rewiring(network);
  bind_drives(network);
  bind_recorders(network);
}
// clang-format on

}  // namespace

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
  bind_network(m);
  bind_changes(m);
}
