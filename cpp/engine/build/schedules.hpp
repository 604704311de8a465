// Schedules of parameters: which can follow one, and what one must be like.
#pragma once
#include "engine/catalogue.hpp"
#include "engine/specs.hpp"
#include "network/population.hpp"

namespace plastica {

// Whether the first parameter can follow a schedule; others never do.
bool follows_schedule(const Schema& schema);

// What a parameter is to follow, checked. `kind` is that of the parts that are named where it cannot.
Schedule checked_schedule(const Catalogue& catalogue, Kind kind, const Schema& schema, const std::string& name, std::vector<Step> steps, Values values,
                          std::size_t neurons);

// Some neurons leave the schedule: from now on they have the values, the others what it says.
Schedule without(const Schedule& schedule, const std::string& part, const std::string& name, std::size_t size, const std::vector<Neuron>& ids,
                 const Values& values);

}  // namespace plastica
