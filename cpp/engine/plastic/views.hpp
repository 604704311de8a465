// Constants of rules, and what kernels read of rules: addresses of columns, which are taken where they are used.
#pragma once
#include "engine/network.hpp"

namespace plastica {

template <class R>
void derive_rules(Network<R>& net, std::size_t id);

// What kernels read of a projection's rules in one share. It holds addresses of histories, rings, integrals and variables of neurons, which are good until
// one of these grows. So it cannot be kept: it is made in the function that uses it, and lives as long as the call.
template <class R>
class RulesInUse : public PlasticContext<R> {
 public:
  RulesInUse(const Network<R>& net, std::size_t p, std::size_t share);
  RulesInUse(const RulesInUse&) = delete;
  RulesInUse& operator=(const RulesInUse&) = delete;
  ~RulesInUse() = default;

 private:
  std::vector<RuleView<R>> views_;
};

}  // namespace plastica
