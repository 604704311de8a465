#pragma once
#include <tuple>

#include "parts/connectors/all_to_all.hpp"
#include "parts/connectors/distance_dependent.hpp"
#include "parts/connectors/explicit.hpp"
#include "parts/connectors/fixed_in_degree.hpp"
#include "parts/connectors/fixed_out_degree.hpp"
#include "parts/connectors/fixed_probability.hpp"
#include "parts/connectors/fixed_total_number.hpp"
#include "parts/connectors/one_to_one.hpp"

namespace plastica::inline PLASTICA_ISA {
using Connectors = std::tuple<AllToAll, OneToOne, FixedProbability, FixedInDegree, FixedOutDegree, FixedTotalNumber, Explicit, DistanceDependent>;
}
