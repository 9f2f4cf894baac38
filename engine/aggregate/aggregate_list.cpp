// Every aggregate: one line each at the end, and above it which kernels serve which argument types.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/aggregate/aggregate.hpp"
#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/avg.hpp"
#include "engine/aggregate/count.hpp"
#include "engine/aggregate/describe.hpp"
#include "engine/aggregate/first_last.hpp"
#include "engine/aggregate/min_max.hpp"
#include "engine/aggregate/sum.hpp"
#include "engine/base/error.hpp"
#include "engine/data/decimal.hpp"

namespace velo::engine {

namespace {

using Resolved = AggregateResolved;
using Types = AggregateTypes;
using Literals = AggregateLiterals;

template <Aggregate A>
AggregateSignature signature(Type argument, Type result) {
    return aggregate_signature<A>({argument}, result);
}

Resolved wrong_types(std::string_view name, Types types, std::string_view takes) {
    if (types.size() != 1)
        return std::unexpected(fmt::format("{} takes one argument, not {}", name, types.size()));
    return std::unexpected(
        fmt::format("{} does not take {}; it takes {}", name, types[0].text(), takes));
}

Resolved resolve_count(Types types, Literals /*literals*/) {
    if (types.empty()) return AggregateSignature{{}, kBigint, &kKernels<Count<void>>, false};
    if (types.size() > 1)
        return std::unexpected("COUNT takes '*' or one argument, not " +
                               std::to_string(types.size()));
    const Type type = aggregated_type(types[0]);
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        return signature<Count<T>>(type, kBigint);
    });
}

Resolved resolve_sum(Types types, Literals /*literals*/) {
    if (types.size() == 1) {
        const Type type = aggregated_type(types[0]);
        switch (type.kind) {
            case TypeKind::Bigint:
                return signature<SumBigint>(type, decimal_type(kMaxDecimalDigits, 0));
            case TypeKind::Double:
                return signature<SumDouble>(type, kDouble);
            case TypeKind::Decimal:
                return signature<SumDecimal>(type, decimal_type(kMaxDecimalDigits, type.scale));
            case TypeKind::Interval:
                return signature<SumInterval>(type, kInterval);
            default:
                break;
        }
    }
    return wrong_types("SUM", types, "BIGINT, DOUBLE, DECIMAL or INTERVAL");
}

Resolved resolve_avg(Types types, Literals /*literals*/) {
    if (types.size() == 1) {
        const Type type = aggregated_type(types[0]);
        const int scale = std::max<int>(type.scale, AvgDecimal::kLeastScale);
        switch (type.kind) {
            case TypeKind::Bigint:
                return signature<AvgBigint>(type, kDouble);
            case TypeKind::Double:
                return signature<AvgDouble>(type, kDouble);
            case TypeKind::Decimal:
                return signature<AvgDecimal>(type, decimal_type(kMaxDecimalDigits, scale));
            default:
                break;
        }
    }
    return wrong_types("AVG", types, "BIGINT, DOUBLE or DECIMAL");
}

/// For aggregates that take every type and keep it.
template <template <class> class A>
Resolved resolve_any(std::string_view name, Types types) {
    if (types.size() != 1) return wrong_types(name, types, {});
    const Type type = aggregated_type(types[0]);
    return visit_physical(
        type.kind, [&]<class T>(std::type_identity<T>) { return signature<A<T>>(type, type); });
}

/// For aggregates that want an order among the values.
template <template <class> class A>
Resolved resolve_ordered(std::string_view name, Types types) {
    if (types.size() == 1 && types[0].is_nested())
        return wrong_types(name, types, "values with an order: numbers, texts, times and BOOLEAN");
    return resolve_any<A>(name, types);
}
Resolved resolve_min(Types types, Literals /*literals*/) {
    return resolve_ordered<Min>("MIN", types);
}
Resolved resolve_max(Types types, Literals /*literals*/) {
    return resolve_ordered<Max>("MAX", types);
}
Resolved resolve_first(Types types, Literals /*literals*/) {
    return resolve_any<First>("FIRST", types);
}
Resolved resolve_last(Types types, Literals /*literals*/) {
    return resolve_any<Last>("LAST", types);
}

Resolved resolve_any_value(Types types, Literals /*literals*/) {
    return resolve_any<Min>("ANY_VALUE", types);
}

