// A law of structure on some projections, and the synaptic elements that it grows.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/math.hpp"
#include "engine/catalogue.hpp"
#include "engine/slow/pause.hpp"
#include "engine/specs.hpp"
#include "network/population.hpp"

namespace plastica {

struct ElementColumns {
  std::shared_ptr<const ElementsPart> part;
  std::size_t population;
  std::vector<double> parameters = {};
  double tau = 1, beta = 0, nu = 0, tau_vacant = infinity, initial = 0;
  std::vector<double> calcium = {}, at_start = {}, z = {};  // calcium when it was last `seen`, and when the interval began
  std::vector<Step> seen = {};
  std::vector<std::uint32_t> spikes = {};  // of the interval
  double calcium_at(std::size_t i, Step k, double dt) const;
};
inline constexpr std::array<std::string_view, 4> variables_of_elements{"z", "Ca", "bound", "vacant"};
struct Rewiring {
  std::string name;
  std::shared_ptr<const LawPart> law;
  std::size_t id;
  std::vector<std::size_t> projections;  // of one source population
  std::vector<double> parameters = {};
  Step interval = 1, made = 0;
  Step last = 0;       // its last update, later by the pauses since
  bool active = true;  // the user's switch
  Pause pause = {};
  Places places = {};
  Schedule schedule = {};                     // of the rate
  std::vector<ElementColumns> elements = {};  // none; or of the axons, then of the dendrites of each projection
  std::vector<Step> last_spike = {};          // of each source
  std::uint64_t created = 0, removed = 0;
  std::array<double, structure_phases.size()> timings{};  // seconds, of the last update
};

}  // namespace plastica
