// Receptors and membranes, one block of neurons at a time: plain loops that the compiler vectorises.
#pragma once
#include <array>
#include <tuple>
#include <utility>

#include "base/types.hpp"
#include "engine/kernels/kernels.hpp"
#include "parts/membranes/all.hpp"
#include "parts/receptors/all.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class Struct>
inline constexpr std::size_t members = std::tuple_size_v<decltype(std::declval<Struct&>().tie())>;

// Column pointers held in local variables, so that the compiler need not fear that stores change them.
template <class Struct, class Pointer>
struct Columns {
  static constexpr std::size_t size = members<Struct>;
  Pointer column[size == 0 ? 1 : size];

  PLASTICA_FN explicit Columns(Pointer const* source) {
    for (std::size_t k = 0; k < size; ++k) column[k] = source[k];
  }
  PLASTICA_FN void load(Struct& s, std::size_t i) const { load(s, i, std::make_index_sequence<size>{}); }
  PLASTICA_FN void store(Struct& s, std::size_t i) const { store(s, i, std::make_index_sequence<size>{}); }

 private:
  template <std::size_t... K>
  PLASTICA_FN void load([[maybe_unused]] Struct& s, [[maybe_unused]] std::size_t i, std::index_sequence<K...> /*k*/) const {
    ((std::get<K>(s.tie()) = column[K][i]), ...);
  }
  template <std::size_t... K>
  PLASTICA_FN void store([[maybe_unused]] Struct& s, [[maybe_unused]] std::size_t i, std::index_sequence<K...> /*k*/) const {
    ((column[K][i] = std::get<K>(s.tie())), ...);
  }
};

template <class R, class Receptor, bool per_neuron>
void receptor_kernel(const ReceptorBlock<R>& b) {
  using State = typename Receptor::template State<R>;
  using Constants = typename Receptor::template Constants<R>;
  const Columns<State, R*> state(b.state);
  const Columns<Constants, const R*> constants(b.constants);
  Constants c;
  constants.load(c, 0);
  R* const arrivals = b.arrivals;
  R* const V = b.V;
  R* const current = b.current;
  R* const conductance = b.conductance;
  R* const reversal = b.reversal;
  const std::size_t count = b.count;
#pragma GCC ivdep
  for (std::size_t i = 0; i < count; ++i) {
    State s;
    state.load(s, i);
    if constexpr (per_neuron) constants.load(c, i);
    const R out = Receptor::step(s, c, arrivals[i], V[i]);
    state.store(s, i);
    arrivals[i] = 0;
    if constexpr (Receptor::effect == Effect::jump) V[i] += out;
    if constexpr (Receptor::effect == Effect::current) current[i] += out;
    if constexpr (Receptor::effect == Effect::conductance) {
      conductance[i] += out;
      reversal[i] += out * c.E_rev;
    }
  }
}

template <class R, class Membrane, bool per_neuron, bool conductances>
std::size_t membrane_kernel(const MembraneBlock<R>& b) {
  using State = typename Membrane::template State<R>;
  using Constants = typename Membrane::template Constants<R>;
  const Columns<State, R*> state(b.state);
  const Columns<Constants, const R*> constants(b.constants);
  Constants c;
  constants.load(c, 0);
  const R* const current = b.current;
  const R* const conductance = b.conductance;
  const R* const reversal = b.reversal;
  std::size_t fired = 0;
  for (std::size_t chunk = 0; chunk < b.count; chunk += chunk_size) {
    std::int32_t flag[chunk_size];
    std::int32_t any = 0;
#pragma GCC ivdep
    for (std::size_t j = 0; j < chunk_size; ++j) {
      const std::size_t i = chunk + j;
      State s;
      state.load(s, i);
      if constexpr (per_neuron) constants.load(c, i);
      Input<R> in{current[i], R(0), R(0)};
      if constexpr (conductances) {
        in.conductance = conductance[i];
        in.reversal = reversal[i];
      }
      const std::int32_t spike = Membrane::template step<R, conductances>(s, c, in) ? 1 : 0;
      state.store(s, i);
      flag[j] = spike;
      any |= spike;
    }
    if (any == 0) continue;
    for (std::size_t j = 0; j < chunk_size; ++j) {
      b.fired[fired] = b.first + static_cast<Neuron>(chunk + j);
      fired += static_cast<std::size_t>(flag[j]);
    }
  }
  return fired;
}

}  // namespace plastica::inline PLASTICA_ISA
