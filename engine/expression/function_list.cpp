// Every scalar function, one line for each: name, synonyms, usage, what it gives, how it resolves, what it prepares.
#include <vector>

#include "engine/expression/functions.hpp"

namespace velo::engine {

std::span<const ScalarFunction> scalar_functions() noexcept {
    static const std::vector<ScalarFunction> kFunctions{
        // Comparisons.
        {"=", {"=="}, "a = b", "Whether both are equal; number types compare exactly.", resolve_comparison<Comparison::Equal>},
        {"<>", {"!="}, "a <> b", "Whether they differ.", resolve_comparison<Comparison::NotEqual>},
        {"<", {}, "a < b", "Whether the left one is smaller.", resolve_comparison<Comparison::Less>},
        {"<=", {}, "a <= b", "Whether the left one is smaller or equal.", resolve_comparison<Comparison::LessEqual>},
        {">", {}, "a > b", "Whether the left one is larger.", resolve_comparison<Comparison::Greater>},
        {">=", {}, "a >= b", "Whether the left one is larger or equal.", resolve_comparison<Comparison::GreaterEqual>},
        {"IS DISTINCT FROM", {}, "a IS DISTINCT FROM b", "Whether they differ, where NULL equals NULL.", resolve_distinct<false>},
        {"IS NOT DISTINCT FROM", {}, "a IS NOT DISTINCT FROM b", "Whether they are equal, where NULL equals NULL.", resolve_distinct<true>},
        {"IS NULL", {}, "x IS NULL", "Whether there is no value.", resolve_is_null<false>},
        {"IS NOT NULL", {}, "x IS NOT NULL", "Whether there is a value.", resolve_is_null<true>},
        {"IN", {}, "x IN (a, b, …)", "Whether x equals one of the values.", resolve_in, prepare_in, in_as_comparisons},
        {"LIKE", {}, "x LIKE 'a%' [ESCAPE '\\']", "Whether a text fits a pattern: % any characters, _ one.", resolve_like, prepare_like},

        // Arithmetic.
        {"+", {}, "a + b", "The sum of numbers or INTERVALs, or a time so much later.", resolve_add},
        {"-", {}, "a - b", "The difference of numbers, INTERVALs or times; with one operand its negative.", resolve_subtract},
        {"*", {}, "a * b", "The product of numbers, or of an INTERVAL and a BIGINT.", resolve_multiply},
        {"/", {}, "a / b", "The quotient; of two BIGINT the whole part. Division by zero is a fault.", resolve_divide},
        {"%", {"MOD"}, "a % b", "The rest of a division, with the sign of the left side.", resolve_modulo},

        // Numbers.
        {"ABS", {}, "ABS(x)", "The number without its sign.", resolve_abs},
        {"SIGN", {}, "SIGN(x)", "-1, 0 or 1.", resolve_sign},
        {"ROUND", {}, "ROUND(x [, digits])", "The nearest number with so many digits after the point, half away from zero.", resolve_round},
        {"TRUNC", {"TRUNCATE"}, "TRUNC(x [, digits])", "The number cut after so many digits.", resolve_trunc},
        {"CEIL", {"CEILING"}, "CEIL(x)", "The smallest whole number that is not below x.", resolve_ceil},
        {"FLOOR", {}, "FLOOR(x)", "The largest whole number that is not above x.", resolve_floor},
        {"SQRT", {}, "SQRT(x)", "The square root; of a negative number a fault.", resolve_sqrt},
        {"POWER", {"POW"}, "POWER(base, exponent)", "The power, as a DOUBLE.", resolve_power},
        {"EXP", {}, "EXP(x)", "e to the power of x.", resolve_exp},
        {"LN", {}, "LN(x)", "The natural logarithm; of zero or less a fault.", resolve_ln},
        {"LOG10", {}, "LOG10(x)", "The logarithm to base 10; of zero or less a fault.", resolve_log10},
        {"GREATEST", {}, "GREATEST(a, b, …)", "The largest argument that is not NULL.", resolve_greatest},
        {"LEAST", {}, "LEAST(a, b, …)", "The smallest argument that is not NULL.", resolve_least},

        // Texts; positions and lengths count characters.
        {"||", {}, "a || b", "Both texts, one after the other; NULL if one is NULL.", resolve_concat_operator},
        {"CONCAT", {}, "CONCAT(a, b, …)", "All texts that are not NULL, one after another.", resolve_concat},
        {"UPPER", {"UCASE"}, "UPPER(text)", "The text in upper case (Latin, Greek, Cyrillic, Armenian letters).", resolve_upper},
        {"LOWER", {"LCASE"}, "LOWER(text)", "The text in lower case.", resolve_lower},
        {"LENGTH", {"LEN", "CHAR_LENGTH", "CHARACTER_LENGTH"}, "LENGTH(text)", "How many characters; of BYTES how many bytes.", resolve_length},
        {"SUBSTRING", {"SUBSTR"}, "SUBSTRING(text, start [, count])", "The characters from start (1 = first, -1 = last) on.", resolve_substring},
        {"LEFT", {}, "LEFT(text, count)", "The first characters; a negative count leaves that many out at the end.", resolve_left},
        {"RIGHT", {}, "RIGHT(text, count)", "The last characters; a negative count leaves that many out at the start.", resolve_right},
        {"TRIM", {"BTRIM"}, "TRIM(text [, characters])", "The text without blanks, or those characters, at both ends.", resolve_trim},
        {"LTRIM", {}, "LTRIM(text [, characters])", "The same at the start only.", resolve_ltrim},
        {"RTRIM", {}, "RTRIM(text [, characters])", "The same at the end only.", resolve_rtrim},
        {"REPLACE", {}, "REPLACE(text, sought, by)", "The text with every sought part replaced.", resolve_replace},
        {"POSITION", {"LOCATE"}, "POSITION(sought, text)", "Where the sought text starts, from 1; 0 when it is not there.", resolve_position},
        {"STRPOS", {"INSTR"}, "STRPOS(text, sought)", "POSITION with its arguments the other way round.", resolve_strpos},
        {"STARTS_WITH", {"STARTSWITH"}, "STARTS_WITH(text, start)", "Whether the text starts so.", resolve_starts_with},
        {"ENDS_WITH", {"ENDSWITH"}, "ENDS_WITH(text, end)", "Whether the text ends so.", resolve_ends_with},
        {"CONTAINS", {}, "CONTAINS(text, part)", "Whether the part is in the text.", resolve_contains},
        {"LPAD", {}, "LPAD(text, length [, fill])", "The text filled up at the start, or cut, to that length.", resolve_lpad},
        {"RPAD", {}, "RPAD(text, length [, fill])", "The text filled up at the end, or cut, to that length.", resolve_rpad},
        {"SPLIT_PART", {}, "SPLIT_PART(text, delimiter, number)", "That part between delimiters, from 1, or from the end where negative.", resolve_split_part},
        {"REVERSE", {}, "REVERSE(text)", "The characters in reverse order.", resolve_reverse},

        // Times, in UTC.
        {"EXTRACT", {"DATE_PART"}, "EXTRACT(unit FROM time)", "One field of a time or an INTERVAL.", resolve_extract},
        {"YEAR", {}, "YEAR(time)", "The year.", resolve_time_field<TimeField::Year>},
        {"QUARTER", {}, "QUARTER(time)", "The quarter, 1 to 4.", resolve_time_field<TimeField::Quarter>},
        {"MONTH", {}, "MONTH(time)", "The month, 1 to 12.", resolve_time_field<TimeField::Month>},
        {"WEEK", {}, "WEEK(time)", "The week of ISO 8601, 1 to 53.", resolve_time_field<TimeField::Week>},
        {"DAY", {"DAYOFMONTH"}, "DAY(time)", "The day of the month.", resolve_time_field<TimeField::Day>},
        {"DAYOFWEEK", {}, "DAYOFWEEK(time)", "The day of the week, 1 = Sunday to 7.", resolve_time_field<TimeField::DayOfWeekFromOne>},
        {"DAYOFYEAR", {}, "DAYOFYEAR(time)", "The day of the year, from 1.", resolve_time_field<TimeField::DayOfYear>},
        {"HOUR", {}, "HOUR(time)", "The hour, 0 to 23.", resolve_time_field<TimeField::Hour>},
        {"MINUTE", {}, "MINUTE(time)", "The minute, 0 to 59.", resolve_time_field<TimeField::Minute>},
        {"SECOND", {}, "SECOND(time)", "The second, 0 to 59.", resolve_time_field<TimeField::Second>},
        {"DATE_TRUNC", {}, "DATE_TRUNC('unit', time)", "The start of the year, month, week, hour … that holds the time.", resolve_date_trunc},
        {"FROM_UNIXTIME", {}, "FROM_UNIXTIME(number [, 's' | 'ms' | 'us'])", "The time so many seconds (or ms, us) after 1970.", resolve_from_unixtime},
        {"UNIX_TIMESTAMP", {}, "UNIX_TIMESTAMP(time [, 's' | 'ms' | 'us'])", "Whole seconds (or ms, us) since 1970.", resolve_unix_timestamp},
        {"TO_TIMESTAMP", {"PARSE_TIMESTAMP"}, "TO_TIMESTAMP(text [, 'yyyy-MM-dd HH:mm:ss'])", "The time that a text names, RFC 3339 without a pattern.", resolve_to_timestamp, prepare_to_timestamp},
    };
    return kFunctions;
}

}  // namespace velo::engine
