// Update: receptors, then membranes, then who fired; sources emit.
#include "engine/step/update.hpp"

#include <algorithm>

#include "engine/network.hpp"

namespace plastica {

constexpr std::size_t block_size = 16 * chunk_size;  // scratch of a block of neurons stays in the first-level cache

template <class R>
void update(Network<R>& net, std::size_t share, std::size_t p, Step k, Step steps, std::size_t row) {
  auto& population = net.populations[p];
  auto& state = net.shares[share];
  const std::size_t needed = static_cast<std::size_t>(steps) * population.stride();
  if (state.fired.size() < needed) state.fired.resize(needed);
  std::fill_n(state.fired_count.begin(), steps, std::size_t{0});
  if (population.source)
    state.fired_count[0] = emit(net, share, population, k);
  else if (population.fused != nullptr && population.external.empty())
    update_fused(net, share, population, steps, row);
  else
    update_by_passes(net, share, population, row);
}

template <class R>
static void update_fused(Network<R>& net, std::size_t share, Population<R>& population, Step steps, std::size_t row) {
  auto& scratch = net.shares[share];
  const Neuron begin = population.first(share);
  std::array<R*, 16> state{};
  std::array<const R*, 32> constants{};
  std::array<std::array<R*, 16>, 2> receptor_state{};
  std::array<std::array<const R*, 32>, 2> receptor_constants{};
  for (std::size_t c = 0; c < population.state.size(); ++c) state[c] = population.state[c].data() + begin;
  for (std::size_t c = 0; c < population.constants.size(); ++c) constants[c] = population.constants[c].data() + (population.per_neuron ? begin : 0);
  FusedBlock<R> block{
      state.data(),         constants.data(),          {}, population.stride(), static_cast<std::size_t>(steps), padded(population.owned(share)), 0,
      scratch.fired.data(), scratch.fired_count.data()};
  const auto& fused = *population.fused;
  for (std::size_t r = 0; r < population.receptors.size(); ++r) {
    auto& receptor = population.receptors[population.receptor_order[r]];
    for (std::size_t c = 0; c < receptor.state.size(); ++c) receptor_state[r][c] = receptor.state[c].data() + begin;
    for (std::size_t c = 0; c < receptor.constants.size(); ++c) receptor_constants[r][c] = receptor.constants[c].data();
    R* const arrivals = receptor.arrivals.data() + row * population.stride() + begin;
    for (std::size_t j = 0; j < (receptor.gain.empty() ? 0 : block.steps); ++j)
      net.kernels.scale(arrivals + j * block.stride, receptor.gain.data() + begin, block.count);
    block.inputs[fused.swapped ? 1 - r : r] = {receptor_state[r].data(), receptor_constants[r].data(), arrivals};
  }
  fused.step[population.differs](block);
}

template <class R>
static void update_by_passes(Network<R>& net, std::size_t share, Population<R>& population, std::size_t row) {
  auto& scratch = net.shares[share];
  const Neuron begin = population.first(share);
  const std::size_t count = padded(population.owned(share));
  std::array<R*, 16> state{};
  std::array<const R*, 32> constants{};
  const auto offset_columns = [](auto& columns, auto& pointers, std::size_t at) {
    for (std::size_t c = 0; c < columns.size(); ++c) pointers[c] = columns[c].data() + at;
  };
  const auto step = population.model->kernels.template of<R>(net.isa).step[population.per_neuron][population.conductances];
  std::size_t& fired = scratch.fired_count[0];
  for (std::size_t block = 0; block < count; block += block_size) {
    const std::size_t at = begin + block, size = std::min(block_size, count - block);
    R* const current = scratch.current.data();
    if (population.external.empty()) {
      std::fill_n(current, size, nothing<R>);
    } else {
      const bool one = population.external_gain.size() == 1;
      for (std::size_t i = 0; i < size; ++i) current[i] = population.external[at + i] * population.external_gain[one ? 0 : at + i];
    }
    if (population.conductances) {
      std::fill_n(scratch.conductance.data(), size, nothing<R>);
      std::fill_n(scratch.reversal.data(), size, nothing<R>);
    }
    for (const std::size_t r : population.receptor_order) {
      auto& receptor = population.receptors[r];
      offset_columns(receptor.state, state, at);
      offset_columns(receptor.constants, constants, receptor.per_neuron ? at : 0);
      R* const arrivals = receptor.arrivals.data() + row * population.stride() + at;
      if (!receptor.gain.empty()) net.kernels.scale(arrivals, receptor.gain.data() + at, size);
      receptor.part->kernels.template of<R>(net.isa).step[receptor.per_neuron](
          {state.data(), constants.data(), arrivals, population.state[0].data() + at, current, scratch.conductance.data(), scratch.reversal.data(), size});
    }
    offset_columns(population.state, state, at);
    offset_columns(population.constants, constants, population.per_neuron ? at : 0);
    fired += step({state.data(), constants.data(), current, scratch.conductance.data(), scratch.reversal.data(), size, static_cast<Neuron>(block),
                   scratch.fired.data() + fired});
  }
}

template <class R>
static std::size_t emit(Network<R>& net, std::size_t share, const Population<R>& population, Step k) {
  return population.source->emit(net, {share, k, population.first(share), padded(population.owned(share)), net.shares[share].fired.data()});
}

PLASTICA_INSTANTIATE(update);

}  // namespace plastica
