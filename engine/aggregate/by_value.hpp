// MIN_BY(x, y) and MAX_BY(x, y): x of the row whose y comes first.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/kept_value.hpp"

namespace velo::engine {

/// Of rows with one y the earliest by event time, source partition and offset counts.
template <class X, class Y, class Before>
struct ByValue {
    using Argument = Two<X, Y>;
    using Result = X;
    struct State {
        RowPosition position;
        KeptValue<Y> key;
        KeptValue<X> value;
    };
    static void add(State& state, const Argument& row, const RowPosition& position) {
        if (state.key.has_value()) {
            const Y key = state.key.value();
            const bool wins =
                Before{}(row.second, key) || (row.second == key && position < state.position);
            if (!wins) return;
        }
        state.position = position;
        state.key.set(row.second);
        state.value.set(row.first);
    }
    static void merge(State& into, const State& from) {
        if (from.key.has_value()) add(into, {from.value.value(), from.key.value()}, from.position);
    }
    static Answer<Result> finish(const State& state) noexcept {
        return state.value.has_value() ? Answer<Result>{state.value.value()} : Answer<Result>{};
    }
    static std::size_t heap_bytes(const State& state) noexcept
    requires(std::is_same_v<X, std::string_view> || std::is_same_v<Y, std::string_view>)
    {
        std::size_t bytes = 0;
        if constexpr (std::is_same_v<X, std::string_view>) bytes += state.value.heap_bytes();
        if constexpr (std::is_same_v<Y, std::string_view>) bytes += state.key.heap_bytes();
        return bytes;
    }

    static void encode(const State& state, std::string& out) {
        put_unsigned(out, state.key.has_value() ? 1 : 0);
        if (!state.key.has_value()) return;
        state.position.put(out);
        state.key.put(out);
        state.value.put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        UInt128 present = 0;
        if (!take_unsigned(bytes, present) || present > 1) return false;
        state = State{};
        if (present == 0) return true;
        return state.position.take(bytes) && state.key.take(bytes) && state.value.take(bytes);
    }
};

/// Before is std::less or std::greater.
template <template <class> class Before>
AggregateResolved resolve_by_value(std::string_view name, AggregateTypes types) {
    if (types.size() != 2) return wrong_arguments(name, "two arguments", types);
    const Type x = aggregated_type(types[0]);
    const Type y = aggregated_type(types[1]);
    if (y.kind == TypeKind::Boolean || y.is_nested())
        return wrong_arguments(name, "any value and one with an order", types);
    return visit_physical(x.kind, [&]<class X>(std::type_identity<X>) {
        switch (y.kind) {
            case TypeKind::Double:
                return aggregate_signature<ByValue<X, double, Before<double>>>({x, y}, x);
            case TypeKind::Decimal:
                return aggregate_signature<ByValue<X, Int128, Before<Int128>>>({x, y}, x);
            case TypeKind::String:
            case TypeKind::Bytes:
                return aggregate_signature<ByValue<X, std::string_view, Before<std::string_view>>>(
                    {x, y}, x);
            default:
                return aggregate_signature<ByValue<X, std::int64_t, Before<std::int64_t>>>({x, y},
                                                                                           x);
        }
    });
}

}  // namespace velo::engine
