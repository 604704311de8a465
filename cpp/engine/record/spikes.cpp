// Recorders of spikes: who fired, and when.
#include <algorithm>

#include "engine/core/recorders.hpp"
#include "engine/record/of_neurons.hpp"
#include "engine/record/recorders.hpp"

namespace plastica {

namespace {

// By step, and within a step by neuron.
struct alignas(apart) Heard {
  std::vector<Step> steps;
  std::vector<Neuron> ids;
};

template <class R>
struct SpikeRecorder final : Copying<SpikeRecorder<R>, OfNeurons<R>> {
  std::vector<Heard> heard;  // by share

  const RecorderKind& kind() const override { return of_spikes; }
  void listen(const Network<R>& net) override {
    this->listens.spikes_of = this->target;
    heard.resize(static_cast<std::size_t>(net.share_count));
  }
  void hear(std::size_t share, const std::vector<Neuron>& fired, Step stamp) override;
  Recorder<R>::Spikes spikes() const override;
  std::size_t bytes() const override;
  void clear(Step now) override;
  void save(Network<R>& net, Archive& a) override;
};

template <class R>
void SpikeRecorder<R>::hear(std::size_t share, const std::vector<Neuron>& fired, Step stamp) {
  auto& mine = heard[share];
  for (const Neuron i : fired) {
    if (!this->wants(i)) continue;
    mine.steps.push_back(stamp);
    mine.ids.push_back(i);
  }
}

// By step, and within a step by neuron: threads own ascending ranges.
template <class R>
Recorder<R>::Spikes SpikeRecorder<R>::spikes() const {
  std::vector<Step> steps;
  std::vector<Neuron> ids;
  std::size_t total = 0;
  for (const auto& of_share : heard) total += of_share.steps.size();
  steps.reserve(total);
  ids.reserve(total);
  std::vector<std::size_t> at(heard.size(), 0);
  while (steps.size() < total) {
    std::size_t first = at.size();
    for (std::size_t share = 0; share < at.size(); ++share)
      if (at[share] < heard[share].steps.size() && (first == at.size() || heard[share].steps[at[share]] < heard[first].steps[at[first]])) first = share;
    const auto& next = heard[first];
    const Step step = next.steps[at[first]];
    for (; at[first] < next.steps.size() && next.steps[at[first]] == step; ++at[first]) {
      steps.push_back(step);
      ids.push_back(next.ids[at[first]]);
    }
  }
  return {std::move(steps), std::move(ids)};
}

template <class R>
std::size_t SpikeRecorder<R>::bytes() const {
  std::size_t sum = 0;
  for (const auto& of_share : heard) sum += bytes_of(of_share.steps) + bytes_of(of_share.ids);
  return sum;
}

template <class R>
void SpikeRecorder<R>::clear(Step now) {
  this->created = now;
  for (auto& of_share : heard) {
    of_share.steps.clear();
    of_share.ids.clear();
  }
}

template <class R>
void SpikeRecorder<R>::save(Network<R>& net, Archive& a) {
  OfNeurons<R>::save(net, a);
  if (!a.loading()) {
    auto [steps, ids] = spikes();
    a.give("steps", std::move(steps));
    return a.give("ids", std::move(ids));
  }
  const auto& population = net.populations[this->target];
  const auto steps = a.template held_indices<Step>("steps", 0, net.now);
  const auto ids = a.template held_indices<Neuron>("ids", 0, std::int64_t{population.size} - 1);
  a.require(ids.size() == steps.size() && std::is_sorted(steps.begin(), steps.end()), "steps", "must ascend, one for each id");
  std::vector<std::size_t> count(heard.size(), 0);
  const auto owner = [&](std::size_t i) { return static_cast<std::size_t>(population.partition.owner(ids[i])); };
  for (std::size_t i = 0; i < steps.size(); ++i) ++count[owner(i)];
  for (std::size_t share = 0; share < count.size(); ++share) {
    heard[share].steps.reserve(count[share]);
    heard[share].ids.reserve(count[share]);
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    heard[owner(i)].steps.push_back(steps[i]);
    heard[owner(i)].ids.push_back(ids[i]);
  }
}

}  // namespace

const RecorderKind of_spikes = kind_of<Recorder, SpikeRecorder>();

template <class R>
std::size_t record_spikes(Network<R>& net, std::size_t p, const Ids& ids) {
  auto member = membership(net, p, ids);
  auto recorder = new_recorder<SpikeRecorder<R>>(net, p, 1);
  recorder->member = std::move(member);
  return add_recorder<R>(net, std::move(recorder));
}

PLASTICA_INSTANTIATE(record_spikes);

}  // namespace plastica
