// AVG(x): the mean of the non-null x; NULL over no rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/aggregate/aggregate_form.hpp"
#include "engine/aggregate/sum.hpp"
#include "engine/data/type.hpp"

namespace velo::engine {

/// AVG(DOUBLE) is DOUBLE.
struct AvgDouble {
    using Argument = double;
    using Result = double;
    struct State {
        DoubleDouble sum;
        std::int64_t count = 0;
    };
    static void add(State& state, double value) noexcept {
        state.sum += value;  // DoubleDouble: the order of rows does not show.
        ++state.count;
    }
    static void merge(State& into, const State& from) noexcept {
        into.sum += from.sum;
        into.count += from.count;
    }
    static Answer<Result> finish(const State& state) noexcept {
        if (state.count == 0) return {};
        return state.sum.is_finite()
                   ? Answer<Result>{state.sum.value() / static_cast<double>(state.count)}
                   : Answer<Result>::overflow();
    }

    static void encode(const State& state, std::string& out) {
        put_signed(out, state.count);
        if (state.count != 0) SumDouble::put_double_double(out, state.sum);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        if (!take_count(bytes, state.count)) return false;
        return state.count == 0 || SumDouble::take_double_double(bytes, state.sum);
    }
};

/// AVG(BIGINT) is DOUBLE, from the exact sum.
struct AvgBigint {
    using Argument = std::int64_t;
    using Result = double;
    struct State {
        BigintSum sum;
        std::int64_t count = 0;
    };
    static void add(State& state, std::int64_t value) noexcept {
        state.sum.add(value);
        ++state.count;
    }
    static void merge(State& into, const State& from) noexcept {
        into.sum.add(from.sum);
        into.count += from.count;
    }
    static Answer<Result> finish(const State& state) noexcept {
        if (state.count == 0) return {};
        return static_cast<double>(state.sum.value()) / static_cast<double>(state.count);
    }

    static void encode(const State& state, std::string& out) {
        put_signed(out, state.count);
        if (state.count != 0) put_signed(out, state.sum.value());
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        Int128 sum = 0;
        if (!take_count(bytes, state.count)) return false;
        if (state.count == 0) return true;
        if (!take_signed(bytes, sum) || !BigintSum::is_sum(sum)) return false;
        state.sum = BigintSum::of(sum);
        return true;
    }
};

/// AVG(DECIMAL(p,s)) is DECIMAL(38, max(s,6)).
struct AvgDecimal {
    using Argument = Int128;
    using Result = Int128;
    static constexpr int kLeastScale = 6;
    struct State {
        DecimalSum sum;
        std::int64_t count = 0;
    };
    static void add(State& state, Int128 value) noexcept {
        state.sum.add(value);
        ++state.count;
    }
    static void merge(State& into, const State& from) noexcept {
        into.sum.add(from.sum);
        into.count += from.count;
    }
    static Answer<Result> finish(const State& state, std::span<const Type> args) noexcept {
        if (state.count == 0) return {};
        return Answer<Result>::from(
            state.sum.mean(state.count, std::max(0, kLeastScale - args[0].scale)));
    }

    static void encode(const State& state, std::string& out) {
        put_signed(out, state.count);
        if (state.count != 0) SumDecimal::put_decimal_sum(out, state.sum);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        if (!take_count(bytes, state.count)) return false;
        return state.count == 0 || SumDecimal::take_decimal_sum(bytes, state.sum);
    }
};

}  // namespace velo::engine
