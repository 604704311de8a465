// What recorders have in common that listen to the spikes of a population, or of some of its neurons.
#pragma once
#include "engine/checkpoint/fields.hpp"
#include "engine/network.hpp"

namespace plastica {

template <class R>
struct OfNeurons : Recorder<R> {
  std::vector<char> member;  // by neuron; empty: all

  std::size_t targets(const Network<R>& net) const override { return net.populations.size(); }
  void save(Network<R>& net, Archive& a) override { archive_flags(a, "member", member, net.populations[this->target].size); }

 protected:
  bool wants(Neuron i) const { return member.empty() || member[i] != 0; }
};

}  // namespace plastica
