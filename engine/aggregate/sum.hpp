// SUM(x): exact over integers, decimals and intervals; in double-double over doubles. NULL over no rows.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "engine/aggregate/aggregate_form.hpp"
#include "engine/aggregate/double_double.hpp"
#include "engine/aggregate/exact_sum.hpp"
#include "engine/aggregate/state_bytes.hpp"

namespace velo::engine {

/// What sums of 64-bit integers share, whatever their result.
struct IntegerSum {
    using Argument = std::int64_t;
    struct State {
        BigintSum sum;
    };
    static void add(State& state, std::int64_t value) noexcept { state.sum.add(value); }
    static void merge(State& into, const State& from) noexcept { into.sum.add(from.sum); }

    static void encode(const State& state, std::string& out) {
        put_unsigned(out, state.sum.is_empty() ? 0 : 1);
        if (!state.sum.is_empty()) put_signed(out, state.sum.value());
    }
    static bool decode(State& state, std::string_view& bytes) {
        UInt128 present = 0;
        Int128 sum = 0;
        if (!take_unsigned(bytes, present) || present > 1) return false;
        if (present == 0) {
            state = State{};
            return true;
        }
        if (!take_signed(bytes, sum) || !BigintSum::is_sum(sum)) return false;
        state.sum = BigintSum::of(sum);
        return true;
    }
};

/// SUM(BIGINT) is DECIMAL(38,0): 2^63 rows of 2^63 have 38 digits.
struct SumBigint : IntegerSum {
    using Result = Int128;
    static Answer<Result> finish(const State& state) noexcept {
        return state.sum.is_empty() ? Answer<Result>{} : Answer<Result>{state.sum.value()};
    }
};

struct SumInterval : IntegerSum {
    using Result = std::int64_t;
    static Answer<Result> finish(const State& state) noexcept {
        if (state.sum.is_empty()) return {};
        const auto sum = static_cast<std::int64_t>(state.sum.value());
        return sum == state.sum.value() ? Answer<Result>{sum} : Answer<Result>::overflow();
    }
};

/// SUM(DECIMAL(p,s)) is DECIMAL(38,s).
struct SumDecimal {
    using Argument = Int128;
    using Result = Int128;
    struct State {
        DecimalSum sum;
    };
    static void add(State& state, Int128 value) noexcept { state.sum.add(value); }
    static void merge(State& into, const State& from) noexcept { into.sum.add(from.sum); }
    static Answer<Result> finish(const State& state) noexcept {
        return state.sum.is_empty() ? Answer<Result>{} : Answer<Result>::from(state.sum.value());
    }

    static void encode(const State& state, std::string& out) { put_decimal_sum(out, state.sum); }
    static bool decode(State& state, std::string_view& bytes) {
        return take_decimal_sum(bytes, state.sum);
    }

    static void put_decimal_sum(std::string& out, const DecimalSum& sum) {
        put_signed(out, sum.top());
        if (!sum.is_empty()) put_signed(out, sum.low());
    }
    static bool take_decimal_sum(std::string_view& bytes, DecimalSum& sum) {
        std::int64_t top = 0;
        Int128 low = 0;
        if (!take_signed(bytes, top)) return false;
        sum = DecimalSum::of(top, 0);
        if (sum.is_empty()) return true;
        if (!DecimalSum::is_top(top) || !take_signed(bytes, low)) return false;
        sum = DecimalSum::of(top, low);
        return true;
    }
};

/// SUM(DOUBLE) is DOUBLE. No rows are the sum -0.0, which rows never add up to: they come as +0.0 where they are zero.
struct SumDouble {
    using Argument = double;
    using Result = double;
    struct State {
        DoubleDouble sum{-0.0, 0.0};
        [[nodiscard]] bool is_empty() const noexcept {
            return sum.high == 0.0 && std::signbit(sum.high);
        }
    };
    static void add(State& state, double value) noexcept { state.sum += value + 0.0; }
    static void merge(State& into, const State& from) noexcept {
        if (from.is_empty()) return;
        if (into.is_empty()) {
            into = from;
        } else {
            into.sum += from.sum;
        }
    }
    static Answer<Result> finish(const State& state) noexcept {
        if (state.is_empty()) return {};
        return state.sum.is_finite() ? Answer<Result>{state.sum.value()}
                                     : Answer<Result>::overflow();
    }

    static void encode(const State& state, std::string& out) { put_double_double(out, state.sum); }
    static bool decode(State& state, std::string_view& bytes) {
        return take_double_double(bytes, state.sum);
    }

    static void put_double_double(std::string& out, const DoubleDouble& sum) {
        put_double(out, sum.high);
        put_double(out, sum.low);
    }
    static bool take_double_double(std::string_view& bytes, DoubleDouble& sum) {
        return take_double(bytes, sum.high) && take_double(bytes, sum.low);
    }
};

}  // namespace velo::engine
