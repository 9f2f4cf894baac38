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

// math_functions.cpp
Resolved resolve_cbrt(Types types, Literals literals);
Resolved resolve_log2(Types types, Literals literals);
Resolved resolve_log(Types types, Literals literals);
Resolved resolve_sin(Types types, Literals literals);
Resolved resolve_cos(Types types, Literals literals);
Resolved resolve_tan(Types types, Literals literals);
Resolved resolve_cot(Types types, Literals literals);
Resolved resolve_asin(Types types, Literals literals);
Resolved resolve_acos(Types types, Literals literals);
Resolved resolve_atan(Types types, Literals literals);
Resolved resolve_atan2(Types types, Literals literals);
Resolved resolve_sinh(Types types, Literals literals);
Resolved resolve_cosh(Types types, Literals literals);
Resolved resolve_tanh(Types types, Literals literals);
Resolved resolve_degrees(Types types, Literals literals);
Resolved resolve_radians(Types types, Literals literals);
Resolved resolve_pi(Types types, Literals literals);
BoundPtr pi_literal(std::span<const BoundPtr> args, const Place& place, const std::string& text);

// bit_functions.cpp
Resolved resolve_bitand(Types types, Literals literals);
Resolved resolve_bitor(Types types, Literals literals);
Resolved resolve_bitxor(Types types, Literals literals);
Resolved resolve_bitnot(Types types, Literals literals);
Resolved resolve_bit_count(Types types, Literals literals);
Resolved resolve_shift_left(Types types, Literals literals);
Resolved resolve_shift_right(Types types, Literals literals);
Resolved resolve_div(Types types, Literals literals);
Resolved resolve_gcd(Types types, Literals literals);
Resolved resolve_lcm(Types types, Literals literals);
Resolved resolve_factorial(Types types, Literals literals);
Resolved resolve_width_bucket(Types types, Literals literals);

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

// string_edit_functions.cpp
Resolved resolve_concat_ws(Types types, Literals literals);
Resolved resolve_repeat(Types types, Literals literals);
Resolved resolve_space(Types types, Literals literals);
Resolved resolve_translate(Types types, Literals literals);
Resolved resolve_overlay(Types types, Literals literals);
Resolved resolve_initcap(Types types, Literals literals);
Resolved resolve_mask(Types types, Literals literals);
Resolved resolve_substring_index(Types types, Literals literals);

// character_functions.cpp
Resolved resolve_ascii(Types types, Literals literals);
Resolved resolve_chr(Types types, Literals literals);
Resolved resolve_octet_length(Types types, Literals literals);
Resolved resolve_levenshtein(Types types, Literals literals);

// regex_functions.cpp
Resolved resolve_regexp_like(Types types, Literals literals);
Resolved resolve_regexp_count(Types types, Literals literals);
Resolved resolve_regexp_instr(Types types, Literals literals);
Resolved resolve_regexp_extract(Types types, Literals literals);
Resolved resolve_regexp_replace(Types types, Literals literals);
Resolved resolve_similar(Types types, Literals literals);
PreparedResult prepare_regexp(Types types, Literals literals);
PreparedResult prepare_regexp_extract(Types types, Literals literals);
PreparedResult prepare_regexp_replace(Types types, Literals literals);
PreparedResult prepare_similar(Types types, Literals literals);

// digest_functions.cpp
Resolved resolve_md5(Types types, Literals literals);
Resolved resolve_sha1(Types types, Literals literals);
Resolved resolve_sha224(Types types, Literals literals);
Resolved resolve_sha256(Types types, Literals literals);
Resolved resolve_sha384(Types types, Literals literals);
Resolved resolve_sha512(Types types, Literals literals);
Resolved resolve_xxhash64(Types types, Literals literals);
Resolved resolve_crc32(Types types, Literals literals);
Resolved resolve_uuid_v5(Types types, Literals literals);

// encoding_functions.cpp
Resolved resolve_to_hex(Types types, Literals literals);
Resolved resolve_from_hex(Types types, Literals literals);
Resolved resolve_to_base64(Types types, Literals literals);
Resolved resolve_from_base64(Types types, Literals literals);
Resolved resolve_url_encode(Types types, Literals literals);
Resolved resolve_url_decode(Types types, Literals literals);

// json_functions.cpp
Resolved resolve_json_value(Types types, Literals literals);
Resolved resolve_json_query(Types types, Literals literals);
Resolved resolve_json_exists(Types types, Literals literals);
Resolved resolve_json_type(Types types, Literals literals);
Resolved resolve_json_length(Types types, Literals literals);
Resolved resolve_json_keys(Types types, Literals literals);
Resolved resolve_is_json(Types types, Literals literals);
Resolved resolve_json_quote(Types types, Literals literals);
Resolved resolve_json_unquote(Types types, Literals literals);
PreparedResult prepare_json_path(Types types, Literals literals);

// nested_functions.cpp
Resolved resolve_array(Types types, Literals literals);
Resolved resolve_map(Types types, Literals literals);
Resolved resolve_struct(Types types, Literals literals);
Resolved resolve_field(Types types, Literals literals);
Resolved resolve_subscript(Types types, Literals literals);
Resolved resolve_element_at(Types types, Literals literals);
Resolved resolve_cardinality(Types types, Literals literals);
Resolved resolve_to_json(Types types, Literals literals);
PreparedResult prepare_field(Types types, Literals literals);

// like.cpp
Resolved resolve_like(Types types, Literals literals);
PreparedResult prepare_like(Types types, Literals literals);

// time_functions.cpp
enum class TimeField {
    Year,
    IsoYear,
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
PreparedResult prepare_date_trunc(Types types, Literals literals);

// calendar_functions.cpp
Resolved resolve_timestamp_add(Types types, Literals literals);
Resolved resolve_timestamp_diff(Types types, Literals literals);
Resolved resolve_date_add(Types types, Literals literals);
Resolved resolve_date_sub(Types types, Literals literals);
Resolved resolve_make_date(Types types, Literals literals);
Resolved resolve_make_time(Types types, Literals literals);
Resolved resolve_make_timestamp(Types types, Literals literals);
Resolved resolve_last_day(Types types, Literals literals);
Resolved resolve_day_name(Types types, Literals literals);
Resolved resolve_month_name(Types types, Literals literals);
Resolved resolve_date_bin(Types types, Literals literals);
PreparedResult prepare_time_unit(Types types, Literals literals);

// zone_functions.cpp
Resolved resolve_at_time_zone(Types types, Literals literals);
Resolved resolve_from_local_time(Types types, Literals literals);
Resolved resolve_convert_tz(Types types, Literals literals);
PreparedResult prepare_zone(Types types, Literals literals);
PreparedResult prepare_zones(Types types, Literals literals);

// time_text_functions.cpp
Resolved resolve_to_timestamp(Types types, Literals literals);
Resolved resolve_to_date(Types types, Literals literals);
Resolved resolve_to_time(Types types, Literals literals);
Resolved resolve_format_timestamp(Types types, Literals literals);
Resolved resolve_format_time(Types types, Literals literals);
PreparedResult prepare_to_timestamp(Types types, Literals literals);
PreparedResult prepare_format_timestamp(Types types, Literals literals);
PreparedResult prepare_to_time(Types types, Literals literals);
PreparedResult prepare_format_time(Types types, Literals literals);

// unix_time_functions.cpp
Resolved resolve_from_unixtime(Types types, Literals literals);
Resolved resolve_unix_timestamp(Types types, Literals literals);

}  // namespace velo::engine
