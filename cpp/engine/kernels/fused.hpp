// Membrane and receptors in one pass, several steps at a time, for the combinations that large networks are made of. The same arithmetic
// in the same order as the separate passes (update.hpp), whose result is its oracle. Here the state of a vector of neurons stays in registers
// from the first step to the last.
#pragma once
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "base/vector.hpp"
#include "engine/kernels/update.hpp"

namespace plastica::inline PLASTICA_ISA {

// The columns of a part, and its constants, which are the same for all neurons, in every lane of a vector.
template <class R, class Part>
struct FusedPart {
  using V = Vector<R>;
  using Constants = typename Part::template Constants<V>;
  Columns<V, typename Part::template State<V>, R*> state;
  Constants constants;

  PLASTICA_FN FusedPart(R* const* columns, const R* const* values) : state(columns) { Columns<V, Constants, const R*>(values).repeat(constants); }
};

// A membrane, whose threshold or all constants may differ from neuron to neuron: then they are read at every step.
template <class R, class Membrane, Differs differs>
struct FusedMembrane : FusedPart<R, Membrane> {
  using V = Vector<R>;
  using Constants = typename Membrane::template Constants<V>;
  Columns<V, Constants, const R*> columns;

  PLASTICA_FN explicit FusedMembrane(const FusedBlock<R>& b) : FusedPart<R, Membrane>(b.state, b.constants), columns(b.constants) {}
  PLASTICA_FN Constants of(std::size_t neuron) const {
    Constants c = this->constants;
    if constexpr (differs == Differs::threshold)
      std::get<Membrane::threshold>(c.tie()) = plastica::load<V>(columns.column[Membrane::threshold] + neuron);
    else if constexpr (differs == Differs::all)
      columns.load(c, neuron);
    return c;
  }
};

template <class R, class Receptor>
struct FusedReceptor : FusedPart<R, Receptor> {
  using V = Vector<R>;
  R* arrivals;

  PLASTICA_FN explicit FusedReceptor(const FusedInput<R>& in) : FusedPart<R, Receptor>(in.state, in.constants), arrivals(in.arrivals) {}

  // Takes what arrives, in row and column `at`, and leaves zeros.
  PLASTICA_FN void step(typename Receptor::template State<V>& s, V& membrane_V, Input<V>& in, std::size_t at) const {
    const V out = Receptor::step(s, this->constants, plastica::load<V>(arrivals + at), membrane_V);
    plastica::store(arrivals + at, V{});
    if constexpr (Receptor::effect == Effect::jump) membrane_V += out;
    if constexpr (Receptor::effect == Effect::current) in.current += out;
    if constexpr (Receptor::effect == Effect::conductance) {
      in.conductance += out;
      in.reversal += out * this->constants.E_rev;
    }
  }
};

template <class R, Differs differs, class Parts, class Membrane, class... Receptor>
struct Fused;

template <class R, Differs differs, std::size_t... I, class Membrane, class... Receptor>
struct Fused<R, differs, std::index_sequence<I...>, Membrane, Receptor...> {
  using V = Vector<R>;
  using Bits = Mask<V>;
  using Bit = Element<Bits>;
  using Parts = std::index_sequence<I...>;
  static constexpr bool conductances = ((Receptor::effect == Effect::conductance) || ...);
  static constexpr std::size_t lanes = lanes_of<R>;
  // Vectors worked on in turn: the operations of a step depend on each other, those of different vectors do not. As many as stay in registers.
  static constexpr std::size_t variables = (members<typename Membrane::template State<V>> + ... + members<typename Receptor::template State<V>>);
  static constexpr std::size_t groups = variables > 2 ? 2 : 4;

  // A vector of neurons.
  struct Group {
    typename Membrane::template State<V> membrane;
    std::tuple<typename Receptor::template State<V>...> receptors;
    Bits fired;  // bit j: in step j
  };

  FusedMembrane<R, Membrane, differs> membrane;
  std::tuple<FusedReceptor<R, Receptor>...> receptors;

  PLASTICA_FN explicit Fused(const FusedBlock<R>& b) : membrane(b), receptors(FusedReceptor<R, Receptor>(b.inputs[I])...) {}

  template <std::size_t... K>
  PLASTICA_FN void load(Group& g, std::size_t i, std::index_sequence<K...> /*k*/) const {
    membrane.state.load(g.membrane, i);
    (std::get<K>(receptors).state.load(std::get<K>(g.receptors), i), ...);
    g.fired = Bits{};
  }
  template <std::size_t... K>
  PLASTICA_FN void step(Group& g, std::size_t at, std::size_t neuron, Bits bit, std::index_sequence<K...> /*k*/) const {
    Input<V> in{nothing<V>, nothing<V>, nothing<V>};
    (std::get<K>(receptors).step(std::get<K>(g.receptors), g.membrane.V, in, at), ...);
    const auto spike = Membrane::template step<V, conductances>(g.membrane, membrane.of(neuron), in);
    g.fired = spike ? g.fired | bit : g.fired;
  }
  template <std::size_t... K>
  PLASTICA_FN void store(Group& g, std::size_t i, Bit* fired, std::index_sequence<K...> /*k*/) const {
    membrane.state.store(g.membrane, i);
    (std::get<K>(receptors).state.store(std::get<K>(g.receptors), i), ...);
    plastica::store(fired, g.fired);
  }

