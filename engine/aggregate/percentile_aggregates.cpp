// MEDIAN, PERCENTILE_CONT and PERCENTILE_DISC: exact, so a group keeps all its values, up to ValueBag::kMost.
#include <cmath>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/value_bag.hpp"

namespace velo::engine {

namespace {

/// What percentiles of one value type share: the values and the fraction, which is the same in every row.
template <class T>
struct PercentileState {
    ValueBag<T> values;
    double fraction = 0.5;
};

template <class T>
struct PercentileBase {
    using State = PercentileState<T>;

    static void merge(State& into, const State& from) {
        if (from.values.size() > 0) into.fraction = from.fraction;
        into.values.add(from.values);
    }
    static std::size_t heap_bytes(const State& state) noexcept { return state.values.heap_bytes(); }
    static void encode(const State& state, std::string& out) {
        put_double(out, state.fraction);
        state.values.put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        return take_double(bytes, state.fraction) && state.values.take(bytes);
    }
};

/// Between the two values beside the place fraction * (n - 1), by how far it is from them.
struct Continuous : PercentileBase<double> {
    using Result = double;
    static Answer<Result> finish(const State& state) {
        if (state.values.is_overfull()) return Answer<Result>::overflow();
        if (state.values.size() == 0) return {};
        const double place = state.fraction * static_cast<double>(state.values.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const double low = state.values.at(below);
        if (below + 1 >= state.values.size()) return low;
        return std::lerp(low, state.values.at(below + 1), place - static_cast<double>(below));
    }
};

struct PercentileCont : Continuous {
    using Argument = Two<double, double>;
    static void add(State& state, const Argument& row) {
        state.fraction = row.second;
        state.values.add(row.first);
    }
};

struct Median : Continuous {
    using Argument = double;
    static void add(State& state, double value) { state.values.add(value); }
};

/// The first value that so large a share of all is not above.
template <class T>
struct PercentileDisc : PercentileBase<T> {
    using State = PercentileState<T>;
    using Argument = Two<T, double>;
    using Result = T;
    static void add(State& state, const Argument& row) {
        state.fraction = row.second;
        state.values.add(row.first);
    }
    static Answer<Result> finish(const State& state) {
        if (state.values.is_overfull()) return Answer<Result>::overflow();
        if (state.values.size() == 0) return {};
        // 0.07 * 100 is a little over 7, which must not make it 8.
        constexpr double kRoundingError = 1e-9;
        const double place =
            std::ceil(state.fraction * static_cast<double>(state.values.size()) - kRoundingError);
        const auto index = static_cast<std::size_t>(std::fmax(place - 1, 0.0));
        return Result{state.values.at(std::min(index, state.values.size() - 1))};
    }
};

}  // namespace

AggregateResolved resolve_median(AggregateTypes types, AggregateLiterals /*literals*/) {
    if (!are_numbers(types, 1)) return wrong_arguments("MEDIAN", "one number", types);
    return aggregate_signature<Median>({kDouble}, kDouble);
}

AggregateResolved resolve_percentile_cont(AggregateTypes types, AggregateLiterals literals) {
    if (!are_numbers(types, 2))
        return wrong_arguments("PERCENTILE_CONT", "a number and a fraction", types);
    if (const auto fraction = fraction_literal("PERCENTILE_CONT", literals[1]); !fraction)
        return std::unexpected(fraction.error());
    return aggregate_signature<PercentileCont>({kDouble, kDouble}, kDouble);
}

AggregateResolved resolve_percentile_disc(AggregateTypes types, AggregateLiterals literals) {
    if (types.size() != 2)
        return wrong_arguments("PERCENTILE_DISC", "a value and a fraction", types);
    if (const auto fraction = fraction_literal("PERCENTILE_DISC", literals[1]); !fraction)
        return std::unexpected(fraction.error());
    const Type type = aggregated_type(types[0]);
    const std::vector<Type> args{type, kDouble};
    switch (type.kind) {
        case TypeKind::Boolean:
            return wrong_arguments("PERCENTILE_DISC", "a value with an order and a fraction",
                                   types);
        case TypeKind::Double:
            return aggregate_signature<PercentileDisc<double>>(args, type);
        case TypeKind::Decimal:
            return aggregate_signature<PercentileDisc<Int128>>(args, type);
        case TypeKind::String:
        case TypeKind::Bytes:
            return aggregate_signature<PercentileDisc<std::string_view>>(args, type);
        default:
            return aggregate_signature<PercentileDisc<std::int64_t>>(args, type);
    }
}

}  // namespace velo::engine
