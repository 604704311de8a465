// Receptors and membranes, one block of neurons at a time. The functions of the parts work on whole vectors.
#pragma once
#include <array>
#include <tuple>
#include <utility>

#include "base/types.hpp"
#include "base/vector.hpp"
#include "engine/kernels/kernels.hpp"
#include "parts/membranes/membrane.hpp"
#include "parts/receptors/receptor.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class Struct>
inline constexpr std::size_t members = std::tuple_size_v<decltype(std::declval<Struct&>().tie())>;

// The columns of a state or of constants, whose members are vectors. The pointers are held in local variables, so that the compiler need not
// fear that stores change them.
template <class V, class Struct, class Pointer>
struct Columns {
  using Members = std::make_index_sequence<members<Struct>>;
  std::array<Pointer, members<Struct>> column;

  PLASTICA_FN explicit Columns(Pointer const* source) {
    for (std::size_t k = 0; k < column.size(); ++k) column[k] = source[k];
  }
  PLASTICA_FN void load(Struct& s, std::size_t i) const { load(s, i, Members{}); }
  PLASTICA_FN void store(Struct& s, std::size_t i) const { store(s, i, Members{}); }
  // The first value of each column, which is the same for all neurons, in every lane.
  PLASTICA_FN void repeat(Struct& s) const { repeat(s, Members{}); }

 private:
  template <std::size_t... K>
  PLASTICA_FN void load([[maybe_unused]] Struct& s, [[maybe_unused]] std::size_t i, std::index_sequence<K...> /*k*/) const {
    ((std::get<K>(s.tie()) = plastica::load<V>(column[K] + i)), ...);
  }
  template <std::size_t... K>
  PLASTICA_FN void store([[maybe_unused]] Struct& s, [[maybe_unused]] std::size_t i, std::index_sequence<K...> /*k*/) const {
    (plastica::store(column[K] + i, std::get<K>(s.tie())), ...);
  }
  template <std::size_t... K>
  PLASTICA_FN void repeat([[maybe_unused]] Struct& s, std::index_sequence<K...> /*k*/) const {
    ((std::get<K>(s.tie()) = broadcast<V>(column[K][0])), ...);
  }
};

template <class V, class R>
PLASTICA_FN void add(R* to, V more) {
  store(to, load<V>(to) + more);
}

// A part may do what another one does with other names and parameters: `using Arithmetic` says so.
template <class Part>
struct ArithmeticOf {
  using type = Part;
};
template <class Part>
  requires requires { typename Part::Arithmetic; }
struct ArithmeticOf<Part> {
  using type = typename Part::Arithmetic;
};
template <class Part>
using Arithmetic = typename ArithmeticOf<Part>::type;

template <class R, class Receptor, bool per_neuron>
void receptor_kernel(const ReceptorBlock<R>& b) {
  using V = Vector<R>;
  using State = typename Receptor::template State<V>;
  using Constants = typename Receptor::template Constants<V>;
  const Columns<V, State, R*> state(b.state);
  const Columns<V, Constants, const R*> constants(b.constants);
  Constants c;
  constants.repeat(c);
  R* const arrivals = b.arrivals;
  R* const potential = b.V;
  R* const current = b.current;
  R* const conductance = b.conductance;
  R* const reversal = b.reversal;
  const std::size_t count = b.count;
  for (std::size_t i = 0; i < count; i += lanes_of<R>) {
    State s;
    state.load(s, i);
    if constexpr (per_neuron) constants.load(c, i);
    const V out = Receptor::step(s, c, load<V>(arrivals + i), load<V>(potential + i));
    state.store(s, i);
    store(arrivals + i, V{});
    if constexpr (Receptor::effect == Effect::jump) add(potential + i, out);
    if constexpr (Receptor::effect == Effect::current) add(current + i, out);
    if constexpr (Receptor::effect == Effect::conductance) {
      add(conductance + i, out);
      add(reversal + i, out * c.E_rev);
    }
  }
}

template <class R, class Membrane, bool per_neuron, bool conductances>
std::size_t membrane_kernel(const MembraneBlock<R>& b) {
  using V = Vector<R>;
  using Bits = Mask<V>;
  using State = typename Membrane::template State<V>;
  using Constants = typename Membrane::template Constants<V>;
  const Columns<V, State, R*> state(b.state);
  const Columns<V, Constants, const R*> constants(b.constants);
  Constants c;
  constants.repeat(c);
  const R* const current = b.current;
  const R* const conductance = b.conductance;
  const R* const reversal = b.reversal;
  std::size_t fired = 0;
  for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
    alignas(64) Element<Bits> flag[chunk_size];
    Bits any{};
    for (std::size_t l = 0; l < chunk_size; l += lanes_of<R>) {
      const std::size_t i = chunk + l;
      State s;
      state.load(s, i);
      if constexpr (per_neuron) constants.load(c, i);
      Input<V> in{load<V>(current + i), V{}, V{}};
      if constexpr (conductances) {
        in.conductance = load<V>(conductance + i);
        in.reversal = load<V>(reversal + i);
      }
      const Bits spike = Membrane::template step<V, conductances>(s, c, in);
      state.store(s, i);
      store(flag + l, spike);
      any |= spike;
    }
    if (!any_of(any)) continue;
    for (std::size_t l = 0; l < chunk_size; ++l) {
      b.fired[fired] = b.first + static_cast<Neuron>(chunk + l);
      fired += static_cast<std::size_t>(flag[l] & 1);
    }
  }
  return fired;
}

}  // namespace plastica::inline PLASTICA_ISA
