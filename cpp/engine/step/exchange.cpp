// Exchange: everybody's spikes, onto the way to a share's own rows of synapses.
#include "engine/step/exchange.hpp"

#include "engine/network.hpp"
#include "engine/plastic/modulators.hpp"

namespace plastica {

template <class R>
void exchange(Network<R>& net, std::size_t share, Step begin, Step end, std::size_t parity) {
  const auto start = net.profiling ? Clock::now() : Clock::time_point{};
  for (std::size_t p = 0; p < net.populations.size(); ++p)
    for (Step k = begin; k < end && !net.outgoing[p].empty(); ++k)
      for (const auto& from : net.shares) {
        const auto& neurons = from.emitted[parity][p][static_cast<std::size_t>(k - begin)];
        if (neurons.empty()) continue;
        const auto send = [&](Records<R>& records, std::uint32_t least_delay) {
          for (const Neuron source : neurons) records.send(source, k + 1 + least_delay);
        };
        for (const std::size_t out : net.outgoing[p])
          if (!net.bundled[out]) send(net.projections[out].shards[share], net.projections[out].min_delay);
        if (!net.bundles[p].members.empty()) send(net.bundles[p].shares[share], net.bundles[p].min_delay);
      }
  release_by_spikes(net, share, begin, end, parity);
  if (net.profiling) net.shares[share].timings[static_cast<std::size_t>(Phase::exchange)] += std::chrono::duration<double>(Clock::now() - start).count();
}

PLASTICA_INSTANTIATE(exchange);

}  // namespace plastica
