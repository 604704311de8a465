// The parts that are compiled in: what cpp/parts/*/all.hpp list, as schemas, operations without the part's type, and kernels.
#include <algorithm>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "engine/catalogue.hpp"
#include "engine/drives/drive.hpp"
#include "engine/sources/source.hpp"
#include "parts/connectors/all.hpp"
#include "parts/controllers/all.hpp"
#include "parts/distributions/all.hpp"
#include "parts/membranes/all.hpp"
#include "parts/plasticity/all.hpp"
#include "parts/receptors/all.hpp"
#include "parts/stimuli/all.hpp"
#include "parts/structure/all.hpp"

namespace plastica {
namespace {

// Whether each state says what becomes of it while its network is frozen.
template <class States>
consteval bool all_say_when_frozen(const States& states) {
  return std::all_of(states.begin(), states.end(), [](const Field& state) { return state.when_frozen != WhenFrozen::unsaid; });
}

template <class States>
consteval bool none_stands_still(const States& states) {
  return std::none_of(states.begin(), states.end(), [](const Field& state) { return state.when_frozen == WhenFrozen::stands_still; });
}

// What the variants of a rule keep, each name once.
template <class... Variant>
std::vector<Field> states_of(std::tuple<Variant...>* /*variants*/) {
  std::vector<Field> fields;
  const auto add = [&](std::span<const Field> own) {
    for (const Field& field : own)
      if (std::none_of(fields.begin(), fields.end(), [&](const Field& known) { return known.name == field.name; })) fields.push_back(field);
  };
  (
      [&] {
        if constexpr (Variant::variables + Variant::neurons > 0) add(Variant::states);
      }(),
      ...);
  return fields;
}

template <class Part>
Schema schema_of(Kind kind) {
  if constexpr (requires { typename Part::Variants; }) {
    return owning({kind, Part::text, Part::fields, states_of(static_cast<typename Part::Variants*>(nullptr))});
  }
  if constexpr (requires { Part::states; }) {
    static_assert(all_say_when_frozen(Part::states), "declare each state with stands_still({...}) or goes_on({...})");
    return owning({kind, Part::text, Part::fields, Part::states});
  } else
    return owning({kind, Part::text, Part::fields});
}

template <class Part>
typename Part::Parameters parameters_of(const double* values) {
  typename Part::Parameters p{};
  for (std::size_t i = 0; i < Part::parameters.size(); ++i) p.*(Part::parameters[i].member) = values[i];
  return p;
}

template <class Tied, std::size_t... K>
void write([[maybe_unused]] Tied tied, [[maybe_unused]] double* out, std::index_sequence<K...> /*k*/) {
  ((out[K] = std::get<K>(tied)), ...);
}
template <class Struct>
void write(Struct s, double* out) {
  write(s.tie(), out, std::make_index_sequence<std::tuple_size_v<decltype(s.tie())>>{});
}
template <class Struct>
constexpr std::size_t size_of = std::tuple_size_v<decltype(std::declval<Struct&>().tie())>;

template <class Inner>
struct ErasedResponse final : MembraneResponse {
  explicit ErasedResponse(Inner inner) : inner_(inner) {}
  double constant() const override { return inner_.constant(); }
  double decaying(double tau) const override { return inner_.decaying(tau); }
  double ramping(double tau) const override { return inner_.ramping(tau); }

