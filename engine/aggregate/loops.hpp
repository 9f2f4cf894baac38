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
    HeapNote(std::size_t* total, const typename A::State& state) noexcept
        : total_(total), state_(state) {
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

/// Reads what one row adds; a row where an argument is NULL adds nothing.
template <class T>
class ArgumentReader {
public:
    explicit ArgumentReader(std::span<const Column* const> args) noexcept : values_(*args[0]) {}
    [[nodiscard]] bool has_nulls() const noexcept { return values_.has_nulls(); }
    [[nodiscard]] bool is_null(std::uint32_t row) const noexcept { return values_.is_null(row); }
    [[nodiscard]] T at(std::uint32_t row) const noexcept { return values_.at(row); }

private:
    Reader<T> values_;
};

template <class First, class Second>
class ArgumentReader<Two<First, Second>> {
public:
    explicit ArgumentReader(std::span<const Column* const> args) noexcept
        : first_(*args[0]), second_(*args[1]) {}
    [[nodiscard]] bool has_nulls() const noexcept {
        return first_.has_nulls() || second_.has_nulls();
    }
    [[nodiscard]] bool is_null(std::uint32_t row) const noexcept {
        return first_.is_null(row) || second_.is_null(row);
    }
    [[nodiscard]] Two<First, Second> at(std::uint32_t row) const noexcept {
        return {first_.at(row), second_.at(row)};
    }

private:
    Reader<First> first_;
    Reader<Second> second_;
};

/// Writes answers into the result column, one row after another.
template <Aggregate A>
class AnswerWriter {
public:
    using State = typename A::State;
    using Result = typename A::Result;

    explicit AnswerWriter(const AggregateResult& result) noexcept
        : result_(result), values_(result.out.template values<Result>() + result.first_row) {}

    void write(std::size_t row, const State& state) {
        const Answer<Result> answer = finish(state);
        if (answer.kind == Answer<Result>::Kind::Value) [[likely]] {
            if constexpr (std::same_as<Result, std::string_view> && !kWritesText) {
                values_[row] = result_.arena.copy(answer.value);
            } else {
                values_[row] = answer.value;
            }
        } else {
            write_none(static_cast<std::uint32_t>(row),
                       answer.kind == Answer<Result>::Kind::Overflow);
        }
    }

private:
    static constexpr bool kWritesText =
        requires(const State& state, Arena& arena) { A::finish(state, arena); };

    Answer<Result> finish(const State& state) const {
        if constexpr (kWritesText) {
            return A::finish(state, result_.arena);
        } else if constexpr (requires { A::finish(state, result_.args); }) {
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

/// Adds arguments to states, row by row.
template <Aggregate A>
class Arguments {
public:
    template <class Call>
    explicit Arguments(const Call& call) noexcept : values_(call.args), order_(call.order) {}

    [[nodiscard]] bool has_nulls() const noexcept { return values_.has_nulls(); }
    [[nodiscard]] bool is_null(std::uint32_t row) const noexcept { return values_.is_null(row); }
    void add_to(typename A::State& state, std::uint32_t row) const {
        if constexpr (kNeedsOrder<A>) {
            A::add(state, values_.at(row),
                   RowPosition{order_.event_time[row], order_.partition[row], order_.offset[row]});
        } else {
            A::add(state, values_.at(row));
        }
    }

private:
    ArgumentReader<typename A::Argument> values_;
    RowOrder order_;
};

/// Calls `visit(i, has_value, add)` for every row i of the call in order, where add(state) adds that row's argument; a NULL
/// comes with has_value false. Where the column has no NULLs there is no test.
template <Aggregate A, class Call, class Visit>
void each_argument(const Call& call, Visit&& visit) {
    using State = typename A::State;
    const std::size_t count = call.rows.size();
    if constexpr (std::is_void_v<typename A::Argument>) {
        for (std::size_t i = 0; i < count; ++i) visit(i, true, [](State& state) { A::add(state); });
    } else {
        const Arguments<A> arguments{call};
        const std::uint32_t* const rows = call.rows.data();
        const auto visit_row = [&](std::size_t i, bool has_value) {
            visit(i, has_value, [&](State& state) { arguments.add_to(state, rows[i]); });
        };
        if (!arguments.has_nulls()) {
            for (std::size_t i = 0; i < count; ++i) visit_row(i, true);
        } else {
            for (std::size_t i = 0; i < count; ++i) visit_row(i, !arguments.is_null(rows[i]));
        }
    }
}

}  // namespace velo::engine
