// The parts that exist: what cpp/parts/*/all.hpp list, as schemas and type-erased operations.
#include <algorithm>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "parts/connectors/all.hpp"
#include "parts/controllers/all.hpp"
#include "parts/distributions/all.hpp"
#include "parts/membranes/all.hpp"
#include "parts/plasticity/all.hpp"
#include "parts/receptors/all.hpp"
#include "parts/stimuli/all.hpp"
#include "parts/structure/all.hpp"
#include "schema/operations.hpp"

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
    static const std::vector<Field> states = states_of(static_cast<typename Part::Variants*>(nullptr));
    return {kind, Part::text, Part::fields, states};
  }
  if constexpr (requires { Part::states; }) {
    static_assert(all_say_when_frozen(Part::states), "declare each state with stands_still({...}) or goes_on({...})");
    return {kind, Part::text, Part::fields, Part::states};
  } else
    return {kind, Part::text, Part::fields};
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
          .exact = !std::is_same_v<Inner, MeanResponse>,
          .conductances = takes_conductances<Part>(),
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
    t.states = Variant::states;
  }
  return t;
}

template <class... Variant>
std::vector<VariantTraits> traits_of_all(std::tuple<Variant...>* /*variants*/) {
  return {traits_of<Variant>()...};
}

// Kernels read as many traces and modulators as the variant says, whatever `needs` lists.
template <class Part>
RuleNeeds checked(RuleNeeds needs, std::size_t variant) {
  static const auto variants = traits_of_all(static_cast<typename Part::Variants*>(nullptr));
  const VariantTraits& reads = variants.at(variant);
  const auto differ = [](int read, std::size_t listed) { return static_cast<std::size_t>(read) != listed; };
  if (!reads.axon && (differ(reads.pre, needs.pre.size()) || differ(reads.post, needs.post.size()) || differ(reads.levels, needs.levels.size()) ||
                      differ(reads.integrals, needs.integrals.size())))
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
  constexpr bool grows = requires { Part::elements; };
  constexpr bool revises = requires { &Part::revise; };
  LawOperations out{.schema = schema_of<Part>(Kind::structure),
                    .elements = grows,
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

template <class... Part>
std::vector<LawOperations> list_laws(std::tuple<Part...>* /*parts*/) {
  return {law_operations<Part>()...};
}
template <class... Part>
std::vector<ElementsOperations> list_elements(std::tuple<Part...>* /*parts*/) {
  return {elements_operations<Part>()...};
}
template <class... Part>
std::vector<ControllerOperations> list_controllers(std::tuple<Part...>* /*parts*/) {
  return {controller_operations<Part>()...};
}
template <class... Part>
std::vector<MembraneOperations> list_membranes(std::tuple<Part...>* /*parts*/) {
  return {membrane_operations<Part>()...};
}
template <class... Part>
std::vector<ReceptorOperations> list_receptors(std::tuple<Part...>* /*parts*/) {
  return {receptor_operations<Part>()...};
}
template <class... Part>
std::vector<RuleOperations> list_rules(std::tuple<Part...>* /*parts*/) {
  return {rule_operations<Part>()...};
}
template <class... Part>
void append(std::vector<Schema>& schemas, Kind kind, std::tuple<Part...>* /*parts*/) {
  (schemas.push_back(schema_of<Part>(kind)), ...);
}

}  // namespace

const std::vector<MembraneOperations>& membranes() {
  static const auto list = list_membranes(static_cast<Membranes*>(nullptr));
  return list;
}
const std::vector<ReceptorOperations>& receptors() {
  static const auto list = list_receptors(static_cast<Receptors*>(nullptr));
  return list;
}
const std::vector<ControllerOperations>& controllers() {
  static const auto list = list_controllers(static_cast<Controllers*>(nullptr));
  return list;
}
const std::vector<LawOperations>& laws() {
  static const auto list = list_laws(static_cast<Laws*>(nullptr));
  return list;
}
const std::vector<ElementsOperations>& elements() {
  static const auto list = list_elements(static_cast<Elements*>(nullptr));
  return list;
}
const std::vector<RuleOperations>& rules() {
  static const auto list = list_rules(static_cast<Rules*>(nullptr));
  return list;
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
