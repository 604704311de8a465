// The plan of a projection's rules: everything that can be refused, before anything is made.
#pragma once
#include "engine/network.hpp"

namespace plastica {

// Constants that single precision has no number for would end in weights that are none.
template <class R>
void check_rule(const Network<R>& net, const RuleOperations& part, const std::vector<double>& parameters);

// Rows take the walk that is chosen here for good.
template <class R>
void plan_rules(const Network<R>& net, Projection<R>& projection, PlasticSet<R>& set, const std::vector<PartSpec>& specs);

}  // namespace plastica
