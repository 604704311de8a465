// Constants of rules, and what kernels read of rules: addresses of columns, which are taken where they are used.
#include "engine/plastic/views.hpp"

#include "engine/network.hpp"
#include "engine/plastic/prepare.hpp"

namespace plastica {

// What stays as it is until constants change.
template <class R>
static RuleView<R> view_of(Network<R>& net, const Projection<R>& projection, PlasticSet<R>& set, std::size_t k) {
  const auto& slot = set.slots[k];
  const auto& kernels = kernels_of(net, projection.rules[k], slot.variant);
  RuleView<R> view{};
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

// Flows of several rules do not commute: they take turns from event to event, whether or not a rule acts at these.
template <class R>
static bool listens(const std::vector<RuleView<R>>& rules) {
  const auto acts = [](const RuleView<R>& view) { return view.at_post != nullptr; };
  const auto flows = [](const RuleView<R>& view) { return view.advance != nullptr; };
  return std::any_of(rules.begin(), rules.end(), acts) || std::count_if(rules.begin(), rules.end(), flows) > 1;
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
  set.listens = listens(set.rules);
}

// What a rule reads of columns, now.
template <class R>
static void look(const Network<R>& net, const PlasticSet<R>& set, std::size_t k, std::size_t share, const History<R>& history, std::size_t& integral,
                 RuleView<R>& view) {
  const auto& slot = set.slots[k];
  const auto& mine = set.shares[share];
  view.constants = slot.constants.data();
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

template <class R>
static PlasticContext<R> context(const Network<R>& net, std::size_t p, std::size_t share) {
  const auto& projection = net.projections[p];
  if (!projection.synaptic) return {};
  const auto& history = net.populations[projection.post].learning[share].history;
  const auto& set = net.plastic_sets[p];
  const auto& integrals = set.shares[share].integrals;
  const Step origin = net.shares[share].origin;
  return {{history.steps(), history.neurons(), history.capacity()},
          nullptr,
          static_cast<int>(set.rules.size()),
          projection.sign,
          static_cast<R>(set.w_max),
          static_cast<R>(net.dt),
          set.evolves,
          set.everywhere,
          set.compares,
          set.random,
          set.transmits,
          set.listens,
          relative(net, share, integrals.empty() ? origin : integrals[0].origin),
          random_key(net.seed, static_cast<std::uint32_t>(p), Purpose::synaptic_noise),
          origin,
          net.populations[projection.post].first(share),
          relative(net, share, std::max(set.slots[0].made, origin + never)),
          projection.held};
}

template <class R>
RulesInUse<R>::RulesInUse(const Network<R>& net, std::size_t p, std::size_t share)
    : PlasticContext<R>(context(net, p, share)), views_(net.plastic_sets[p].rules) {
  const auto& set = net.plastic_sets[p];
  this->rules = views_.data();
  if (views_.empty()) return;
  const auto& read = net.populations[net.projections[p].post].learning[share].history;
  std::size_t integral = 0;
  for (RuleView<R>& view : views_) look(net, set, static_cast<std::size_t>(view.number), share, read, integral, view);
}

static_assert(!std::is_copy_constructible_v<RulesInUse<float>> && !std::is_move_constructible_v<RulesInUse<float>>, "addresses of columns are not kept");

PLASTICA_INSTANTIATE(derive_rules);
template class RulesInUse<float>;
template class RulesInUse<double>;

}  // namespace plastica
