// What a part is. A part declares its name, sentence, equation, reference and fields once; columns, validation, checkpoints, the
// Python class, its docstring and its reference page all come from that declaration.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "schema/field.hpp"

namespace plastica {

// The declaration of a part as the rest of the program sees it.
struct Schema {
  Kind kind;
  Text text;
  std::span<const Field> parameters;
  std::span<const Field> states = {};
  // What else makes the part what it is: the program of a part that was written as text. Empty for a part that is compiled in.
  std::string_view definition = {};
  std::shared_ptr<const void> owner = {};  // of all of the above; copies share it
};

// The same declaration with text and fields of its own, which live as long as any copy of it.
Schema owning(const Schema& schema);
// The same declaration under another name.
Schema renamed(const Schema& schema, std::string_view name);
// Of everything that is declared: equal for equal declarations.
std::uint64_t hash_of(const Schema& schema);

// The parts that are compiled in, by name; filled from the lists in cpp/parts/*/all.hpp.
const std::vector<Schema>& all_schemas();
const Schema& find_schema(std::string_view name);
const Schema& find_schema(std::span<const Schema> among, std::string_view name);

std::string_view kind_name(Kind kind);
std::vector<std::string> split_choices(std::string_view choices);

// Throws Error "STDP.tau_plus = -3 ms must be above 0 ms" unless the value is finite and within the bound.
void check_value(std::string_view part, const Field& field, double value);
void check_values(std::string_view part, const Field& field, std::span<const double> values);
// Throws Error unless the values are 0 or of a magnitude that single precision has numbers for.
void check_magnitudes(std::string_view part, const Field& field, std::span<const double> values);
// The position of a choice's name; throws Error with the valid names.
double choice_value(std::string_view part, const Field& field, std::string_view name);

const Field& find_field(const Schema& schema, std::string_view name);

// "did you mean 'tau_m'? (C_m, tau_m, ...)"
std::string suggestion(std::string_view name, std::span<const std::string> valid);

// "a", "a and b", "a, b and c"
std::string enumerated(std::span<const std::string> names);

// A number as a person writes it: "0.1", "1e-05", "inf".
std::string to_text(double value);

}  // namespace plastica
