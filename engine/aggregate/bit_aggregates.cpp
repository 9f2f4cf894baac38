// BIT_AND, BIT_OR, BIT_XOR and COUNT_IF.
#include <functional>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/kept_value.hpp"

namespace velo::engine {

namespace {

template <class Combine>
struct Bits {
    using Argument = std::int64_t;
    using Result = std::int64_t;
    struct State {
        KeptValue<std::int64_t> bits;
    };
    static void add(State& state, std::int64_t value) noexcept {
        state.bits.set(state.bits.has_value() ? Combine{}(state.bits.value(), value) : value);
    }
    static void merge(State& into, const State& from) noexcept {
        if (from.bits.has_value()) add(into, from.bits.value());
    }
    static Answer<Result> finish(const State& state) noexcept {
        return state.bits.has_value() ? Answer<Result>{state.bits.value()} : Answer<Result>{};
    }

    static void encode(const State& state, std::string& out) {
        put_unsigned(out, state.bits.has_value() ? 1 : 0);
        if (state.bits.has_value()) state.bits.put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        UInt128 present = 0;
        if (!take_unsigned(bytes, present) || present > 1) return false;
        state = State{};
        return present == 0 || state.bits.take(bytes);
    }
};

/// How many of them are TRUE; 0 over no rows.
struct CountIf {
    using Argument = std::uint8_t;
    using Result = std::int64_t;
    struct State {
        std::int64_t rows = 0;
    };
    static void add(State& state, std::uint8_t value) noexcept { state.rows += value; }
    static void merge(State& into, const State& from) noexcept { into.rows += from.rows; }
    static Answer<Result> finish(const State& state) noexcept { return state.rows; }

    static void encode(const State& state, std::string& out) { put_signed(out, state.rows); }
    static bool decode(State& state, std::string_view& bytes) {
        return take_signed(bytes, state.rows);
    }
};

template <class Combine>
AggregateResolved resolve_bits(std::string_view name, AggregateTypes types) {
    if (types.size() != 1 || aggregated_type(types[0]) != kBigint)
        return wrong_arguments(name, "one BIGINT", types);
    return aggregate_signature<Bits<Combine>>({kBigint}, kBigint);
}

}  // namespace

AggregateResolved resolve_bit_and(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_bits<std::bit_and<std::int64_t>>("BIT_AND", types);
}
AggregateResolved resolve_bit_or(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_bits<std::bit_or<std::int64_t>>("BIT_OR", types);
}
AggregateResolved resolve_bit_xor(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_bits<std::bit_xor<std::int64_t>>("BIT_XOR", types);
}
AggregateResolved resolve_count_if(AggregateTypes types, AggregateLiterals /*literals*/) {
    const bool condition =
        types.size() == 1 && (types[0] == kBoolean || types[0].kind == TypeKind::Null);
    if (!condition) return wrong_arguments("COUNT_IF", "one condition", types);
    return aggregate_signature<CountIf>({kBoolean}, kBigint);
}

}  // namespace velo::engine
