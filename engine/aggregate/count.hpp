// COUNT(*) and COUNT(x).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/aggregate/aggregate_form.hpp"
#include "engine/aggregate/state_bytes.hpp"

namespace velo::engine {

/// Count<void> is COUNT(*): how many rows. Count<T> is COUNT(x): how many of them are not NULL.
template <class T>
struct Count {
    using Argument = T;
    using Result = std::int64_t;
    struct State {
        std::int64_t rows = 0;
    };
    static void add(State& state) noexcept
    requires std::is_void_v<T>
    {
        ++state.rows;
    }
    template <class Value>
    static void add(State& state, const Value&) noexcept {
        ++state.rows;
    }
    static void merge(State& into, const State& from) noexcept { into.rows += from.rows; }
    static Answer<Result> finish(const State& state) noexcept { return state.rows; }

    static void encode(const State& state, std::string& out) { put_signed(out, state.rows); }
    static bool decode(State& state, std::string_view& bytes) {
        return take_count(bytes, state.rows);
    }
};

}  // namespace velo::engine
