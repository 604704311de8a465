// Constants of rules, and the views that kernels read: addresses of columns, taken anew when something has moved.
#include "engine/plastic/views.hpp"

#include "engine/network.hpp"
#include "engine/plastic/prepare.hpp"

namespace plastica {

template <class R>
void refresh_all_views(Network<R>& net) {
  for (std::size_t population = 0; population < net.populations.size(); ++population)
    for (std::size_t share = 0; share < net.populations[population].learning.size(); ++share) refresh_views(net, share, population);
}

template <class R>
static RuleView<R> view_of(Network<R>& net, const Projection<R>& projection, PlasticSet<R>& set, std::size_t k) {
  const auto& slot = set.slots[k];
  const auto& kernels = kernels_of(net, projection.rules[k], slot.variant);
  RuleView<R> view{};
  view.constants = slot.constants.data();
  view.pre_count = slot.traits.pre;
  view.post_count = slot.traits.post;
  view.level_count = slot.traits.levels;
  view.integral_count = slot.traits.integrals;
  view.neuron_count = slot.traits.neurons;
  const auto kept = [&](const TraceSpec& spec) -> DecayTable<R> {
    set.tables.push_back(decay_table(net, spec));
    return {set.tables.back()->value.data(), set.tables.back()->length()};
  };
  for (std::size_t t = 0; t < slot.needs.pre.size(); ++t) {
    const TraceSpec& spec = slot.needs.pre[t];
    view.pre[t] = {kept(spec), {nullptr, 0}, spec.pairing == Pairing::nearest || !spec.window.empty()};
    if (spec.pairing == Pairing::suppressed) view.pre[t].suppression = kept(TraceSpec{.tau = spec.tau_suppression});
  }
  view.first_trace = static_cast<int>(slot.trace);
  view.first_variable = static_cast<int>(slot.first);
  view.number = static_cast<int>(k);
  view.lagged = slot.needs.lag > 0 && set.lag > 0;
  view.everywhere = slot.traits.everywhere;
  view.compares = slot.traits.compares;
  view.random = slot.traits.random;
  view.reads_y_at_post = slot.traits.reads_y_at_post;
  view.advance = kernels.advance;
  view.at_post = kernels.at_post;
  view.at_pre = kernels.at_pre;
  view.at_tick = kernels.at_tick;
  return view;
}

template <class R>
void derive_rules(Network<R>& net, std::size_t id) {
  const auto& projection = net.projections[id];
  auto& set = net.plastic_sets[id];
  set.rules.clear();
  std::vector<std::shared_ptr<const Decay<R>>> before;
  before.swap(set.tables);  // alive until the new views are there
  for (std::size_t k = 0; k < set.slots.size(); ++k) {
    const auto& rule = projection.rules[k];
    const auto& part = *rule.part;
    auto& slot = set.slots[k];
    part.derive_double(rule.parameters.data(), net.dt, slot.exact.data());
    if constexpr (std::is_same_v<R, float>)
      part.derive_float(rule.parameters.data(), net.dt, slot.constants.data());
    else
      part.derive_double(rule.parameters.data(), net.dt, slot.constants.data());
    if (slot.view >= 0)
      set.rules.push_back(view_of(net, projection, set, k));
    else
      slot.axon = kernels_of(net, rule, slot.variant).axon;
  }
  for (std::size_t share = 0; share < projection.shards.size() && projection.synaptic; ++share) refresh_views(net, share, projection.post);
}

// The histories may have moved when they grew, rings and integrals too; their addresses are taken anew.
template <class R>
void refresh_views(Network<R>& net, std::size_t share, std::size_t population) {
  for (const std::size_t p : net.incoming[population]) {
    if (!net.projections[p].learns()) continue;
    auto& set = net.plastic_sets[p];
    const auto& history = net.populations[population].learning[share].history;
    auto& mine = set.shares[share];
    mine.views = set.rules;
    std::size_t integral = 0;
    for (std::size_t k = 0; k < set.slots.size(); ++k) {
      const auto& slot = set.slots[k];
      if (slot.view < 0) continue;
      auto& view = mine.views[static_cast<std::size_t>(slot.view)];
      for (std::size_t t = 0; t < slot.post.size(); ++t) {
        const auto& trace = history.trace(slot.post[t]);
        view.post[t] = {trace.value.data(), trace.before.data(), {trace.decay->value.data(), trace.decay->length()}};
      }
      for (std::size_t l = 0; l < slot.needs.levels.size(); ++l) {
        const auto& state = net.shares[share].modulators[static_cast<std::size_t>(slot.needs.levels[l])];
        view.level[l] = {state.level.data(), static_cast<std::uint32_t>(state.level.size() - 1)};
      }
      for (std::size_t l = 0; l < slot.needs.integrals.size(); ++l, ++integral)
        view.integral[l] = {mine.integrals[integral].sum.data(), set.growth.data() + integral * set.growth_length};
      for (std::size_t n = 0; n < mine.narrow[k].size(); ++n) view.neuron[n] = mine.narrow[k][n].data();
    }
  }
}

PLASTICA_INSTANTIATE(refresh_all_views);
PLASTICA_INSTANTIATE(derive_rules);
PLASTICA_INSTANTIATE(refresh_views);

}  // namespace plastica
