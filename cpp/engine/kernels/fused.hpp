// Membrane and receptors in one pass, several steps at a time, for the combinations that large networks are made of. The same arithmetic
// in the same order as the separate passes (update.hpp), whose result is its oracle.
#pragma once
#include "engine/kernels/update.hpp"

namespace plastica::inline PLASTICA_ISA {

template <class R, class Receptor>
struct FusedReceptor {
  using State = typename Receptor::template State<R>;
  using Constants = typename Receptor::template Constants<R>;
  static constexpr std::size_t size = members<State>;
  const Columns<State, R*> state;
  Constants constants;
  R* const arrivals;

  PLASTICA_FN explicit FusedReceptor(const FusedInput<R>& in) : state(in.state), arrivals(in.arrivals) {
    const Columns<Constants, const R*> columns(in.constants);
    columns.load(constants, 0);
  }

  template <class Membrane>
  PLASTICA_FN void step(State& s, typename Membrane::template State<R>& m, Input<R>& in, R arrived) const {
    const R out = Receptor::step(s, constants, arrived, m.V);
    if constexpr (Receptor::effect == Effect::jump) m.V += out;
    if constexpr (Receptor::effect == Effect::current) in.current += out;
    if constexpr (Receptor::effect == Effect::conductance) {
      in.conductance += out;
      in.reversal += out * constants.E_rev;
    }
  }
};

// Neurons that are worked on together while their state stays in the first-level cache.
inline constexpr std::size_t fused_lanes = 64;

// The state of those neurons, a short column per member.
template <class R, class Struct>
struct Lanes {
  static constexpr std::size_t size = members<Struct>;
  R value[size == 0 ? 1 : size][fused_lanes];

  PLASTICA_FN Columns<Struct, R*> columns() {
    R* pointers[size == 0 ? 1 : size];
    for (std::size_t k = 0; k < size; ++k) pointers[k] = value[k];
    return Columns<Struct, R*>(pointers);
  }
};

template <class Struct, class R>
PLASTICA_FN void copy(const Columns<Struct, R*>& from, std::size_t from_at, const Columns<Struct, R*>& to, std::size_t to_at) {
  for (std::size_t l = 0; l < fused_lanes; ++l) {
    Struct s;
    from.load(s, from_at + l);
    to.store(s, to_at + l);
  }
}

template <class R, class Membrane, class... Receptor, std::size_t... K>
PLASTICA_FN void fused_chunks(const FusedBlock<R>& b, std::index_sequence<K...> /*k*/) {
  using State = typename Membrane::template State<R>;
  using Constants = typename Membrane::template Constants<R>;
  constexpr bool conductances = ((Receptor::effect == Effect::conductance) || ...);
  const Columns<State, R*> state(b.state);
  Constants c;
  Columns<Constants, const R*>(b.constants).load(c, 0);
  const std::tuple<FusedReceptor<R, Receptor>...> receptors{FusedReceptor<R, Receptor>(b.inputs[K])...};

  for (std::size_t chunk = 0; chunk < b.count; chunk += fused_lanes) {
    Lanes<R, State> membrane_lanes;
    std::tuple<Lanes<R, typename Receptor::template State<R>>...> receptor_lanes;
    const auto membrane = membrane_lanes.columns();
    const auto synapses = std::make_tuple(std::get<K>(receptor_lanes).columns()...);
    copy(state, chunk, membrane, 0);
    (copy(std::get<K>(receptors).state, chunk, std::get<K>(synapses), 0), ...);
    for (std::size_t j = 0; j < b.steps; ++j) {
      const std::size_t row = j * b.stride + chunk;
      std::int32_t flag[fused_lanes];
      std::int32_t any = 0;
#pragma GCC ivdep
      for (std::size_t l = 0; l < fused_lanes; ++l) {
        State m;
        membrane.load(m, l);
        std::tuple<typename Receptor::template State<R>...> s;
        (std::get<K>(synapses).load(std::get<K>(s), l), ...);
        Input<R> in{R(0), R(0), R(0)};
        (std::get<K>(receptors).template step<Membrane>(std::get<K>(s), m, in, std::get<K>(receptors).arrivals[row + l]), ...);
        ((std::get<K>(receptors).arrivals[row + l] = 0), ...);
        const std::int32_t spike = Membrane::template step<R, conductances>(m, c, in) ? 1 : 0;
        membrane.store(m, l);
        (std::get<K>(synapses).store(std::get<K>(s), l), ...);
        flag[l] = spike;
        any |= spike;
      }
      if (any == 0) continue;
      Neuron* const fired = b.fired + j * b.stride;
      std::size_t count = b.fired_count[j];
      for (std::size_t l = 0; l < fused_lanes; ++l) {
        fired[count] = b.first + static_cast<Neuron>(chunk + l);
        count += static_cast<std::size_t>(flag[l]);
      }
      b.fired_count[j] = count;
    }
    copy(membrane, 0, state, chunk);
    (copy(std::get<K>(synapses), 0, std::get<K>(receptors).state, chunk), ...);
  }
}

template <class R, class Membrane, class... Receptor>
void fused_kernel(const FusedBlock<R>& b) {
  fused_chunks<R, Membrane, Receptor...>(b, std::index_sequence_for<Receptor...>{});
}

using FusedReceptors = std::tuple<CurrentDelta, CurrentExp, ConductanceExp>;

}  // namespace plastica::inline PLASTICA_ISA
