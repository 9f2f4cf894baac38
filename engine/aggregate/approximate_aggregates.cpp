// APPROX_COUNT_DISTINCT and APPROX_PERCENTILE: bounded memory, a stated error.
#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/distinct_sketch.hpp"
#include "engine/aggregate/quantile_sketch.hpp"
#include "engine/aggregate/stored_value.hpp"

namespace velo::engine {

namespace {

template <class T>
struct ApproxCountDistinct {
    using Argument = T;
    using Result = std::int64_t;
    struct State {
        Boxed<DistinctSketch> sketch;
    };
    static void add(State& state, T value) { state.sketch.make().add(value_hash(value)); }
    static void merge(State& into, const State& from) {
        if (from.sketch.get() != nullptr) into.sketch.make().add(*from.sketch.get());
    }
    static Answer<Result> finish(const State& state) {
        return state.sketch.get() == nullptr ? 0 : state.sketch.get()->estimate();
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const DistinctSketch* const sketch = state.sketch.get();
        return sketch == nullptr ? 0 : sizeof(DistinctSketch) + sketch->heap_bytes();
    }
    static void encode(const State& state, std::string& out) {
        state.sketch.get() == nullptr ? DistinctSketch{}.put(out) : state.sketch.get()->put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        return state.sketch.make().take(bytes);
    }
};

struct ApproxPercentile {
    using Argument = Two<double, double>;
    using Result = double;
    struct State {
        Boxed<QuantileSketch> sketch;
        double fraction = 0.5;
    };
    static void add(State& state, const Argument& row) {
        state.fraction = row.second;
        state.sketch.make().add(row.first);
    }
    static void merge(State& into, const State& from) {
        if (from.sketch.get() == nullptr) return;
        into.fraction = from.fraction;
        into.sketch.make().add(*from.sketch.get());
    }
    static Answer<Result> finish(const State& state) {
        const QuantileSketch* const sketch = state.sketch.get();
        if (sketch == nullptr || sketch->count() == 0) return {};
        return sketch->quantile(state.fraction);
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const QuantileSketch* const sketch = state.sketch.get();
        return sketch == nullptr ? 0 : sizeof(QuantileSketch) + sketch->heap_bytes();
    }
    static void encode(const State& state, std::string& out) {
        put_double(out, state.fraction);
        state.sketch.get() == nullptr ? QuantileSketch{}.put(out) : state.sketch.get()->put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        return take_double(bytes, state.fraction) && state.sketch.make().take(bytes);
    }
};

}  // namespace

AggregateResolved resolve_approx_count_distinct(AggregateTypes types,
                                                AggregateLiterals /*literals*/) {
    if (types.size() != 1) return wrong_arguments("APPROX_COUNT_DISTINCT", "one argument", types);
    const Type type = aggregated_type(types[0]);
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        return aggregate_signature<ApproxCountDistinct<T>>({type}, kBigint);
    });
}

AggregateResolved resolve_approx_percentile(AggregateTypes types, AggregateLiterals literals) {
    if (!are_numbers(types, 2))
        return wrong_arguments("APPROX_PERCENTILE", "a number and a fraction", types);
    if (const auto fraction = fraction_literal("APPROX_PERCENTILE", literals[1]); !fraction)
        return std::unexpected(fraction.error());
    return aggregate_signature<ApproxPercentile>({kDouble, kDouble}, kDouble);
}

}  // namespace velo::engine
