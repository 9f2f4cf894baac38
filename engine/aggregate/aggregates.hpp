// How each aggregate is resolved; aggregate_list.cpp gives them their names.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "engine/aggregate/aggregate.hpp"
#include "engine/aggregate/aggregate_form.hpp"
#include "engine/aggregate/describe.hpp"

namespace velo::engine {

using AggregateResolved = std::expected<AggregateSignature, std::string>;
using AggregateTypes = std::span<const Type>;
using AggregateLiterals = std::span<const Value* const>;

// distinct_aggregates.cpp
AggregateResolved resolve_count_distinct(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_sum_distinct(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_avg_distinct(AggregateTypes types, AggregateLiterals literals);
// spread_aggregates.cpp
AggregateResolved resolve_var_samp(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_var_pop(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_stddev_samp(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_stddev_pop(AggregateTypes types, AggregateLiterals literals);
// regression_aggregates.cpp
AggregateResolved resolve_corr(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_covar_pop(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_covar_samp(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_regr_slope(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_regr_intercept(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_regr_r2(AggregateTypes types, AggregateLiterals literals);
// percentile_aggregates.cpp
AggregateResolved resolve_median(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_percentile_cont(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_percentile_disc(AggregateTypes types, AggregateLiterals literals);
// approximate_aggregates.cpp
AggregateResolved resolve_approx_count_distinct(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_approx_percentile(AggregateTypes types, AggregateLiterals literals);
// mode_aggregate.cpp
AggregateResolved resolve_mode(AggregateTypes types, AggregateLiterals literals);
// min_by_aggregate.cpp, max_by_aggregate.cpp
AggregateResolved resolve_min_by(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_max_by(AggregateTypes types, AggregateLiterals literals);
// string_aggregate.cpp
AggregateResolved resolve_string_agg(AggregateTypes types, AggregateLiterals literals);
// array_aggregates.cpp
AggregateResolved resolve_array_agg(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_array_agg_distinct(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_collect_set(AggregateTypes types, AggregateLiterals literals);
// top_aggregates.cpp
AggregateResolved resolve_topk(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_topk_distinct(AggregateTypes types, AggregateLiterals literals);
// histogram_aggregate.cpp
AggregateResolved resolve_histogram(AggregateTypes types, AggregateLiterals literals);
// bit_aggregates.cpp
AggregateResolved resolve_bit_and(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_bit_or(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_bit_xor(AggregateTypes types, AggregateLiterals literals);
AggregateResolved resolve_count_if(AggregateTypes types, AggregateLiterals literals);

/// A bare NULL has no type of its own; a column of BIGINT NULLs serves as well as any other.
[[nodiscard]] inline Type aggregated_type(Type type) noexcept {
    return type.kind == TypeKind::Null ? kBigint : type;
}

template <Aggregate A>
[[nodiscard]] AggregateSignature aggregate_signature(std::vector<Type> args, Type result) {
    return {std::move(args), result, &kKernels<A>, kNeedsOrder<A>};
}

/// `CORR takes two numbers, not STRING and BIGINT`
[[nodiscard]] std::unexpected<std::string> wrong_arguments(std::string_view name,
                                                           std::string_view takes,
                                                           AggregateTypes types);

/// Whether there are `count` arguments, all of them numbers or NULL.
[[nodiscard]] bool are_numbers(AggregateTypes types, std::size_t count) noexcept;

/// The fraction from 0 to 1 that a literal is; the error says what is wrong.
[[nodiscard]] std::expected<double, std::string> fraction_literal(std::string_view name,
                                                                  const Value* literal);

}  // namespace velo::engine
