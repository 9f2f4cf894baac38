// The loops over rows and answers that every aggregate shares, typed and inlined.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>

#include "engine/aggregate/aggregate.hpp"
#include "engine/aggregate/aggregate_form.hpp"

namespace velo::engine {

template <Aggregate A>
[[nodiscard]] typename A::State& state_at(std::byte* bytes) noexcept {
    return *std::launder(reinterpret_cast<typename A::State*>(bytes));
}
template <Aggregate A>
[[nodiscard]] const typename A::State& state_at(const std::byte* bytes) noexcept {
    return *std::launder(reinterpret_cast<const typename A::State*>(bytes));
}

/// While it lives, one state changes; then `total` has followed what that state holds outside itself.
template <Aggregate A>
class HeapNote {
public:
    HeapNote(std::size_t* total, const typename A::State& state) noexcept : total_(total), state_(state) {
        if constexpr (kOwnsHeap<A>) *total_ -= A::heap_bytes(state_);
    }
    ~HeapNote() {
        if constexpr (kOwnsHeap<A>) *total_ += A::heap_bytes(state_);
    }
    HeapNote(const HeapNote&) = delete;
    HeapNote& operator=(const HeapNote&) = delete;

private:
    std::size_t* total_;
    const typename A::State& state_;
};

/// Writes answers into the result column, one row after another.
template <Aggregate A>
class AnswerWriter {
public:
    using State = typename A::State;
    using Result = typename A::Result;

    explicit AnswerWriter(const AggregateResult& result) noexcept : result_(result), values_(result.out.template values<Result>() + result.first_row) {}

    void write(std::size_t row, const State& state) {
        const Answer<Result> answer = finish(state);
        if (answer.kind == Answer<Result>::Kind::Value) [[likely]] {
            if constexpr (std::same_as<Result, std::string_view>) {
                values_[row] = result_.arena.copy(answer.value);
            } else {
                values_[row] = answer.value;
            }
        } else {
            write_none(static_cast<std::uint32_t>(row), answer.kind == Answer<Result>::Kind::Overflow);
        }
    }

private:
    Answer<Result> finish(const State& state) const {
        if constexpr (requires { A::finish(state, result_.args); }) {
            return A::finish(state, result_.args);
        } else {
            return A::finish(state);
        }
    }
    [[gnu::noinline]] void write_none(std::uint32_t row, bool overflow) {
        values_[row] = Result{};
        result_.out.set_null(result_.first_row + row);
        if (overflow) result_.faults.add(result_.first_row + row, FaultCode::Overflow);
    }

    const AggregateResult& result_;
    Result* values_;
};

/// Calls `visit(i, has_value, add)` for every row i in order, where add(state) adds that row's argument; NULL arguments come
/// with has_value false. Where the column has no NULLs there is no test.
template <Aggregate A, class Call, class Visit>
void each_argument(const Call& call, Visit&& visit) {
    using State = typename A::State;
    const std::size_t count = call.rows.size();
    if constexpr (std::is_void_v<typename A::Argument>) {
        for (std::size_t i = 0; i < count; ++i) visit(i, true, [](State& state) { A::add(state); });
    } else {
        const Reader<typename A::Argument> values{*call.args[0]};
        const std::uint32_t* const rows = call.rows.data();
        const RowOrder order = call.order;
        const auto add = [&](State& state, std::uint32_t row) {
            if constexpr (kNeedsOrder<A>) {
                A::add(state, values.at(row), RowPosition{order.event_time[row], order.partition[row], order.offset[row]});
            } else {
                A::add(state, values.at(row));
            }
        };
        if (!values.has_nulls()) {
            for (std::size_t i = 0; i < count; ++i) visit(i, true, [&](State& state) { add(state, rows[i]); });
        } else {
            for (std::size_t i = 0; i < count; ++i) {
                visit(i, !values.is_null(rows[i]), [&](State& state) { add(state, rows[i]); });
            }
        }
    }
}

}  // namespace velo::engine
