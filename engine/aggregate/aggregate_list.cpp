// Every aggregate: one line each at the end, and above it which kernels serve which argument types.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/aggregate/aggregate.hpp"
#include "engine/aggregate/avg.hpp"
#include "engine/aggregate/count.hpp"
#include "engine/aggregate/describe.hpp"
#include "engine/aggregate/first_last.hpp"
#include "engine/aggregate/min_max.hpp"
#include "engine/aggregate/sum.hpp"
#include "engine/base/error.hpp"

namespace velo::engine {

namespace {

using Resolved = std::expected<AggregateSignature, std::string>;
using Types = std::span<const Type>;
using Literals = std::span<const Value* const>;

/// A bare NULL has no type of its own; a column of BIGINT NULLs serves as well as any other.
Type argument_type(Type type) { return type.kind == TypeKind::Null ? kBigint : type; }

template <Aggregate A>
AggregateSignature signature(Type argument, Type result) {
    return {{argument}, result, &kKernels<A>, kNeedsOrder<A>};
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
    const Type type = argument_type(types[0]);
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        return signature<Count<T>>(type, kBigint);
    });
}

Resolved resolve_sum(Types types, Literals /*literals*/) {
    if (types.size() == 1) {
        const Type type = argument_type(types[0]);
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
        const Type type = argument_type(types[0]);
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
    const Type type = argument_type(types[0]);
    return visit_physical(
        type.kind, [&]<class T>(std::type_identity<T>) { return signature<A<T>>(type, type); });
}

Resolved resolve_min(Types types, Literals /*literals*/) { return resolve_any<Min>("MIN", types); }
Resolved resolve_max(Types types, Literals /*literals*/) { return resolve_any<Max>("MAX", types); }
Resolved resolve_first(Types types, Literals /*literals*/) {
    return resolve_any<First>("FIRST", types);
}
Resolved resolve_last(Types types, Literals /*literals*/) {
    return resolve_any<Last>("LAST", types);
}

}  // namespace

std::span<const AggregateFunction> aggregate_functions() noexcept {
    static const std::array kFunctions{
        AggregateFunction{"COUNT",
                          {},
                          "COUNT(*) or COUNT(x)",
                          "How many rows, or how many where x is not NULL.",
                          resolve_count},
        AggregateFunction{
            "SUM", {}, "SUM(x)", "The sum; exact over BIGINT, DECIMAL and INTERVAL.", resolve_sum},
        AggregateFunction{"AVG", {}, "AVG(x)", "The mean.", resolve_avg},
        AggregateFunction{"MIN", {}, "MIN(x)", "The least value.", resolve_min},
        AggregateFunction{"MAX", {}, "MAX(x)", "The greatest value.", resolve_max},
        AggregateFunction{"FIRST",
                          {"FIRST_VALUE"},
                          "FIRST(x)",
                          "The value of the row with the earliest event time.",
                          resolve_first},
        AggregateFunction{"LAST",
                          {"LAST_VALUE"},
                          "LAST(x)",
                          "The value of the row with the latest event time.",
                          resolve_last},
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
