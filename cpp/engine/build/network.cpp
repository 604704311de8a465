// A network as a whole: making one, copying it, and what it says of itself.
#include <algorithm>
#include <cmath>

#include "engine/core/network.hpp"
#include "engine/core/time.hpp"
#include "engine/network.hpp"

namespace plastica {

template <class R>
Network<R>::Network(const Settings& settings)
    : dt(settings.dt), seed(settings.seed), isa(select_isa()), kernels(plastica::kernels<R>(isa)), threads(settings.threads) {
  if (!(std::isfinite(dt) && dt > 0)) throw Error("Network.dt = " + to_text(dt) + " ms must be above 0 ms");
  if (settings.threads < 0 || settings.threads > 1024) throw Error("Network.threads = " + std::to_string(settings.threads) + " must be between 1 and 1024");
  // Shares beyond the number of cores would only wait for each other: a spike visits every one of them.
  share_count = threads == 0 ? available_cores() : std::min(threads, most_workers());
  shares.resize(static_cast<std::size_t>(share_count));
  for (auto& state : shares) {
    state.current.resize(16 * chunk_size);
    state.conductance.resize(16 * chunk_size);
    state.reversal.resize(16 * chunk_size);
  }
}

template <class R>
NetworkPointer<R> make_network(const Settings& settings) {
  return NetworkPointer<R>(new Network<R>(settings));
}

template <class R>
Catalogue& catalogue(Network<R>& net) {
  return net.catalogue;
}

template <class R>
void Destroy<R>::operator()(Network<R>* net) const {
  delete net;
}

// Everything is copied as it is: nothing in a network points into it.
template <class R>
NetworkPointer<R> copy(const Network<R>& net) {
  if (net.failed) throw Error("this network stopped with an error and cannot be copied; build it again");
  NetworkPointer<R> twin(new Network<R>(net));
  twin->frozen = 0;  // who freezes the original will not thaw the copy
  return twin;
}

template <class R>
void profile(Network<R>& net, bool on) {
  net.profiling = on;
  for (auto& state : net.shares) state.timings = {};
}

template <class R>
Step now(const Network<R>& net) {
  return net.now;
}

template <class R>
int threads(const Network<R>& net) {
  return net.threads == 0 ? net.share_count : net.threads;
}

template <class R>
Isa isa(const Network<R>& net) {
  return net.isa;
}

template <class R>
std::array<double, phase_names.size()> timings(const Network<R>& net) {
  return net.timings;
}

PLASTICA_INSTANTIATE(make_network);
PLASTICA_INSTANTIATE(catalogue);
PLASTICA_INSTANTIATE(copy);
PLASTICA_INSTANTIATE(profile);
PLASTICA_INSTANTIATE(now);
PLASTICA_INSTANTIATE(threads);
PLASTICA_INSTANTIATE(isa);
PLASTICA_INSTANTIATE(timings);
template struct Destroy<float>;
template struct Destroy<double>;
template struct Network<float>;
template struct Network<double>;

}  // namespace plastica
