// Types of functions over arrays, maps and structs.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "engine/expression/functions.hpp"

namespace velo::engine {

/// The type that all of `types` have together; `literals` may take it where they alone would need another.
[[nodiscard]] std::expected<Type, std::string> common_element(Types types, Literals literals);

/// `type`, unless it is nested too deep.
[[nodiscard]] std::expected<Type, std::string> nested_result(Type type);

/// An ARRAY as it is, a bare NULL as an ARRAY of nothing, else nullopt.
[[nodiscard]] std::optional<Type> as_array(const Type& type);
/// The same of a MAP.
[[nodiscard]] std::optional<Type> as_map(const Type& type);

/// The array and the value in one element type: `wanted` says what the function takes.
struct ArrayAndElement {
    Type array;
    Type element;
};
[[nodiscard]] std::expected<ArrayAndElement, std::string> array_and_element(Types types,
                                                                            Literals literals);

/// Whether elements of `type` have an order.
[[nodiscard]] inline bool has_order(const Type& type) noexcept { return !type.is_nested(); }
/// Less, equal or greater: -1, 0, 1.
[[nodiscard]] int compare_elements(const Type& type, std::string_view a,
                                   std::string_view b) noexcept;

/// The number of the field of a STRUCT that `name` means: without regard to case unless `exactly`.
[[nodiscard]] std::expected<std::size_t, std::string> find_field(const Type& type,
                                                                 std::string_view name,
                                                                 bool exactly);

}  // namespace velo::engine