/// FALSE is less than TRUE.
template <Aggregate A>
Resolved resolve_truth(std::string_view name, Types types) {
    const bool condition =
        types.size() == 1 && (types[0] == kBoolean || types[0].kind == TypeKind::Null);
    if (!condition) return wrong_arguments(name, "one condition", types);
    return signature<A>(kBoolean, kBoolean);
}
Resolved resolve_bool_and(Types types, Literals /*literals*/) {
    return resolve_truth<Min<std::uint8_t>>("BOOL_AND", types);
}
Resolved resolve_bool_or(Types types, Literals /*literals*/) {
    return resolve_truth<Max<std::uint8_t>>("BOOL_OR", types);
}

}  // namespace

std::unexpected<std::string> wrong_arguments(std::string_view name, std::string_view takes,
                                             AggregateTypes types) {
    std::string given;
    for (std::size_t i = 0; i < types.size(); ++i)
        given += (i == 0 ? "" : i + 1 == types.size() ? " and " : ", ") + types[i].text();
    return std::unexpected(
        fmt::format("{} takes {}, not {}", name, takes, given.empty() ? "nothing" : given));
}

bool are_numbers(AggregateTypes types, std::size_t count) noexcept {
    return types.size() == count && std::ranges::all_of(types, [](Type type) {
               return type.is_numeric() || type.kind == TypeKind::Null;
           });
}

std::expected<double, std::string> fraction_literal(std::string_view name, const Value* literal) {
    double fraction = -1;
    if (literal != nullptr && !literal->is_null()) {
        if (literal->type.kind == TypeKind::Double) fraction = std::get<double>(literal->data);
        if (literal->type.kind == TypeKind::Bigint)
            fraction = static_cast<double>(std::get<std::int64_t>(literal->data));
        if (literal->type.kind == TypeKind::Decimal)
            fraction = decimal_to_double(std::get<Int128>(literal->data), literal->type.scale);
    }
    if (fraction >= 0 && fraction <= 1) return fraction;
    return std::unexpected(
        fmt::format("{0} wants its fraction as a literal from 0 to 1; write {0}(x, 0.95)", name));
}