 private:
  Inner inner_;
};

template <class Part>
constexpr std::size_t threshold_of() {
  if constexpr (requires { Part::threshold; })
    return Part::threshold;
  else
    return size_of<typename Part::template Constants<double>>;
}

template <class Part>
constexpr std::size_t threshold_parameter_of() {
  std::size_t at = 0;
  if constexpr (requires { Part::threshold_parameter; })
    while (Part::parameters[at].member != Part::threshold_parameter) ++at;
  else
    at = Part::parameters.size();
  return at;
}

// Whether the first state is a potential that rules may read, and that currents move.
template <class Part>
constexpr bool has_potential() {
  if constexpr (requires { Part::has_potential; })
    return Part::has_potential;
  else if constexpr (Part::states.size() > 0)
    return Part::states[0].name == "V";
  return false;
}

template <class Part>
constexpr std::string_view receptor_of() {
  if constexpr (requires { Part::receptor; }) return Part::receptor;
  return {};
}

// A membrane takes conductances unless it declares `static constexpr bool conductances = false`.
template <class Part>
constexpr bool takes_conductances() {
  if constexpr (requires { Part::conductances; })
    return Part::conductances;
  else
    return true;
}

template <class Part>
MembraneOperations membrane_operations() {
  using Inner = decltype(Part::response(std::declval<typename Part::Parameters>(), 0.0));
  return {.schema = schema_of<Part>(Kind::membrane),
          .constants = size_of<typename Part::template Constants<double>>,
          .threshold = threshold_of<Part>(),
          .threshold_parameter = threshold_parameter_of<Part>(),
          .exact = Inner::exact,
          .conductances = takes_conductances<Part>(),
          .has_potential = has_potential<Part>(),
          .receptor = receptor_of<Part>(),
          .derive = [](const double* p, double h, double* out) { write(Part::derive(parameters_of<Part>(p), h), out); },
          .initial = [](const double* p, double* out) { write(Part::initial(parameters_of<Part>(p)), out); },
          .conflict = [](const double* p) { return std::string_view(Part::conflict(parameters_of<Part>(p))); },
          .exact_response = [](const double* p, double h) -> std::unique_ptr<MembraneResponse> {
            return std::make_unique<ErasedResponse<Inner>>(Part::response(parameters_of<Part>(p), h));
          },
          .same_response = [](const double* p,
                              const double* q) { return Part::response(parameters_of<Part>(p), 1.0) == Part::response(parameters_of<Part>(q), 1.0); }};
}

template <class Part>
ReceptorOperations receptor_operations() {
  return {.schema = schema_of<Part>(Kind::receptor),
          .constants = size_of<typename Part::template Constants<double>>,
          .jump = Part::effect == Effect::jump,
          .conductance = Part::effect == Effect::conductance,
          .weight_unit = Part::weight_unit,
          .derive = [](const double* p, double h, const MembraneResponse& response, double* out) {
            write(Part::derive(parameters_of<Part>(p), h, response), out);
          }};
}

template <class Part, class R>
void derive_rule(const double* p, double dt, R* out) {
  const auto constants = Part::template derive<R>(parameters_of<Part>(p), dt);
  static_assert(sizeof(constants) <= max_constants * sizeof(R) && std::is_trivially_copyable_v<decltype(constants)>);
  std::memcpy(out, &constants, sizeof(constants));
}

template <class Variant>
VariantTraits traits_of() {
  VariantTraits t{Variant::pre,
                  Variant::post,
                  Variant::variables,
                  Variant::neurons,
                  Variant::levels,
                  Variant::integrals,
                  Variant::axon,
                  Variant::separable,
                  Variant::weighted,
                  Variant::evolves,
                  Variant::everywhere,
                  Variant::compares,
                  Variant::owns,
                  Variant::reads_y_at_post,
                  Variant::random,
                  Variant::transmits,
                  Variant::ticks,
                  Variant::voltage,
                  {}};
  static_assert(!Variant::separable || Variant::voltage || (Variant::pre > 0 && Variant::post > 0),
                "a separable variant reads a trace of each side: leave `pre` and `post` at 1 or more, and let `needs` give both time constants");
  if constexpr (Variant::variables + Variant::neurons > 0) {
    static_assert(Variant::states.size() == static_cast<std::size_t>(Variant::variables + Variant::neurons), "one field for each variable");
    static_assert(all_say_when_frozen(Variant::states), "declare each state with stands_still({...}) or goes_on({...})");
    static_assert(!Variant::axon || none_stands_still(Variant::states), "variables of axons are short-term plasticity, which goes on");
    t.states.assign(Variant::states.begin(), Variant::states.end());
  }
  return t;
}

template <class... Variant>
std::vector<VariantTraits> traits_of_all(std::tuple<Variant...>* /*variants*/) {
  return {traits_of<Variant>()...};
}

// Kernels read as many traces and modulators as the variant says, whatever `needs` lists. Where they read the potential, filters take the place of
// postsynaptic traces.
template <class Part>
RuleNeeds checked(RuleNeeds needs, std::size_t variant) {
  static const auto variants = traits_of_all(static_cast<typename Part::Variants*>(nullptr));
  const VariantTraits& reads = variants.at(variant);
  const auto differ = [](int read, std::size_t listed) { return static_cast<std::size_t>(read) != listed; };
  if (!reads.axon && (differ(reads.pre, needs.pre.size()) || (!reads.voltage && differ(reads.post, needs.post.size())) ||
                      differ(reads.levels, needs.levels.size()) || differ(reads.integrals, needs.integrals.size())))
    throw Error(std::string(Part::text.name) + ": `needs` does not list as many traces and modulators as the variant reads");
  return needs;
}

template <class Part>
RuleNeeds needs_of(const double* p, [[maybe_unused]] std::span<const double> samples, [[maybe_unused]] double dt) {
  const auto parameters = parameters_of<Part>(p);
  const auto variant = static_cast<std::size_t>(Part::variant(parameters));
  if constexpr (requires { Part::needs(parameters, samples, dt); })
    return checked<Part>(Part::needs(parameters, samples, dt), variant);
  else
    return checked<Part>(Part::needs(parameters), variant);
}

template <class Part>
RuleOperations rule_operations() {
  RuleOperations out{.schema = schema_of<Part>(Kind::rule),
                     .variant = [](const double* p) { return static_cast<std::size_t>(Part::variant(parameters_of<Part>(p))); },
                     .variants = traits_of_all(static_cast<typename Part::Variants*>(nullptr)),
                     .needs = needs_of<Part>,
                     .conflict = nullptr,
                     .initial = nullptr,
                     .adopt = nullptr,
                     .express = nullptr,
                     .derive_float = derive_rule<Part, float>,
                     .derive_double = derive_rule<Part, double>};
  if constexpr (requires { &Part::conflict; }) out.conflict = [](const double* p) { return std::string_view(Part::conflict(parameters_of<Part>(p))); };
  if constexpr (requires { &Part::initial; }) out.initial = [](const double* p, double w, double* own) { Part::initial(parameters_of<Part>(p), w, own); };
  if constexpr (requires { &Part::adopt; }) out.adopt = [](const double* p, double w, double* own) { Part::adopt(parameters_of<Part>(p), w, own); };
  if constexpr (requires { &Part::express; })
    out.express = [](const double* p, double w, const double* own) { return Part::express(parameters_of<Part>(p), w, own); };
  return out;
}

template <class Part>
void tick_controller(const ControllerBlock& b) {
  constexpr std::size_t width = Part::parameters.size();
  std::array<double, width> row{};
  bool vary = false;
  for (std::size_t c = 0; c < width; ++c) {
    row[c] = b.parameters[c][0];
    vary = vary || b.parameter_varies[c] != 0;
  }
  typename Part::Parameters p = parameters_of<Part>(row.data());
  const auto update = [&]<std::size_t... K>(std::size_t i, std::index_sequence<K...> /*k*/) {
    typename Part::State s{};
    ((std::get<K>(s.tie()) = b.state[K][i]), ...);
    if (b.moves) Part::tick(p, b.sensed != nullptr ? b.sensed[i] : b.common, b.seconds, s);
    ((b.state[K][i] = std::get<K>(s.tie())), ...);
    b.effect[i] = Part::effect(p, s);
  };
  for (std::size_t i = 0; i < b.count; ++i) {
    if (vary) {
      for (std::size_t c = 0; c < width; ++c) row[c] = b.parameters[c][i & b.parameter_varies[c]];
      p = parameters_of<Part>(row.data());
    }
    update(i, std::make_index_sequence<Part::states.size()>{});
  }
}

template <class Part>
ControllerOperations controller_operations() {
  ControllerOperations out{};
  out.schema = schema_of<Part>(Kind::controller);
  out.targets = Part::targets;
  out.senses = Part::senses;
  out.act = [](const double* p) { return Part::act(parameters_of<Part>(p)); };
  out.conflict = [](const double* p) { return std::string_view(Part::conflict(parameters_of<Part>(p))); };
  if constexpr (Part::senses == Senses::weights) {
    out.of_source = [](const double* p) { return Part::of_source(parameters_of<Part>(p)); };
    out.term = [](const double* p, double magnitude) { return Part::term(parameters_of<Part>(p), magnitude); };
    out.change = [](const double* p, double sum, double at_start, double count) { return Part::change(parameters_of<Part>(p), sum, at_start, count); };
  } else {
    out.initial = [](const double* p, double* state) { write(Part::initial(parameters_of<Part>(p)), state); };
    out.tick = tick_controller<Part>;
  }
  if constexpr (Part::senses == Senses::spikes) {
    out.sensor = [](const double* p) { return Part::sensor(parameters_of<Part>(p)); };
    out.of_population = [](const double* p) { return Part::of_population(parameters_of<Part>(p)); };
  }
  return out;
}

template <class Part>
NewSynapses new_synapses(const double* values) {
  const auto p = parameters_of<Part>(values);
  NewSynapses fresh;
  if constexpr (requires { p.weight; }) fresh.weight = p.weight;
  if constexpr (requires { p.w_new; }) fresh.weight = p.w_new;
  if constexpr (requires { p.max_rate; }) fresh.most = p.max_rate;
  if constexpr (requires { p.max_in_degree; }) fresh.max_in_degree = p.max_in_degree;
  if constexpr (requires { p.delay; }) {
    fresh.delay = p.delay;
    fresh.width = p.width;
    fresh.speed = p.speed;
    fresh.partners = static_cast<Partners>(p.pairing);
    fresh.autapses = p.autapses != 0;
    fresh.multapses = p.multapses != 0;
  }
  return fresh;
}

template <class Part>
LawOperations law_operations() {
  constexpr bool revises = requires { &Part::revise; };
  LawOperations out{.schema = schema_of<Part>(Kind::structure),
                    .elements = {},
                    .forms = requires(typename Part::Parameters p) { p.delay; },
                    .interval = [](const double* p) { return parameters_of<Part>(p).interval; },
                    .conflict = [](const double* /*p*/) { return std::string_view(); },
                    .fresh = new_synapses<Part>,
                    .revise = nullptr,
                    .reads_weight = nullptr,
                    .writes_weight = nullptr,
                    .draws = nullptr,
                    .replaces = [](const double* /*p*/) { return false; },
                    .attempts = nullptr};
  if constexpr (requires { Part::elements; }) out.elements = Part::elements;
  if constexpr (requires { &Part::conflict; }) out.conflict = [](const double* p) { return std::string_view(Part::conflict(parameters_of<Part>(p))); };
  if constexpr (revises) {
    out.revise = [](const double* values, std::span<const SynapseView> synapses, double* weights) {
      const auto p = parameters_of<Part>(values);
      for (std::size_t i = 0; i < synapses.size(); ++i) weights[i] = Part::revise(p, synapses[i]);
    };
    out.reads_weight = [](const double* p) { return Part::reads_weight(parameters_of<Part>(p)); };
    out.writes_weight = [](const double* p) { return Part::writes_weight(parameters_of<Part>(p)); };
    out.draws = [](const double* p) { return Part::draws(parameters_of<Part>(p)); };
  }
  if constexpr (requires { &Part::replaces; }) out.replaces = [](const double* p) { return Part::replaces(parameters_of<Part>(p)); };
  if constexpr (requires { &Part::attempts; }) out.attempts = [](const double* p, double seconds) { return Part::attempts(parameters_of<Part>(p), seconds); };
  return out;
}

template <class Part>
ElementsOperations elements_operations() {
  return {.schema = schema_of<Part>(Kind::elements),
          .conflict = [](const double* p) { return std::string_view(Part::conflict(parameters_of<Part>(p))); },
          .growth = [](const double* p, double calcium) { return Part::growth(parameters_of<Part>(p), calcium); }};
}

// Whole parts, by the kind of their list.
template <class Part>
std::shared_ptr<MembranePart> make_part(Membranes* /*list*/) {
  return std::make_shared<MembranePart>(membrane_operations<Part>());
}
template <class Part>
std::shared_ptr<ReceptorPart> make_part(Receptors* /*list*/) {
  return std::make_shared<ReceptorPart>(receptor_operations<Part>());
}
template <class Part>
std::shared_ptr<RulePart> make_part(Rules* /*list*/) {
  return std::make_shared<RulePart>(rule_operations<Part>());
}
template <class Part>
std::shared_ptr<ControllerPart> make_part(Controllers* /*list*/) {
  return std::make_shared<ControllerPart>(controller_operations<Part>());
}
template <class Part>
std::shared_ptr<LawPart> make_part(Laws* /*list*/) {
  return std::make_shared<LawPart>(law_operations<Part>());
}
template <class Part>
std::shared_ptr<ElementsPart> make_part(Elements* /*list*/) {
  return std::make_shared<ElementsPart>(elements_operations<Part>());
}

// A schedule is of the first parameter.
template <class Part>
consteval bool only_the_first_is_scheduled() {
  return std::none_of(Part::fields.begin() + (Part::fields.empty() ? 0 : 1), Part::fields.end(), [](const Field& field) { return field.scheduled; });
}

template <class Part>
std::shared_ptr<StimulusPart> make_part(Stimuli* /*list*/) {
  static_assert(!Part::fields.empty() && only_the_first_is_scheduled<Part>(), "a stimulus has a parameter, and only the first may be scheduled");
  constexpr bool into_receptor = requires { Part::into_receptor; };
  return std::make_shared<StimulusPart>(StimulusPart{schema_of<Part>(Kind::stimulus), into_receptor, {make_drive<float, Part>, make_drive<double, Part>}});
}
template <class Part>
std::shared_ptr<SourcePart> make_part(Sources* /*list*/) {
  static_assert(only_the_first_is_scheduled<Part>(), "only the first parameter of a source may be scheduled");
  constexpr bool takes_spikes = requires { Part::takes_spikes; };
  std::string_view once_a_step;
  if constexpr (requires { Part::once_a_step; }) once_a_step = Part::once_a_step;
  return std::make_shared<SourcePart>(
      SourcePart{schema_of<Part>(Kind::source), takes_spikes, once_a_step, {make_source<float, Part>, make_source<double, Part>}});
}

template <class... Part>
auto make_parts(std::tuple<Part...>* list) {
  return std::vector{make_part<Part>(list)...};
}

// The kernels of the k-th part of a list.
template <class Part, class Set>
void put_kernels(std::vector<std::shared_ptr<Part>>& parts, Isa isa, const Set* sets) {
  for (std::size_t k = 0; k < parts.size(); ++k) parts[k]->kernels.put(isa, sets[k]);
}

template <class... Part>
void append(std::vector<Schema>& schemas, Kind kind, std::tuple<Part...>* /*parts*/) {
  (schemas.push_back(schema_of<Part>(kind)), ...);
}

}  // namespace

const Catalogue& Catalogue::built_in() {
  static const Catalogue made = [] {
    Catalogue catalogue;
    auto membranes = make_parts(static_cast<Membranes*>(nullptr));
    auto receptors = make_parts(static_cast<Receptors*>(nullptr));
    auto rules = make_parts(static_cast<Rules*>(nullptr));
    const auto put = [&](Isa isa, const auto& kernels) {
      put_kernels(membranes, isa, kernels.membranes);
      put_kernels(receptors, isa, kernels.receptors);
      put_kernels(rules, isa, kernels.rules);
    };
    for (const Isa isa : available_isas()) {
      put(isa, part_kernels<float>(isa));
      put(isa, part_kernels<double>(isa));
    }
    const auto take = [](auto& list, const auto& parts) { list.assign(parts.begin(), parts.end()); };
    take(catalogue.membranes_, membranes);
    take(catalogue.receptors_, receptors);
    take(catalogue.rules_, rules);
    take(catalogue.sources_, make_parts(static_cast<Sources*>(nullptr)));
    take(catalogue.stimuli_, make_parts(static_cast<Stimuli*>(nullptr)));
    take(catalogue.controllers_, make_parts(static_cast<Controllers*>(nullptr)));
    take(catalogue.laws_, make_parts(static_cast<Laws*>(nullptr)));
    take(catalogue.elements_, make_parts(static_cast<Elements*>(nullptr)));
    return catalogue;
  }();
  return made;
}

const Schema& Catalogue::schema(std::string_view name) const { return find_schema(schemas_, name); }

bool Catalogue::is_new(const Schema& schema) {
  const auto known = std::find_if(schemas_.begin(), schemas_.end(), [&](const Schema& other) { return other.text.name == schema.text.name; });
  if (known == schemas_.end()) {
    schemas_.push_back(schema);
    return true;
  }
  if (hash_of(*known) == hash_of(schema)) return false;
  throw Error("there is another " + std::string(kind_name(known->kind)) + " '" + std::string(schema.text.name) + "'; give this one a name of its own");
}

std::unique_ptr<MembraneResponse> mean_response(double h) { return std::make_unique<ErasedResponse<MeanResponse>>(MeanResponse{h}); }

const std::vector<Schema>& all_schemas() {
  static const std::vector<Schema> list = [] {
    std::vector<Schema> schemas;
    append(schemas, Kind::membrane, static_cast<Membranes*>(nullptr));
    append(schemas, Kind::source, static_cast<Sources*>(nullptr));
    append(schemas, Kind::receptor, static_cast<Receptors*>(nullptr));
    append(schemas, Kind::rule, static_cast<Rules*>(nullptr));
    append(schemas, Kind::connector, static_cast<Connectors*>(nullptr));
    append(schemas, Kind::stimulus, static_cast<Stimuli*>(nullptr));
    append(schemas, Kind::distribution, static_cast<Distributions*>(nullptr));
    append(schemas, Kind::controller, static_cast<Controllers*>(nullptr));
    append(schemas, Kind::elements, static_cast<Elements*>(nullptr));
    append(schemas, Kind::structure, static_cast<Laws*>(nullptr));
    return schemas;
  }();
  return list;
}

}  // namespace plastica
