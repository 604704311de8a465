// What all recorders have in common: how they begin, and how they are dealt with.
#include "engine/record/recorders.hpp"

#include "engine/core/recorded.hpp"
#include "engine/core/recorders.hpp"
#include "engine/slow/agenda.hpp"
#include "engine/slow/all.hpp"

namespace plastica {

template <class R>
std::vector<char> membership(const Network<R>& net, std::size_t p, const Ids& ids) {
  std::vector<char> member;
  if (!ids) return member;
  member.assign(net.populations.at(p).size, 0);
  for (const Neuron i : *ids) {
    if (i >= member.size()) throw Error("neuron " + std::to_string(i) + " is not among the " + std::to_string(member.size()) + " of the population");
    member[i] = 1;
  }
  return member;
}

template <class R>
void check_interval(const Network<R>& net, Step interval) {
  if (interval < 1) throw Error("interval must be at least the step dt = " + to_text(net.dt) + " ms");
}

template <class R>
std::size_t add_recorder(Network<R>& net, std::unique_ptr<Recorder<R>> recorder) {
  const std::size_t id = net.recorders.size();
  const bool looks = recorder->listens.between_steps;
  net.recorders.emplace_back(std::move(recorder));
  if (looks) put_on_agenda(net, to_sample, id);
  return id;
}

template <class R>
void withdraw_recorder(Network<R>& net) {
  const std::size_t last = net.recorders.size() - 1;
  std::erase_if(net.agenda, [last](const auto& occasion) { return &occasion->kind() == &to_sample && occasion->index == last; });
  net.recorders.pop_back();
}

namespace {

// A recorder looks at what is slow.
template <class R>
struct Sampling final : Copying<Sampling<R>, Occasion<R>> {
  const OccasionKind& kind() const override { return to_sample; }
  bool looks() const override { return true; }
  std::size_t count(const Network<R>& net) const override { return net.recorders.size(); }
  void check(const Network<R>& net, const Archive& a) const override {
    a.require(net.recorders[this->index]->listens.between_steps, "kinds", "must be of recorders of slow variables");
  }
  Step next(const Network<R>& net, Step from) const override { return this->next_multiple(net.recorders[this->index]->interval, -1, from); }
  std::optional<GuardError> perform(Network<R>& net) override {
    auto& recorder = *net.recorders[this->index];
    recorder.approach(net.now, net.now + 1);
    recorder.look(net);
    return std::nullopt;
  }
};

}  // namespace

const OccasionKind to_sample = kind_of<Occasion, Sampling>();

template <class R>
std::pair<std::vector<Step>, std::vector<Neuron>> spikes(const Network<R>& net, std::size_t r) {
  return net.recorders.at(r)->spikes();
}

template <class R>
std::pair<std::vector<Step>, Values> samples(const Network<R>& net, std::size_t r) {
  return net.recorders.at(r)->samples();
}

template <class R>
std::pair<std::vector<Step>, std::vector<std::int64_t>> spike_counts(const Network<R>& net, std::size_t r) {
  return net.recorders.at(r)->counts(net.now);
}

template <class R>
StructureLog structure_log(const Network<R>& net, std::size_t r) {
  return net.recorders.at(r)->log();
}

template <class R>
void clear_recorder(Network<R>& net, std::size_t r) {
  net.recorders.at(r)->clear(net.now);
}

template <class R>
std::size_t recorded_bytes(const Network<R>& net, std::size_t r) {
  return net.recorders.at(r)->bytes();
}

template <class R>
void drop_recorded(Network<R>& net, std::size_t r) {
  net.recorders.at(r)->drop(net.now);
}

PLASTICA_INSTANTIATE(membership);
PLASTICA_INSTANTIATE(check_interval);
PLASTICA_INSTANTIATE(add_recorder);
PLASTICA_INSTANTIATE(withdraw_recorder);
PLASTICA_INSTANTIATE(spikes);
PLASTICA_INSTANTIATE(samples);
PLASTICA_INSTANTIATE(spike_counts);
PLASTICA_INSTANTIATE(structure_log);
PLASTICA_INSTANTIATE(clear_recorder);
PLASTICA_INSTANTIATE(recorded_bytes);
PLASTICA_INSTANTIATE(drop_recorded);

}  // namespace plastica
