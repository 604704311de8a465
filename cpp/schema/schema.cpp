#include "schema/schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>

namespace plastica {
namespace {

std::string with_unit(double value, std::string_view unit) {
  std::string text = to_text(value);
  if (!unit.empty()) text.append(" ").append(unit);
  return text;
}

// The side of the bound that the value is beyond.
std::string describe(const Bound& bound, double value, std::string_view unit) {
  const bool too_low = bound.low_open ? !(value > bound.low) : !(value >= bound.low);
  if (too_low) return (bound.low_open ? "above " : "at least ") + with_unit(bound.low, unit);
  return (bound.high_open ? "below " : "at most ") + with_unit(bound.high, unit);
}

bool within(const Bound& bound, double value) {
  const bool low = bound.low_open ? value > bound.low : value >= bound.low;
  const bool high = bound.high_open ? value < bound.high : value <= bound.high;
  return low && high;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

// The text and the fields of a schema that owns them.
struct Declaration {
  std::deque<std::string> texts;
  std::vector<Field> parameters, states;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
  void keep(std::vector<Field>& own, std::span<const Field> fields) {
    own.assign(fields.begin(), fields.end());
    for (Field& field : own)
      for (std::string_view* text : {&field.name, &field.unit, &field.sentence, &field.choices}) *text = keep(*text);
  }
};

// FNV-1a. Texts are told apart by their lengths.
class Hash {
 public:
  template <class Number>
  void add(Number number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    add_bytes({bytes, sizeof number});
  }
  void add(std::string_view text) {
    add(text.size());
    add_bytes(text);
  }
  void add(std::span<const Field> fields) {
    add(fields.size());
    for (const Field& field : fields) {
      for (const std::string_view text : {field.name, field.unit, field.sentence, field.choices}) add(text);
      for (const double number : {field.default_value, field.bound.low, field.bound.high}) add(number);
      for (const bool flag : {field.bound.low_open, field.bound.high_open, field.fixed, field.scheduled}) add(flag);
      add(field.when_frozen);
    }
  }
  std::uint64_t value() const { return value_; }

 private:
  void add_bytes(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  }
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

}  // namespace

Schema owning(const Schema& schema) {
  auto own = std::make_shared<Declaration>();
  own->keep(own->parameters, schema.parameters);
  own->keep(own->states, schema.states);
  const Text text{own->keep(schema.text.name), own->keep(schema.text.sentence), own->keep(schema.text.equation), own->keep(schema.text.reference)};
  return {schema.kind, text, own->parameters, own->states, own->keep(schema.definition), own};
}

Schema renamed(const Schema& schema, std::string_view name) {
  Schema other = schema;
  other.text.name = name;
  return owning(other);
}

std::uint64_t hash_of(const Schema& schema) {
  Hash hash;
  hash.add(schema.kind);
  for (const std::string_view text : {schema.text.name, schema.text.sentence, schema.text.equation, schema.text.reference, schema.definition}) hash.add(text);
  hash.add(schema.parameters);
  hash.add(schema.states);
  return hash.value();
}

std::string_view kind_name(Kind kind) {
  constexpr std::array<std::string_view, 10> names{"membrane", "source",       "receptor",   "rule",     "connector",
                                                   "stimulus", "distribution", "controller", "elements", "structure"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<std::string> split_choices(std::string_view choices) {
  std::vector<std::string> names;
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    names.emplace_back(choices.substr(0, bar));
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return names;
}

std::string to_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string suggestion(std::string_view name, std::span<const std::string> valid) {
  std::string list;
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : valid) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
    list.append(list.empty() ? "" : ", ").append(candidate);
  }
  std::string text = nearest.empty() ? "" : "did you mean '" + std::string(nearest) + "'? ";
  return text + "(" + list + ")";
}

std::string enumerated(std::span<const std::string> names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) list.append(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ").append(names[i]);
  return list;
}

void check_value(std::string_view part, const Field& field, double value) {
  const std::string name = std::string(part) + "." + std::string(field.name);
  if (!field.choices.empty()) {
    const auto count = split_choices(field.choices).size();
    if (!(value >= 0 && value < static_cast<double>(count) && value == std::floor(value))) throw Error(name + " must be one of " + std::string(field.choices));
    return;
  }
  if (within(field.bound, value) && (std::isfinite(value) || !std::isfinite(field.default_value))) return;
  if (!std::isfinite(value)) throw Error(name + " = " + with_unit(value, field.unit) + " must be a finite number");
  throw Error(name + " = " + with_unit(value, field.unit) + " must be " + describe(field.bound, value, field.unit));
}

void check_values(std::string_view part, const Field& field, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]) && within(field.bound, values[i])) continue;
    try {
      check_value(part, field, values[i]);
    } catch (const Error& error) {
      throw Error(std::string(error.what()) + " (element " + std::to_string(i) + ")");
    }
  }
}

void check_magnitudes(std::string_view part, const Field& field, std::span<const double> values) {
  constexpr double least = 1e-37, most = 1e37;  // a little within single precision
  for (const double value : values) {
    const double size = std::abs(value);
    if (size == 0 || (size >= least && size <= most) || (std::isinf(size) && std::isinf(field.default_value))) continue;
    throw Error(std::string(part) + "." + std::string(field.name) + " = " + with_unit(value, field.unit) + " must be 0 or from " + to_text(least) + " to " +
                to_text(most) + " in magnitude");
  }
}

double choice_value(std::string_view part, const Field& field, std::string_view name) {
  const auto names = split_choices(field.choices);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw Error(std::string(part) + "." + std::string(field.name) + " = '" + std::string(name) + "' is unknown; " + suggestion(name, names));
  return static_cast<double>(found - names.begin());
}

const Field& find_field(const Schema& schema, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& field : schema.parameters) {
    if (field.name == name) return field;
    names.emplace_back(field.name);
  }
  throw UnknownName(std::string(schema.text.name) + " has no parameter '" + std::string(name) + "'; " + suggestion(name, names));
}

const Schema& find_schema(std::string_view name) { return find_schema(all_schemas(), name); }

const Schema& find_schema(std::span<const Schema> among, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& schema : among) {
    if (schema.text.name == name) return schema;
    names.emplace_back(schema.text.name);
  }
  throw UnknownName("there is no part '" + std::string(name) + "'; " + suggestion(name, names));
}

}  // namespace plastica
