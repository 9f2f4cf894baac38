// How each scalar function is resolved and prepared; function_list.cpp gives them their names.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "engine/expression/function.hpp"

namespace velo::engine {

using Types = std::span<const Type>;
using Literals = std::span<const Value* const>;
using Resolved = std::expected<Signature, std::string>;
using PreparedResult = std::expected<std::shared_ptr<const Prepared>, std::string>;

// comparison_functions.cpp
enum class Comparison { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
template <Comparison comparison>
Resolved resolve_comparison(Types types, Literals literals);
template <bool negated>
Resolved resolve_distinct(Types types, Literals literals);
template <bool negated>
Resolved resolve_is_null(Types types, Literals literals);

// in_list.cpp
Resolved resolve_in(Types types, Literals literals);
PreparedResult prepare_in(Types types, Literals literals);
BoundPtr in_as_comparisons(std::span<const BoundPtr> args, const Place& place,
                           const std::string& text);

// arithmetic_functions.cpp
Resolved resolve_add(Types types, Literals literals);
Resolved resolve_subtract(Types types, Literals literals);
Resolved resolve_multiply(Types types, Literals literals);
Resolved resolve_divide(Types types, Literals literals);
Resolved resolve_modulo(Types types, Literals literals);

// numeric_functions.cpp
Resolved resolve_abs(Types types, Literals literals);
Resolved resolve_sign(Types types, Literals literals);
Resolved resolve_sqrt(Types types, Literals literals);
Resolved resolve_power(Types types, Literals literals);
Resolved resolve_exp(Types types, Literals literals);
Resolved resolve_ln(Types types, Literals literals);
Resolved resolve_log10(Types types, Literals literals);

// rounding_functions.cpp
Resolved resolve_round(Types types, Literals literals);
Resolved resolve_trunc(Types types, Literals literals);
Resolved resolve_ceil(Types types, Literals literals);
Resolved resolve_floor(Types types, Literals literals);

// conditional_functions.cpp
Resolved resolve_greatest(Types types, Literals literals);
Resolved resolve_least(Types types, Literals literals);

// string_functions.cpp
Resolved resolve_upper(Types types, Literals literals);
Resolved resolve_lower(Types types, Literals literals);
Resolved resolve_length(Types types, Literals literals);
Resolved resolve_substring(Types types, Literals literals);
Resolved resolve_left(Types types, Literals literals);
Resolved resolve_right(Types types, Literals literals);
Resolved resolve_trim(Types types, Literals literals);
Resolved resolve_ltrim(Types types, Literals literals);
Resolved resolve_rtrim(Types types, Literals literals);
Resolved resolve_reverse(Types types, Literals literals);
Resolved resolve_lpad(Types types, Literals literals);
Resolved resolve_rpad(Types types, Literals literals);

// string_search_functions.cpp
Resolved resolve_concat_operator(Types types, Literals literals);
Resolved resolve_concat(Types types, Literals literals);
Resolved resolve_replace(Types types, Literals literals);
Resolved resolve_position(Types types, Literals literals);
Resolved resolve_strpos(Types types, Literals literals);
Resolved resolve_starts_with(Types types, Literals literals);
Resolved resolve_ends_with(Types types, Literals literals);
Resolved resolve_contains(Types types, Literals literals);
Resolved resolve_split_part(Types types, Literals literals);

// like.cpp
Resolved resolve_like(Types types, Literals literals);
PreparedResult prepare_like(Types types, Literals literals);

// time_functions.cpp
enum class TimeField {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    DayOfWeek,
    DayOfWeekFromOne,
    IsoDayOfWeek,
    DayOfYear,
    Epoch,
};
Resolved resolve_extract(Types types, Literals literals);
template <TimeField field>
Resolved resolve_time_field(Types types, Literals literals);
Resolved resolve_date_trunc(Types types, Literals literals);

// unix_time_functions.cpp
Resolved resolve_from_unixtime(Types types, Literals literals);
Resolved resolve_unix_timestamp(Types types, Literals literals);
Resolved resolve_to_timestamp(Types types, Literals literals);
PreparedResult prepare_to_timestamp(Types types, Literals literals);

}  // namespace velo::engine
