// Recorders of rates: how many spikes there were in each bin.
//
// A bin ends at a multiple of the interval and holds the spikes stamped after its beginning up to its end.
#include <algorithm>

#include "engine/core/recorders.hpp"
#include "engine/record/of_neurons.hpp"
#include "engine/record/recorders.hpp"

namespace plastica {

namespace {

// Those with a spike, by the step at which they end.
struct alignas(apart) Bins {
  std::vector<Step> ends;
  std::vector<std::int64_t> counts;
};

template <class R>
struct RateRecorder final : Copying<RateRecorder<R>, OfNeurons<R>> {
  std::vector<Bins> bins;  // by share; of those of a file, share 0 has the sums

  const RecorderKind& kind() const override { return of_rates; }
  void listen(const Network<R>& net) override {
    this->listens.spikes_of = this->target;
    bins.resize(static_cast<std::size_t>(net.share_count));
  }
  void hear(std::size_t share, const std::vector<Neuron>& fired, Step stamp) override;
  Recorder<R>::Counts counts(Step now) const override;
  std::size_t bytes() const override;
  void clear(Step now) override;
  void drop(Step now) override;
  void save(Network<R>& net, Archive& a) override;
};

template <class R>
void RateRecorder<R>::hear(std::size_t share, const std::vector<Neuron>& fired, Step stamp) {
  std::int64_t counted = 0;
  for (const Neuron i : fired) counted += this->wants(i) ? 1 : 0;
  const Step end = (stamp + this->interval - 1) / this->interval * this->interval;
  auto& mine = bins[share];
  if (mine.ends.empty() || mine.ends.back() != end) {
    mine.ends.push_back(end);
    mine.counts.push_back(0);
  }
  mine.counts.back() += counted;
}

// One count per finished or begun bin since the recorder was made, with the step at which each bin ends.
template <class R>
Recorder<R>::Counts RateRecorder<R>::counts(Step now) const {
  std::vector<Step> ends;
  const Step width = this->interval;
  for (Step end = (this->created / width + 1) * width; end - width < now; end += width) ends.push_back(end);
  std::vector<std::int64_t> sums(ends.size(), 0);
  for (const auto& of_share : bins)
    for (std::size_t i = 0; i < of_share.ends.size(); ++i) sums[static_cast<std::size_t>((of_share.ends[i] - ends[0]) / width)] += of_share.counts[i];
  return {std::move(ends), std::move(sums)};
}

template <class R>
std::size_t RateRecorder<R>::bytes() const {
  std::size_t sum = 0;
  for (const auto& of_share : bins) sum += bytes_of(of_share.ends) + bytes_of(of_share.counts);
  return sum;
}

template <class R>
void RateRecorder<R>::clear(Step now) {
  this->created = now;
  for (auto& of_share : bins) {
    of_share.ends.clear();
    of_share.counts.clear();
  }
}

template <class R>
void RateRecorder<R>::drop(Step now) {
  this->created = std::max(this->created, now / this->interval * this->interval);
  for (auto& [ends, counts] : bins) {
    const auto complete = std::upper_bound(ends.begin(), ends.end(), now) - ends.begin();
    ends.erase(ends.begin(), ends.begin() + complete);
    counts.erase(counts.begin(), counts.begin() + complete);
  }
}

template <class R>
void RateRecorder<R>::save(Network<R>& net, Archive& a) {
  OfNeurons<R>::save(net, a);
  std::map<Step, std::int64_t> sums;
  for (const auto& of_share : bins)
    for (std::size_t i = 0; i < of_share.ends.size(); ++i) sums[of_share.ends[i]] += of_share.counts[i];
  const Step first = this->created / this->interval + 1, last = (net.now + this->interval - 1) / this->interval;
  archive_map(a, "steps", "counts", sums, first * this->interval, last * this->interval);
  if (!a.loading()) return;
  for (const auto& [end, count] : sums) {
    a.require(end % this->interval == 0, "steps", "must be multiples of the interval");
    bins[0].ends.push_back(end);
    bins[0].counts.push_back(count);
  }
}

}  // namespace

const RecorderKind of_rates = kind_of<Recorder, RateRecorder>();

template <class R>
std::size_t record_rate(Network<R>& net, std::size_t p, const Ids& ids, Step interval) {
  auto member = membership(net, p, ids);
  auto recorder = new_recorder<RateRecorder<R>>(net, p, interval);
  recorder->member = std::move(member);
  return add_recorder<R>(net, std::move(recorder));
}

PLASTICA_INSTANTIATE(record_rate);

}  // namespace plastica
