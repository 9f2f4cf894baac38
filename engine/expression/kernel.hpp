// The loops that kernels are made of: over dense columns plain counting loops, which compilers vectorise.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/expression/function.hpp"

namespace velo::engine {

/// Calls `body(at)` where `at(row)` is the argument's value; a body's loop is compiled once for columns, once for
/// constants.
template <class A, class Body>
void with_operand(const Column& a, Body&& body) {
    const A* values = a.values<A>();
    if (a.is_constant()) {
        body([value = values[0]](std::uint32_t) { return value; });
    } else {
        body([values](std::uint32_t row) { return values[row]; });
    }
}

/// As with_operand for two arguments. A constant on the left is rare and shares a loop with the general case.
template <class A, class B, class Body>
void with_operands(const Column& a, const Column& b, Body&& body) {
    if (a.is_constant()) {
        body([in = Reader<A>(a)](std::uint32_t row) { return in.at(row); },
             [in = Reader<B>(b)](std::uint32_t row) { return in.at(row); });
        return;
    }
    const A* values = a.values<A>();
    with_operand<B>(
        b, [&](auto b_at) { body([values](std::uint32_t row) { return values[row]; }, b_at); });
}

/// out = f(a)
template <class A, class R, class F>
void map_unary(const KernelCall& call, F f) {
    R* out = call.out.values<R>();
    with_operand<A>(*call.args[0], [&](auto a) {
        call.rows.each([&](std::uint32_t row) { out[row] = f(a(row)); });
    });
}

/// out = f(a, b)
template <class A, class B, class R, class F>
void map_binary(const KernelCall& call, F f) {
    R* out = call.out.values<R>();
    with_operands<A, B>(*call.args[0], *call.args[1], [&](auto a, auto b) {
        call.rows.each([&](std::uint32_t row) { out[row] = f(a(row), b(row)); });
    });
}

/// As map_unary for `bool f(a, R& out)`; rows where it is false are reported as `code`.
template <class A, class R, class F>
void check_unary(const KernelCall& call, FaultCode code, F f) {
    R* out = call.out.values<R>();
    with_operand<A>(*call.args[0], [&](auto a) {
        bool failed = false;
        call.rows.each([&](std::uint32_t row) { failed |= !f(a(row), out[row]); });
        if (!failed) return;
        call.rows.each([&](std::uint32_t row) {
            if (!f(a(row), out[row])) call.faults.add(row, code);
        });
    });
}

/// As map_binary for `bool f(a, b, R& out)`; rows where it is false are reported as `code_of(a, b)`.
/// The loop notes only that something failed; a second one finds where: faults are rare, branches are not free.
template <class A, class B, class R, class F, class CodeOf>
void check_binary(const KernelCall& call, F f, CodeOf code_of) {
    R* out = call.out.values<R>();
    with_operands<A, B>(*call.args[0], *call.args[1], [&](auto a, auto b) {
        bool failed = false;
        call.rows.each([&](std::uint32_t row) { failed |= !f(a(row), b(row), out[row]); });
        if (!failed) return;
        call.rows.each([&](std::uint32_t row) {
            if (!f(a(row), b(row), out[row])) call.faults.add(row, code_of(a(row), b(row)));
        });
    });
}

/// Appends the rows for which `pass(row)` to `passed`, without a branch per row.
template <class Pass>
void collect_rows(Selection rows, std::vector<std::uint32_t>& passed, Pass&& pass) {
    constexpr std::uint32_t kChunk = 512;
    std::array<std::uint32_t, kChunk> chunk;  // NOLINT: filled as far as it is read.
    for (std::uint32_t start = 0; start < rows.size(); start += kChunk) {
        const std::uint32_t end = std::min(rows.size(), start + kChunk);
        std::uint32_t count = 0;
        const auto take = [&](std::uint32_t row) {
            chunk[count] = row;
            count += pass(row) ? 1U : 0U;
        };
        if (rows.is_all()) {
            for (std::uint32_t row = start; row < end; ++row) take(row);
        } else {
            for (std::uint32_t i = start; i < end; ++i) take(rows[i]);
        }
        passed.insert(passed.end(), chunk.begin(), chunk.begin() + count);
    }
}

/// Appends the selected rows where a BOOLEAN column is TRUE.
inline void collect_true(const Column& column, Selection rows, std::vector<std::uint32_t>& passed) {
    const Reader<std::uint8_t> in(column);
    if (in.has_nulls()) {
        collect_rows(rows, passed,
                     [&](std::uint32_t row) { return !in.is_null(row) && in.at(row) != 0; });
    } else {
        collect_rows(rows, passed, [&](std::uint32_t row) { return in.at(row) != 0; });
    }
}

/// A text result of at most `size` bytes: `write(out)` returns its end.
template <class Write>
[[nodiscard]] std::string_view write_text(Arena& arena, std::size_t size, Write&& write) {
    char* out = arena.allocate(size);
    const auto used = static_cast<std::size_t>(write(out) - out);
    arena.shrink_last(size - used);
    return {out, used};
}

}  // namespace velo::engine
