// What drives populations.
#pragma once
#include <span>

#include "engine/specs.hpp"

namespace plastica {

template <class R>
struct Network;

template <class R>
std::size_t add_drive(Network<R>& net, std::size_t population, const Ids& ids, const PartSpec& stimulus, int receptor, const Values& weight);
template <class R>
void withdraw_drive(Network<R>& net);
template <class R>
Values drive_get(const Network<R>& net, std::size_t drive, const std::string& name);
template <class R>
void drive_set(Network<R>& net, std::size_t drive, const std::string& name, const Values& values);
template <class R>
bool drive_active(const Network<R>& net, std::size_t drive);
template <class R>
void set_drive_active(Network<R>& net, std::size_t drive, bool on);
template <class R>
void set_drive_schedule(Network<R>& net, std::size_t drive, const std::string& name, std::vector<Step> steps, Values values);

}  // namespace plastica
