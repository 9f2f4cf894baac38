// MIN(x) and MAX(x) of the non-null x, in the type of x; NULL over no rows.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "engine/aggregate/aggregate_form.hpp"
#include "engine/aggregate/kept_value.hpp"

namespace velo::engine {

/// The value that comes first by Before. Text compares by bytes, which for UTF-8 is the order of code points.
template <class T, class Before>
struct Extreme {
    using Argument = T;
    using Result = T;
    struct State {
        KeptValue<T> best;
    };
    static void add(State& state, T value) {
        if (!state.best.has_value() || Before{}(value, state.best.value())) state.best.set(value);
    }
    static void merge(State& into, const State& from) {
        if (from.best.has_value()) add(into, from.best.value());
    }
    static Answer<Result> finish(const State& state) noexcept {
        return state.best.has_value() ? Answer<Result>{state.best.value()} : Answer<Result>{};
    }
    static std::size_t heap_bytes(const State& state) noexcept
    requires requires { state.best.heap_bytes(); }
    {
        return state.best.heap_bytes();
    }

    static void encode(const State& state, std::string& out) {
        put_unsigned(out, state.best.has_value() ? 1 : 0);
        if (state.best.has_value()) state.best.put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        UInt128 present = 0;
        if (!take_unsigned(bytes, present) || present > 1) return false;
        state = State{};
        return present == 0 || state.best.take(bytes);
    }
};

template <class T>
using Min = Extreme<T, std::less<T>>;
template <class T>
using Max = Extreme<T, std::greater<T>>;

}  // namespace velo::engine