  // Several groups through all steps.
  template <std::size_t... G>
  PLASTICA_FN void advance(std::size_t at, std::size_t stride, std::size_t steps, Bit* fired, std::index_sequence<G...> /*g*/) const {
    std::array<Group, sizeof...(G)> group;
    (load(std::get<G>(group), at + G * lanes, Parts{}), ...);
    Bits bit = Bits{} + 1;
    for (std::size_t j = 0; j < steps; ++j) {
      (step(std::get<G>(group), j * stride + at + G * lanes, at + G * lanes, bit, Parts{}), ...);
      bit += bit;
    }
    (store(std::get<G>(group), at + G * lanes, fired + G * lanes, Parts{}), ...);
  }

  // The neurons of a chunk that fired, step by step.
  PLASTICA_FN static void note(const FusedBlock<R>& b, std::size_t chunk, const Bit* fired) {
    Bit any = 0;
    for (std::size_t l = 0; l < chunk_size; ++l) any |= fired[l];
    for (std::size_t j = 0; any != 0; ++j, any >>= 1) {
      if ((any & 1) == 0) continue;
      Neuron* const list = b.fired + j * b.stride;
      std::size_t count = b.fired_count[j];
      for (std::size_t l = 0; l < chunk_size; ++l) {
        list[count] = b.first + static_cast<Neuron>(chunk + l);
        count += static_cast<std::size_t>(fired[l] >> j & 1);
      }
      b.fired_count[j] = count;
    }
  }

  template <std::size_t together>
  PLASTICA_FN void run(const FusedBlock<R>& b, std::size_t steps) const {
    for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
      alignas(64) Bit fired[chunk_size];
      for (std::size_t l = 0; l < chunk_size; l += together * lanes) advance(chunk + l, b.stride, steps, fired + l, std::make_index_sequence<together>{});
      note(b, chunk, fired);
    }
  }
};

template <class R, Differs differs, class Membrane, class... Receptor>
void fused_kernel(const FusedBlock<R>& b) {
  const Fused<R, differs, std::index_sequence_for<Receptor...>, Membrane, Receptor...> fused(b);
  if (b.steps == 1)
    fused.template run<1>(b, 1);
  else
    fused.template run<fused.groups>(b, b.steps);
}

// ---- which there are ------------------------------------------------------------------------------------------------------------------

// Whether large networks are made of the part, so that it is worth a pass of its own: `static constexpr bool fused = true`.
template <class Part>
constexpr bool is_fused() {
  if constexpr (requires { Part::fused; }) return Part::fused;
  return false;
}

template <class R, class Receptor>
constexpr ReceptorKernel<R> kernel_of = receptor_kernel<R, Arithmetic<Receptor>, false>;

template <class R, class Membrane, class... Receptor>
constexpr FusedCase<R> fused_case() {
  FusedCase<R> made{{kernel_of<R, Receptor>...}, false, {}};
  made.step[static_cast<std::size_t>(Differs::none)] = fused_kernel<R, Differs::none, Membrane, Receptor...>;
  made.step[static_cast<std::size_t>(Differs::threshold)] = fused_kernel<R, Differs::threshold, Membrane, Receptor...>;
  made.step[static_cast<std::size_t>(Differs::all)] = fused_kernel<R, Differs::all, Membrane, Receptor...>;
  return made;
}

template <class R>
struct FusedCases {
  FusedCase<R> list[64];
  std::size_t count;
};

template <class R, class Membrane, class First, class Second>
constexpr void add_pair(FusedCases<R>& cases) {
  auto made = fused_case<R, Membrane, First, Second>();
  cases.list[cases.count++] = made;
  // The sum of two inputs does not depend on their order; whether V has jumped before the other receptor sees it does.
  if constexpr (First::effect != Effect::jump && Second::effect != Effect::jump && !std::is_same_v<First, Second>) {
    made.receptors[0] = kernel_of<R, Second>;
    made.receptors[1] = kernel_of<R, First>;
    made.swapped = true;
    cases.list[cases.count++] = made;
  }
}

// The membrane with each of the receptors alone, and with each pair of them.
template <class R, class Membrane>
constexpr void add_cases(FusedCases<R>& /*cases*/, std::tuple<>* /*receptors*/) {}
template <class R, class Membrane, class First, class... Other>
constexpr void add_cases(FusedCases<R>& cases, std::tuple<First, Other...>* /*receptors*/) {
  if constexpr (is_fused<First>()) {
    cases.list[cases.count++] = fused_case<R, Membrane, First>();
    add_pair<R, Membrane, First, First>(cases);
    (
        [&] {
          if constexpr (is_fused<Other>()) add_pair<R, Membrane, First, Other>(cases);
        }(),
        ...);
  }
  add_cases<R, Membrane>(cases, static_cast<std::tuple<Other...>*>(nullptr));
}

template <class R, class Membrane, class Receptors>
constexpr FusedCases<R> all_cases() {
  FusedCases<R> cases{};
  if constexpr (is_fused<Membrane>()) add_cases<R, Membrane>(cases, static_cast<Receptors*>(nullptr));
  return cases;
}

}  // namespace plastica::inline PLASTICA_ISA