std::span<const AggregateFunction> aggregate_functions() noexcept {
    static const std::array kFunctions{
        AggregateFunction{"COUNT",
                          {},
                          "COUNT(*) or COUNT(x)",
                          "How many rows, or how many where x is not NULL; 0 where there are none.",
                          "COUNT(price)",
                          "4",
                          resolve_count,
                          resolve_count_distinct},
        AggregateFunction{"SUM",
                          {},
                          "SUM(x)",
                          "The sum; exact over BIGINT, DECIMAL and INTERVAL.",
                          "SUM(quantity)",
                          "15",
                          resolve_sum,
                          resolve_sum_distinct},
        AggregateFunction{"AVG",
                          {"MEAN"},
                          "AVG(x)",
                          "The mean.",
                          "AVG(price)",
                          "25",
                          resolve_avg,
                          resolve_avg_distinct},
        AggregateFunction{
            "MIN", {}, "MIN(x)", "The least value.", "MIN(price)", "10", resolve_min, resolve_min},
        AggregateFunction{"MAX",
                          {},
                          "MAX(x)",
                          "The greatest value.",
                          "MAX(symbol)",
                          "B",
                          resolve_max,
                          resolve_max},
        AggregateFunction{"FIRST",
                          {"FIRST_VALUE"},
                          "FIRST(x)",
                          "The value of the row with the earliest event time.",
                          "FIRST(price)",
                          "10",
                          resolve_first,
                          resolve_first},
        AggregateFunction{"LAST",
                          {"LAST_VALUE"},
                          "LAST(x)",
                          "The value of the row with the latest event time.",
                          "LAST(price)",
                          "30",
                          resolve_last,
                          resolve_last},
        AggregateFunction{"MIN_BY",
                          {"ARG_MIN", "ARGMIN"},
                          "MIN_BY(x, y)",
                          "x of the row with the least y; of several the earliest by event time.",
                          "MIN_BY(symbol, quantity)",
                          "A",
                          resolve_min_by},
        AggregateFunction{"MAX_BY",
                          {"ARG_MAX", "ARGMAX"},
                          "MAX_BY(x, y)",
                          "x of the row with the greatest y.",
                          "MAX_BY(symbol, price)",
                          "A",
                          resolve_max_by},
        AggregateFunction{"ANY_VALUE",
                          {"ARBITRARY"},
                          "ANY_VALUE(x)",
                          "One of the values: always the least, so that a replay answers the same.",
                          "ANY_VALUE(symbol)",
                          "A",
                          resolve_any_value,
                          resolve_any_value},
        AggregateFunction{"COUNT_IF",
                          {"COUNTIF"},
                          "COUNT_IF(condition)",
                          "How many rows where the condition is TRUE; 0 where there are none.",
                          "COUNT_IF(price > 15)",
                          "3",
                          resolve_count_if},
        AggregateFunction{"COUNT_DISTINCT",
                          {},
                          "COUNT_DISTINCT(x) or COUNT(DISTINCT x)",
                          "How many different values, exactly; keeps them all.",
                          "COUNT_DISTINCT(symbol)",
                          "2",
                          resolve_count_distinct,
                          resolve_count_distinct},
        AggregateFunction{"APPROX_COUNT_DISTINCT",
                          {"APPROX_DISTINCT"},
                          "APPROX_COUNT_DISTINCT(x)",
                          "How many different values: exact up to 512, beyond with a standard "
                          "error of 1.63 %, in 4 KiB.",
                          "APPROX_COUNT_DISTINCT(symbol)",
                          "2",
                          resolve_approx_count_distinct,
                          resolve_approx_count_distinct},
        AggregateFunction{"BOOL_AND",
                          {"EVERY", "LOGICAL_AND"},
                          "BOOL_AND(condition)",
                          "Whether it is TRUE in all rows.",
                          "BOOL_AND(price > 15)",
                          "false",
                          resolve_bool_and,
                          resolve_bool_and},
        AggregateFunction{"BOOL_OR",
                          {"LOGICAL_OR"},
                          "BOOL_OR(condition)",
                          "Whether it is TRUE in one row.",
                          "BOOL_OR(price > 15)",
                          "true",
                          resolve_bool_or,
                          resolve_bool_or},
        AggregateFunction{"BIT_AND",
                          {},
                          "BIT_AND(x)",
                          "The bits that all have.",
                          "BIT_AND(quantity)",
                          "0",
                          resolve_bit_and,
                          resolve_bit_and},
        AggregateFunction{"BIT_OR",
                          {},
                          "BIT_OR(x)",
                          "The bits that one has.",
                          "BIT_OR(quantity)",
                          "7",
                          resolve_bit_or,
                          resolve_bit_or},
        AggregateFunction{"BIT_XOR",
                          {},
                          "BIT_XOR(x)",
                          "The bits that an odd number of them has.",
                          "BIT_XOR(quantity)",
                          "3",
                          resolve_bit_xor},
        AggregateFunction{"VARIANCE",
                          {"VAR_SAMP"},
                          "VARIANCE(x)",
                          "The variance of a sample, as a DOUBLE; NULL of fewer than two values.",
                          "VARIANCE(quantity)",
                          "4",
                          resolve_var_samp},
        AggregateFunction{"VAR_POP",
                          {},
                          "VAR_POP(x)",
                          "The variance of a population.",
                          "VAR_POP(price)",
                          "125",
                          resolve_var_pop},
        AggregateFunction{"STDDEV",
                          {"STDDEV_SAMP"},
                          "STDDEV(x)",
                          "The standard deviation of a sample.",
                          "STDDEV(quantity)",
                          "2",
                          resolve_stddev_samp},
        AggregateFunction{"STDDEV_POP",
                          {},
                          "STDDEV_POP(x)",
                          "The standard deviation of a population.",
                          "ROUND(STDDEV_POP(price), 3)",
                          "11.18",
                          resolve_stddev_pop},
        AggregateFunction{"COVAR_POP",
                          {},
                          "COVAR_POP(y, x)",
                          "The covariance of a population of pairs.",
                          "COVAR_POP(price, quantity)",
                          "6.25",
                          resolve_covar_pop},
        AggregateFunction{"COVAR_SAMP",
                          {},
                          "COVAR_SAMP(y, x)",
                          "The covariance of a sample of pairs.",
                          "ROUND(COVAR_SAMP(price, quantity), 3)",
                          "8.333",
                          resolve_covar_samp},
        AggregateFunction{"CORR",
                          {},
                          "CORR(y, x)",
                          "The correlation of pairs, -1 to 1; NULL where one side is constant.",
                          "ROUND(CORR(price, quantity), 3)",
                          "0.513",
                          resolve_corr},
        AggregateFunction{"REGR_SLOPE",
                          {},
                          "REGR_SLOPE(y, x)",
                          "The slope of the line that fits the pairs best.",
                          "ROUND(REGR_SLOPE(price, quantity), 3)",
                          "5.263",
                          resolve_regr_slope},
        AggregateFunction{"REGR_INTERCEPT",
                          {},
                          "REGR_INTERCEPT(y, x)",
                          "Where that line meets x = 0.",
                          "ROUND(REGR_INTERCEPT(price, quantity), 3)",
                          "13.158",
                          resolve_regr_intercept},
        AggregateFunction{"REGR_R2",
                          {},
                          "REGR_R2(y, x)",
                          "How well that line fits, 0 to 1.",
                          "ROUND(REGR_R2(price, quantity), 3)",
                          "0.263",
                          resolve_regr_r2},
        AggregateFunction{
            "MEDIAN",
            {},
            "MEDIAN(x)",
            "The middle value, as a DOUBLE, exactly; keeps all values, at most 4194304 a group.",
            "MEDIAN(price)",
            "25",
            resolve_median},
        AggregateFunction{
            "PERCENTILE_CONT",
            {},
            "PERCENTILE_CONT(x, fraction)",
            "The value at that share of all in order, between two where it falls there, as a "
            "DOUBLE. Also PERCENTILE_CONT(fraction) WITHIN GROUP (ORDER BY x).",
            "PERCENTILE_CONT(price, 0.25)",
            "17.5",
            resolve_percentile_cont},
        AggregateFunction{
            "PERCENTILE_DISC",
            {},
            "PERCENTILE_DISC(x, fraction)",
            "The first value that this share of all is not above, of any type with an order.",
            "PERCENTILE_DISC(price, 0.5)",
            "20",
            resolve_percentile_disc},
        AggregateFunction{"APPROX_PERCENTILE",
                          {"APPROX_QUANTILE"},
                          "APPROX_PERCENTILE(x, fraction)",
                          "A value within 1 % of the one at that share of all, in at most 64 KiB.",
                          "ROUND(APPROX_PERCENTILE(price, 0.5), 0)",
                          "20",
                          resolve_approx_percentile},
        AggregateFunction{"MODE",
                          {},
                          "MODE(x)",
                          "The value that is there most often; of several the least. Keeps a count "
                          "for each value.",
                          "MODE(quantity)",
                          "2",
                          resolve_mode},
        AggregateFunction{"ARRAY_AGG",
                          {"COLLECT_LIST", "LIST"},
                          "ARRAY_AGG(x)",
                          "All values as an array, in the order of event time, NULLs too; of a "
                          "group at most 65,536 of 1 MiB together.",
                          "ARRAY_AGG(quantity)",
                          "[1,2,2,4,6]",
                          resolve_array_agg,
                          resolve_array_agg_distinct,
                          true},
        AggregateFunction{
            "COLLECT_SET",
            {"ARRAY_AGG_DISTINCT"},
            "COLLECT_SET(x)",
            "The different values as an array, in the order in which they came first.",
            "COLLECT_SET(symbol)",
            "[\"A\",\"B\"]",
            resolve_collect_set,
            resolve_collect_set,
            true},
        AggregateFunction{"TOPK",
                          {},
                          "TOPK(x, k)",
                          "The k largest values as an array, the largest first; k is a literal up "
                          "to 1000.",
                          "TOPK(price, 2)",
                          "[40,30]",
                          resolve_topk,
                          resolve_topk_distinct},
        AggregateFunction{"TOPKDISTINCT",
                          {},
                          "TOPKDISTINCT(x, k)",
                          "The k largest of the different values.",
                          "TOPKDISTINCT(symbol, 3)",
                          "[\"B\",\"A\"]",
                          resolve_topk_distinct,
                          resolve_topk_distinct},
        AggregateFunction{"HISTOGRAM",
                          {},
                          "HISTOGRAM(x)",
                          "How often each value comes, as a map from its text; of a group at most "
                          "65,536 texts of 1 MiB together.",
                          "HISTOGRAM(symbol)",
                          "{\"A\":2,\"B\":2}",
                          resolve_histogram},
        AggregateFunction{"STRING_AGG",
                          {"LISTAGG", "GROUP_CONCAT"},
                          "STRING_AGG(x [, separator])",
                          "The texts in the order of their event time, a comma between them "
                          "without a separator; at most 65536 of 1 MiB together.",
                          "STRING_AGG(symbol, '-')",
                          "A-B-A-B",
                          resolve_string_agg},
    };
    return kFunctions;
}

const AggregateFunction* find_aggregate_function(std::string_view name) noexcept {
    for (const AggregateFunction& function : aggregate_functions()) {
        if (equals_ignoring_case(function.name, name)) return &function;
        for (const std::string_view synonym : function.synonyms) {
            if (equals_ignoring_case(synonym, name)) return &function;
        }
    }
    return nullptr;
}

}  // namespace velo::engine
