// The parts that a network can be made of: those that are compiled in, and those that it is given besides. A part is one object that never
// changes: its declaration, what it says of its parameters, and its kernels.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/cpu.hpp"
#include "engine/kernels/kernels.hpp"
#include "schema/operations.hpp"

namespace plastica {

// A part's kernels for every instruction set of this machine, in both precisions.
template <template <class> class Set>
class KernelSets {
 public:
  template <class R>
  const Set<R>& of(Isa isa) const {
    return std::get<std::array<Set<R>, isas>>(sets_)[static_cast<std::size_t>(isa)];
  }
  template <class R>
  void put(Isa isa, const Set<R>& kernels) {
    std::get<std::array<Set<R>, isas>>(sets_)[static_cast<std::size_t>(isa)] = kernels;
  }

 private:
  static constexpr std::size_t isas = static_cast<std::size_t>(Isa::avx512) + 1;
  std::tuple<std::array<Set<float>, isas>, std::array<Set<double>, isas>> sets_{};
};

struct MembranePart : MembraneOperations {
  KernelSets<MembraneKernels> kernels = {};
};
struct ReceptorPart : ReceptorOperations {
  KernelSets<ReceptorKernels> kernels = {};
};
struct RulePart : RuleOperations {
  KernelSets<VariantKernels> kernels = {};
};
// Makes objects of one kind, in both precisions.
template <template <class> class Thing>
class Maker {
 public:
  template <class R>
  using Function = std::unique_ptr<Thing<R>> (*)();
  Maker(Function<float> in_float, Function<double> in_double) : functions_(in_float, in_double) {}
  template <class R>
  std::unique_ptr<Thing<R>> make() const {
    return std::get<Function<R>>(functions_)();
  }

 private:
  std::tuple<Function<float>, Function<double>> functions_;
};

template <class R>
struct Drive;
struct StimulusPart {
  Schema schema;
  bool into_receptor;  // it is spikes with a weight, which a receptor gets; else it is a current
  Maker<Drive> maker;
};
template <class R>
struct Source;
struct SourcePart {
  Schema schema;
  bool takes_spikes;
  std::string_view once_a_step;  // the parameter that is a rate of spikes, of which a step holds one at most; or empty
  Maker<Source> maker;
};
using ControllerPart = ControllerOperations;
using LawPart = LawOperations;
using ElementsPart = ElementsOperations;

// Parts of one kind, by name, in the order in which they came.
template <class Part>
using PartList = std::vector<std::shared_ptr<const Part>>;

// The part of a name, if there is one.
template <class Part>
std::shared_ptr<const Part> part_if_any(const PartList<Part>& list, std::string_view name) {
  for (const auto& part : list)
    if (part->schema.text.name == name) return part;
  return nullptr;
}

// The part of a name. Throws UnknownName.
template <class Part>
const std::shared_ptr<const Part>& find_part(const PartList<Part>& list, std::string_view name, std::string_view kind) {
  std::vector<std::string> names;
  for (const auto& part : list) {
    if (part->schema.text.name == name) return part;
    names.emplace_back(part->schema.text.name);
  }
  throw UnknownName("there is no " + std::string(kind) + " '" + std::string(name) + "'; " + suggestion(name, names));
}

// A value: to give a network more parts changes no other network. Parts themselves are shared.
class Catalogue {
 public:
  // What is compiled in.
  static const Catalogue& built_in();

  const std::shared_ptr<const MembranePart>& membrane(std::string_view name) const { return find_part(membranes_, name, "neuron model"); }
  const std::shared_ptr<const ReceptorPart>& receptor(std::string_view name) const { return find_part(receptors_, name, "receptor"); }
  const std::shared_ptr<const RulePart>& rule(std::string_view name) const { return find_part(rules_, name, "plasticity rule"); }
  const std::shared_ptr<const ControllerPart>& controller(std::string_view name) const { return find_part(controllers_, name, "controller"); }
  const std::shared_ptr<const LawPart>& law(std::string_view name) const { return find_part(laws_, name, "law of structure"); }
  const std::shared_ptr<const ElementsPart>& elements(std::string_view name) const { return find_part(elements_, name, "kind of synaptic elements"); }

  const std::shared_ptr<const StimulusPart>& stimulus(std::string_view name) const { return find_part(stimuli_, name, "stimulus"); }
  // Null where the name is that of another part.
  std::shared_ptr<const SourcePart> source(std::string_view name) const { return part_if_any(sources_, name); }
  const PartList<SourcePart>& sources() const { return sources_; }

  // Of a part of any kind. Throws UnknownName.
  const Schema& schema(std::string_view name) const;
  // Of all parts.
  const std::vector<Schema>& schemas() const { return schemas_; }

  // Adds a part. Nothing happens if it is there already; another part of that name is an error.
  void define(std::shared_ptr<const MembranePart> part) { add(membranes_, std::move(part)); }
  void define(std::shared_ptr<const ReceptorPart> part) { add(receptors_, std::move(part)); }
  void define(std::shared_ptr<const RulePart> part) { add(rules_, std::move(part)); }

 private:
  Catalogue() = default;
  template <class Part>
  void add(PartList<Part>& list, std::shared_ptr<const Part> part) {
    if (is_new(part->schema)) list.push_back(std::move(part));
  }
  // Remembers the schema; false where the same is known.
  bool is_new(const Schema& schema);

  PartList<MembranePart> membranes_;
  PartList<SourcePart> sources_;
  PartList<ReceptorPart> receptors_;
  PartList<RulePart> rules_;
  PartList<StimulusPart> stimuli_;
  PartList<ControllerPart> controllers_;
  PartList<LawPart> laws_;
  PartList<ElementsPart> elements_;
  std::vector<Schema> schemas_ = all_schemas();
};

}  // namespace plastica
