// What the rules with a third factor share: eligibility that rises and decays, and its conversion by a modulator.
#pragma once
#include "parts/plasticity/rule.hpp"

namespace plastica::inline PLASTICA_ISA {

inline constexpr Field modulator_field(std::string_view name, std::string_view sentence) { return {name, 0, unit::modulator, at_least(0), sentence}; }

inline constexpr int modulator_index(double parameter) { return static_cast<int>(parameter); }

// An eligibility that starts at 0 and is q (exp(-t/tau) - exp(-t/tau_rise)) a time t after a change of q. own[0] is the eligibility itself, own[1] the
// part of it that fades with tau_rise; their sum fades with tau.
template <class R>
struct RisingEligibility {
  R per_tau, per_rise;  // 1/ms

  // Returns what a modulator makes of it: the integral of level(t) e(t), given those with tau and with tau_rise.
  PLASTICA_FN R advance(R* own, R gap, R integral, R rise_integral) const {
    const R slow = own[0] + own[1];
    const R converted = slow * integral - own[1] * rise_integral;
    own[1] = own[1] * math::exp(-gap * per_rise);
    own[0] = slow * math::exp(-gap * per_tau) - own[1];
    return converted;
  }
};

}  // namespace plastica::inline PLASTICA_ISA
