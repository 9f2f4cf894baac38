// What resolvers have in common: counting arguments, naming types, the types of numbers side by side.
#pragma once

#include <string>

#include "engine/expression/functions.hpp"

namespace velo::engine {

/// `takes 1 or 2 arguments, not 3`.
[[nodiscard]] std::string wrong_count(std::size_t least, std::size_t most, std::size_t count);

/// `takes a number, not STRING and BIGINT`: `wanted` and all argument types.
[[nodiscard]] std::string wrong_types(std::string_view wanted, Types types);

/// A text of the user's as messages show it: cut where it is long.
[[nodiscard]] std::string shortened(std::string_view text);

/// A signature of one kernel, for arguments of exactly these types after casting; NULL literals take every type, DATE is
/// taken as TIMESTAMP and BIGINT as DECIMAL or DOUBLE where they are wanted. The error says what is wanted instead.
[[nodiscard]] Resolved resolve_fixed(Types types, std::vector<Type> wanted, Type result,
                                     Kernel kernel);

/// As resolve_fixed where the last `optional` arguments may be left out; what is left out is the kernel's business.
[[nodiscard]] Resolved resolve_optional(Types types, std::vector<Type> wanted, std::size_t optional,
                                        Type result, Kernel kernel);

/// The DECIMAL that holds an exact number: itself, DECIMAL(19,0) for a BIGINT, for a literal no more digits than it has.
[[nodiscard]] Type as_decimal(Type type, const Value* literal) noexcept;

/// DECIMAL with `whole` digits before the point and `scale` after it. Over 38 digits the scale gives way, down to 6 or to
/// itself if that is less; after that the whole digits do, and results that need them are overflow faults.
[[nodiscard]] Type bounded_decimal(int whole, int scale) noexcept;

}  // namespace velo::engine
