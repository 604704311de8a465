// One network, as Python holds it.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "claim.hpp"
#include "convert.hpp"
#include "engine/core/drives.hpp"
#include "engine/core/network.hpp"
#include "engine/core/populations.hpp"
#include "engine/core/projections.hpp"
#include "engine/core/time.hpp"

namespace plastica {

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
      core_.on([&](auto& net) { return plastica::set_schedule(net, id, field, to_vector(steps), to_vector(values)); });
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

// What Python can call, by topic: each stands in the file `register_TOPIC.cpp`.
void register_parts(py::module_& module);
void register_network(py::module_& module);
void register_populations(Methods& network);
void register_projections(Methods& network);
void register_structure(Methods& network);
void register_slow(Methods& network);
void register_recorders(Methods& network);
void register_checkpoint(Methods& network);

}  // namespace plastica
