// FIRST(x) and LAST(x) by event time, ties by source partition and offset, in the type of x; NULL over no rows.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "engine/aggregate/aggregate_form.hpp"
#include "engine/aggregate/kept_value.hpp"

namespace velo::engine {

/// The non-null value of the row that stands first by Before. Rows that UNNEST makes of one record tie; they come, and are
/// merged, in the order of their elements, so that of these FIRST keeps what it has and LAST takes what comes.
template <class T, class Before>
struct ByPosition {
    using Argument = T;
    using Result = T;
    struct State {
        RowPosition position;
        KeptValue<T> value;
    };
    static void add(State& state, T value, const RowPosition& position) {
        if (state.value.has_value() && !Before{}(position, state.position)) return;
        state.position = position;
        state.value.set(value);
    }
    static void merge(State& into, const State& from) {
        if (from.value.has_value()) add(into, from.value.value(), from.position);
    }
    static Answer<Result> finish(const State& state) noexcept {
        return state.value.has_value() ? Answer<Result>{state.value.value()} : Answer<Result>{};
    }
    static std::size_t heap_bytes(const State& state) noexcept
    requires requires { state.value.heap_bytes(); }
    {
        return state.value.heap_bytes();
    }

    static void encode(const State& state, std::string& out) {
        put_unsigned(out, state.value.has_value() ? 1 : 0);
        if (!state.value.has_value()) return;
        state.position.put(out);
        state.value.put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        UInt128 present = 0;
        if (!take_unsigned(bytes, present) || present > 1) return false;
        state = State{};
        if (present == 0) return true;
        return state.position.take(bytes) && state.value.take(bytes);
    }
};

template <class T>
using First = ByPosition<T, std::less<RowPosition>>;
template <class T>
using Last = ByPosition<T, std::greater_equal<RowPosition>>;

}  // namespace velo::engine
