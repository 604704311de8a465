// What recorders sample in a step.
#include "engine/record/sample.hpp"

#include "engine/build/values.hpp"
#include "engine/network.hpp"
#include "engine/plastic/rows.hpp"
#include "network/row_editor.hpp"

namespace plastica {

// The moments that recorders of states and weights will sample in this interval.
template <class R>
void note_sample_steps(Network<R>& net, std::size_t share, Step begin, Step end) {
  if (share != 0) return;
  for (const auto& recorder : net.recorders) {
    if (recorder->kind != RecorderKind::states && recorder->kind != RecorderKind::synapses) continue;
    const Step interval = recorder->interval;
    for (Step k = (begin + interval - 1) / interval * interval; k < end; k += interval) recorder->steps[0].push_back(k);
  }
}

template <class R>
void sample(Network<R>& net, std::size_t share, std::size_t p, Step k) {
  for (const auto& recorder : net.recorders) {
    if (k % recorder->interval != 0) continue;
    if (recorder->kind == RecorderKind::states && recorder->target == p) {
      const Column<R>& column = *variable(net, p, recorder->variable).state;
      for (const Neuron i : recorder->owned[share]) recorder->values[share].push_back(column[i]);
    } else if (recorder->kind == RecorderKind::synapses && net.projections[recorder->target].post == p) {
      sample_synapses(net, share, *recorder, k);
    }
  }
}

template <class R>
static void sample_synapses(Network<R>& net, std::size_t share, Recorder<R>& recorder, Step k) {
  const std::size_t p = recorder.target;
  const auto& projection = net.projections[p];
  const auto& shard = projection.shards[share];
  auto& values = recorder.values[share];
  if (bundled(net, p)) {
    values.insert(values.end(), recorder.constant[share].begin(), recorder.constant[share].end());
    return;
  }
  if (recorder.probe.where == Probe::Where::neuron) {
    const auto& column = net.plastic_sets[p].shares[share].narrow[recorder.probe.rule][recorder.probe.at];
    for (const Neuron i : recorder.owned[share]) values.push_back(column[i - net.populations[projection.post].first(share)]);
    return;
  }
  if (!projection.learns() && recorder.probe.where == Probe::Where::weight) {
    for (const auto& synapse : recorder.synapses[share])
      values.push_back(synapse.row == RowEditor<R>::nowhere ? std::numeric_limits<R>::quiet_NaN() : shard.weight(synapse.row, synapse.place));
    return;
  }
  RowReader<R> rows(net, p, share, k, net.shares[share]);
  PlasticRow<R> row{};
  const SampledSynapse* before = nullptr;
  for (const auto& synapse : recorder.synapses[share]) {
    if (synapse.row == RowEditor<R>::nowhere) {
      values.push_back(std::numeric_limits<R>::quiet_NaN());
      continue;
    }
    if (before == nullptr || before->row != synapse.row) row = rows.read(synapse.row);
    before = &synapse;
    values.push_back(probed(net, p, share, recorder.probe, row, synapse.place));
  }
}

template <class R>
void sample_modulator(Network<R>& net, std::size_t modulator, Step k, double level) {
  for (const auto& recorder : net.recorders) {
    if (recorder->kind != RecorderKind::modulator || recorder->target != modulator || k % recorder->interval != 0) continue;
    recorder->steps[0].push_back(k);
    recorder->values[0].push_back(static_cast<R>(level));
  }
}

PLASTICA_INSTANTIATE(note_sample_steps);
PLASTICA_INSTANTIATE(sample);
PLASTICA_INSTANTIATE(sample_modulator);

}  // namespace plastica
