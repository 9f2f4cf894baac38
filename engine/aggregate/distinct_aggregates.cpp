// COUNT, SUM and AVG of DISTINCT values.
#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/avg.hpp"
#include "engine/aggregate/count.hpp"
#include "engine/aggregate/distinct.hpp"
#include "engine/aggregate/sum.hpp"

namespace velo::engine {

AggregateResolved resolve_count_distinct(AggregateTypes types, AggregateLiterals /*literals*/) {
    if (types.size() > 1) {
        return std::unexpected(
            std::string("COUNT (DISTINCT …) takes one argument; write several as one text: "
                        "COUNT(DISTINCT CONCAT_WS('|', a, b))"));
    }
    if (types.empty()) return wrong_arguments("COUNT (DISTINCT …)", "one argument", types);
    const Type type = aggregated_type(types[0]);
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        return aggregate_signature<Distinct<Count<T>>>({type}, kBigint);
    });
}

AggregateResolved resolve_sum_distinct(AggregateTypes types, AggregateLiterals /*literals*/) {
    const Type type = types.size() == 1 ? aggregated_type(types[0]) : kNullType;
    switch (type.kind) {
        case TypeKind::Bigint:
            return aggregate_signature<Distinct<SumBigint>>({type},
                                                            decimal_type(kMaxDecimalDigits, 0));
        case TypeKind::Double:
            return aggregate_signature<Distinct<SumDouble>>({type}, kDouble);
        case TypeKind::Decimal:
            return aggregate_signature<Distinct<SumDecimal>>(
                {type}, decimal_type(kMaxDecimalDigits, type.scale));
        default:
            return wrong_arguments("SUM (DISTINCT …)", "a number", types);
    }
}

AggregateResolved resolve_avg_distinct(AggregateTypes types, AggregateLiterals /*literals*/) {
    const Type type = types.size() == 1 ? aggregated_type(types[0]) : kNullType;
    switch (type.kind) {
        case TypeKind::Bigint:
            return aggregate_signature<Distinct<AvgBigint>>({type}, kDouble);
        case TypeKind::Double:
            return aggregate_signature<Distinct<AvgDouble>>({type}, kDouble);
        case TypeKind::Decimal:
            return aggregate_signature<Distinct<AvgDecimal>>(
                {type}, decimal_type(kMaxDecimalDigits,
                                     std::max<int>(type.scale, AvgDecimal::kLeastScale)));
        default:
            return wrong_arguments("AVG (DISTINCT …)", "a number", types);
    }
}

}  // namespace velo::engine
