// The form of an aggregate: what a plain struct offers so that describe<A>() can make kernels of it.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/aggregate/state_bytes.hpp"

namespace velo::engine {

/// What finish gives: a value, NULL (no rows), or nothing because the result does not exist (an output fault).
template <class T>
struct Answer {
    enum class Kind : std::uint8_t { Value, Null, Overflow };
    T value{};
    Kind kind = Kind::Null;

    Answer() = default;
    Answer(T result)
        : value(result),
          kind(Kind::Value) {}  // NOLINT(google-explicit-constructor): reads as `return sum`
    [[nodiscard]] static Answer overflow() {
        Answer answer;
        answer.kind = Kind::Overflow;
        return answer;
    }
    [[nodiscard]] static Answer from(const std::optional<T>& result) {
        return result ? Answer{*result} : overflow();
    }
};

/// Where a row stands in its source; FIRST and LAST compare it.
struct RowPosition {
    std::int64_t event_time = 0;
    std::int64_t partition = 0;
    std::int64_t offset = -1;  // Less than every row's.

    [[nodiscard]] auto operator<=>(const RowPosition&) const = default;

    void put(std::string& out) const {
        put_signed(out, event_time);
        put_signed(out, partition);
        put_signed(out, offset);
    }
    [[nodiscard]] bool take(std::string_view& bytes) {
        return take_signed(bytes, event_time) && take_signed(bytes, partition) &&
               take_signed(bytes, offset);
    }
};

/// Both arguments of a row, where an aggregate takes two: neither is NULL.
template <class First, class Second>
struct Two {
    First first{};
    Second second{};
};

/// What describe<A>() asks of A:
///   Argument     the physical type of its argument, Two<…> of them, or void (COUNT(*))
///   Result       the physical type of its result
///   State        a struct; as default-constructed it stands for no rows and owns nothing
///   add          add(State&) or add(State&, Argument) or add(State&, Argument, const RowPosition&); never sees a NULL
///   merge        merge(State& into, const State& from); in whatever order, the result is the same
///   finish       Answer<Result> finish(const State&), or with the argument types or the arena for a text as second
///                parameter
///   encode, decode
///   heap_bytes   optional: heap_bytes(const State&), what a state holds outside itself
template <class A>
concept Aggregate = requires(typename A::State& state, const typename A::State& from,
                             std::string& out, std::string_view& bytes) {
    typename A::Argument;
    typename A::Result;
    A::merge(state, from);
    A::encode(from, out);
    { A::decode(state, bytes) } -> std::same_as<bool>;
};

template <Aggregate A>
inline constexpr bool kOwnsHeap =
    requires(const typename A::State& state) { A::heap_bytes(state); };

template <Aggregate A>
inline constexpr bool kNeedsOrder =
    requires(typename A::State& state, const RowPosition& position) {
        A::add(state, typename A::Argument{}, position);
    };

}  // namespace velo::engine
