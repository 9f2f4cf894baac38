// One aggregate over a few values, through every way its kernels can be called.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/aggregate/aggregate.hpp"
#include "tests/support/values.hpp"

namespace velo::engine {

/// A state on its own.
class OneState {
public:
    explicit OneState(const AggregateKernels& kernels)
        : kernels_(kernels), bytes_(kernels.state_size + 16) {
        kernels_.create(at());
    }
    ~OneState() {
        if (kernels_.destroy != nullptr) kernels_.destroy(at());
    }
    OneState(const OneState&) = delete;
    OneState& operator=(const OneState&) = delete;
    [[nodiscard]] std::byte* at() { return bytes_.data(); }

private:
    const AggregateKernels& kernels_;
    std::vector<std::byte> bytes_;
};

inline const Value kOverflow{kString, std::string{"overflow"}};

class AggregateCase {
public:
    /// As the binder would: by name and argument type. No type: COUNT(*).
    explicit AggregateCase(std::string_view name, std::optional<Type> type = {})
        : type_(type.value_or(kBigint)) {
        const AggregateFunction* const function = find_aggregate_function(name);
        REQUIRE(function != nullptr);
        const std::vector<Type> types = type ? std::vector{*type} : std::vector<Type>{};
        const auto resolved = function->resolve(types, {});
        REQUIRE(resolved.has_value());
        signature_ = *resolved;
    }

    /// With a literal as its second argument.
    AggregateCase(std::string_view name, const Type& type, const Value& literal)
        : type_(type), literal_(literal) {
        const AggregateFunction* const function = find_aggregate_function(name);
        REQUIRE(function != nullptr);
        const std::vector<Type> types{type, literal.type};
        const std::vector<const Value*> literals{nullptr, &literal};
        const auto resolved = function->resolve(types, literals);
        REQUIRE(resolved.has_value());
        signature_ = *resolved;
    }

    [[nodiscard]] Type result_type() const { return signature_.result; }

    /// The result over the values in order, which every way of computing it agrees on. Row i has event time i.
    Value over(const std::vector<Value>& values) {
        set(values);
        OneState state{kernels()};
        add(state, 0, values.size());
        const Value result = finish(state);
        CHECK(each(values.size()) == (values.empty() ? finish(state) : result));
        for (std::size_t cut = 0; cut <= values.size(); ++cut)
            CHECK(merged(cut, values.size()) == result);
        CHECK(decoded(state) == result);
        return result;
    }

    /// Where the rows stand, for FIRST and LAST: event time, partition, offset.
    void place(std::vector<std::int64_t> times, std::vector<std::int64_t> partitions,
               std::vector<std::int64_t> offsets) {
        times_ = std::move(times);
        partitions_ = std::move(partitions);
        offsets_ = std::move(offsets);
    }

    [[nodiscard]] const AggregateKernels& kernels() const { return *signature_.kernels; }
    void set(const std::vector<Value>& values) {
        values_ = values;
        fill(column_, type_, values_);
        fill_constant(second_, literal_, static_cast<std::uint32_t>(values_.size()));
        if (times_.size() == values.size()) return;
        times_.resize(values.size());
        std::iota(times_.begin(), times_.end(), 0);
        partitions_.assign(values.size(), 0);
        offsets_ = times_;
    }
    void add(OneState& state, std::size_t first, std::size_t count) {
        std::byte* chunk = state.at();
        std::vector<std::uint32_t> rows(count);
        std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
        const std::vector<std::uint32_t> slots(count, 0);
        kernels().add(
            {args(), rows, slots, {&chunk, kernels().state_size, 0}, order(), &heap_bytes_});
    }
    [[nodiscard]] Value finish(OneState& state) {
        const std::array<const std::byte*, 1> states{state.at()};
        Column out;
        out.reset(signature_.result, 1);
        CallFaults faults;
        kernels().finish(std::span{states}, {signature_.args, out, arena_, faults});
        return faults.entries().empty() ? value_at(out, 0) : kOverflow;
    }

private:
    /// The result after the last row of add_each.
    Value each(std::size_t count) {
        OneState state{kernels()};
        if (count == 0) return finish(state);
        std::byte* chunk = state.at();
        std::vector<std::uint32_t> rows(count);
        std::iota(rows.begin(), rows.end(), 0U);
        const std::vector<std::uint32_t> slots(count, 0);
        Column out;
        out.reset(signature_.result, static_cast<std::uint32_t>(count));
        CallFaults faults;
        kernels().add_each(
            {args(), rows, slots, {&chunk, kernels().state_size, 0}, order(), &heap_bytes_},
            {signature_.args, out, arena_, faults});
        const auto last = static_cast<std::uint32_t>(count - 1);
        if (!faults.entries().empty() && faults.entries().back().row == last) return kOverflow;
        return value_at(out, last);
    }
    Value merged(std::size_t cut, std::size_t count) {
        OneState older{kernels()};
        OneState newer{kernels()};
        add(older, 0, cut);
        add(newer, cut, count - cut);
        kernels().merge(newer.at(), older.at());  // Whichever comes first.
        return finish(newer);
    }
    Value decoded(OneState& state) {
        std::string bytes;
        kernels().encode(state.at(), bytes);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            OneState broken{kernels()};
            std::string_view part{bytes.data(), size};
            CHECK_FALSE(kernels().decode(broken.at(), part));
        }
        OneState copy{kernels()};
        bytes += "rest";
        std::string_view rest{bytes};
        CHECK(kernels().decode(copy.at(), rest));
        CHECK(rest == "rest");
        return finish(copy);
    }
    [[nodiscard]] std::span<const Column* const> args() {
        return std::span(arguments_).first(signature_.args.size());
    }
    [[nodiscard]] RowOrder order() const {
        return {times_.data(), partitions_.data(), offsets_.data()};
    }

    Type type_;
    Value literal_;
    AggregateSignature signature_;
    std::vector<Value> values_;
    Column column_;
    Column second_;
    std::array<const Column*, 2> arguments_{&column_, &second_};
    std::size_t heap_bytes_ = 0;
    std::vector<std::int64_t> times_;
    std::vector<std::int64_t> partitions_;
    std::vector<std::int64_t> offsets_;
    Arena arena_;
};

}  // namespace velo::engine
