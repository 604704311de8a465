// A current that is constant, or piecewise so.
#include "parts/stimuli/constant_current.hpp"

#include "engine/drives/kind.hpp"

namespace plastica {

template <class R>
struct DriveOf<R, ConstantCurrent> final : Copying<DriveOf<R, ConstantCurrent>, Drive<R>> {
  void derive(const Network<R>& net) override {
    std::vector<Row> rows;
    for_each_row(net, *this, [&](const std::vector<double>& amplitudes, bool uniform) {
      rows.push_back({uniform, column_of(net, *this, spread_out(net, *this, amplitudes, uniform), uniform)});
    });
    rows_ = std::move(rows);
  }

  void stimulate(const Network<R>& /*net*/, const DrivenNeurons<R>& neurons) override {
    const Row& row = rows_[this->schedule.at(neurons.step)];
    for (std::size_t i = 0; i < neurons.padded_count; ++i) neurons.external[i] += row.amplitude[row.uniform ? 0 : neurons.first + i];
  }

 private:
  struct Row {
    bool uniform;
    Column<R> amplitude;
  };
  std::vector<Row> rows_;  // at first, and after each change of the schedule
};

PLASTICA_DRIVE(ConstantCurrent);

}  // namespace plastica
