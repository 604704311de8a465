#include "network/connectivity.hpp"
#include "parts/connectors/all.hpp"

namespace plastica {
namespace {

template <class... Connector>
Connectivity generate_by_name(std::tuple<Connector...>* /*list*/, const std::string& name, const ConnectorOptions& options, const Wiring& wiring) {
  Connectivity result;
  const bool found = ((name == Connector::text.name && (result = Connector::generate(connector_parameters<Connector>(options), options, wiring), true)) || ...);
  if (found) return result;
  const std::array<std::string, sizeof...(Connector)> names{std::string(Connector::text.name)...};
  throw UnknownName("there is no connector '" + name + "'; " + suggestion(name, names));
}

}  // namespace

Connectivity generate(const std::string& connector, const ConnectorOptions& options, const Endpoint& pre, const Endpoint& post, const Partition& post_partition,
                      RandomKey key) {
  const Wiring wiring(pre, post, post_partition, key, options.same_population);
  return generate_by_name(static_cast<Connectors*>(nullptr), connector, options, wiring);
}

}  // namespace plastica
