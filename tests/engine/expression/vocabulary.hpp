// Expressions and rows in few words.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/base/time.hpp"
#include "engine/data/date.hpp"
#include "engine/data/decimal.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/expression/function.hpp"
#include "tests/support/values.hpp"

namespace velo::engine {

// Values.

inline const Value kNull{};
inline Value truth(bool value) { return boolean(value); }
inline Value exact(std::string_view digits) {  // 12.50: DECIMAL(4,2)
    const auto point = digits.find('.');
    const int scale =
        point == std::string_view::npos ? 0 : static_cast<int>(digits.size() - point) - 1;
    const Int128 value = *parse_decimal(digits, kMaxDecimalDigits, scale);
    int precision = scale == 0 ? 1 : scale;
    while (!fits_precision(value, precision)) ++precision;
    return decimal(value, precision, scale);
}
inline Value timestamp(std::string_view rfc3339) {
    return {kTimestamp, parse_rfc3339(rfc3339)->time_since_epoch().count()};
}
inline Value date(std::string_view day) { return {kDate, *parse_date(day)}; }
inline Value interval_of(std::string_view duration) {
    return {kInterval, std::int64_t{parse_duration(duration)->count()}};
}
inline Value raw(std::string bytes) { return {kBytes, std::move(bytes)}; }

// Expressions.

inline BoundPtr lit(Value value) { return bound_literal(std::move(value)); }
inline BoundPtr call(std::string_view name, std::vector<BoundPtr> args) {
    const ScalarFunction* function = find_scalar_function(name);
    REQUIRE(function != nullptr);
    return bound_call(*function, std::move(args), Place{{}, 3, 8, 1}, std::string(name));
}
inline BoundPtr node(BoundKind kind, Type type, std::vector<BoundPtr> children) {
    auto made = std::make_shared<BoundExpression>();
    made->kind = kind;
    made->type = type;
    made->children = std::move(children);
    return made;
}
inline BoundPtr both(BoundPtr a, BoundPtr b) {
    return node(BoundKind::And, kBoolean, {std::move(a), std::move(b)});
}
inline BoundPtr either(BoundPtr a, BoundPtr b) {
    return node(BoundKind::Or, kBoolean, {std::move(a), std::move(b)});
}
inline BoundPtr negation(BoundPtr a) { return node(BoundKind::Not, kBoolean, {std::move(a)}); }
inline BoundPtr attempt(BoundPtr a) {
    const Type type = a->type;
    return node(BoundKind::Try, type, {std::move(a)});
}

using Answers = std::vector<std::string>;

/// Columns of equal length, and the answers of expressions over them: SQL literals, or the name of a fault.
class Rows {
public:
    /// Adds a column; `values` may hold untyped NULLs.
    BoundPtr column(Type type, std::vector<Value> values) {
        for (Value& value : values) value.type = type;
        values_.push_back(std::make_unique<std::vector<Value>>(std::move(values)));
        fill(columns_.emplace_back(), type, *values_.back());
        return bound_column(static_cast<std::uint32_t>(columns_.size() - 1), type,
                            "c" + std::to_string(columns_.size() - 1));
    }
    BoundPtr bigints(std::vector<Value> values) { return column(kBigint, std::move(values)); }
    BoundPtr booleans(std::vector<Value> values) { return column(kBoolean, std::move(values)); }

    [[nodiscard]] std::uint32_t size() const { return columns_.front().rows(); }

    [[nodiscard]] Answers answers(const BoundPtr& expression) {
        return answers(expression, Selection::all(size()));
    }
    /// One answer for each selected row.
    [[nodiscard]] Answers answers(const BoundPtr& expression, Selection selection) {
        Evaluator evaluator(expression);
        return answers(evaluator, selection);
    }
    [[nodiscard]] Answers answers(Evaluator& evaluator, Selection selection) {
        faults.clear();
        const Column& column = evaluator.evaluate(columns_, size(), selection, arena_, faults);
        Answers all;
        selection.each([&](std::uint32_t row) { all.push_back(answer(column, row)); });
        return all;
    }
    /// The rows that pass, and then the faults: `1 4 5 division_by_zero@2`.
    [[nodiscard]] std::string passed(const BoundPtr& condition) {
        return passed(condition, Selection::all(size()));
    }
    [[nodiscard]] std::string passed(const BoundPtr& condition, Selection selection) {
        faults.clear();
        std::vector<std::uint32_t> rows;
        Evaluator(condition).filter(columns_, size(), selection, arena_, faults, rows);
        std::string text;
        for (const std::uint32_t row : rows)
            text += (text.empty() ? "" : " ") + std::to_string(row);
        for (const RowFault& fault : faults.all()) {
            text += (text.empty() ? "" : " ") + std::string(fault_code_name(fault.code)) + "@" +
                    std::to_string(fault.row);
        }
        return text;
    }

    FaultList faults;

    [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
    [[nodiscard]] Arena& arena() { return arena_; }

private:
    [[nodiscard]] std::string answer(const Column& column, std::uint32_t row) const {
        for (const RowFault& fault : faults.all()) {
            if (fault.row == row) return std::string(fault_code_name(fault.code));
        }
        return value_at(column, row).sql();
    }

    std::vector<std::unique_ptr<std::vector<Value>>> values_;
    std::vector<Column> columns_;
    Arena arena_;
};

/// What a function gives for these arguments: a literal's SQL text, or the name of a fault. Checks that it gives the same
/// over columns (beside a NULL row, and selected alone) and, where the first argument is a column only, over constants.
inline std::string value(std::string_view name, std::vector<Value> args) {
    std::vector<BoundPtr> literals;
    for (const Value& arg : args) literals.push_back(lit(arg));
    Rows one;
    one.bigints({bigint(0)});
    const BoundPtr constant = call(name, literals);
    std::string answer = one.answers(constant)[0];
    Rows rows;
    std::vector<BoundPtr> mixed = literals;
    mixed[0] = rows.column(args[0].type, {args[0], kNull, args[0]});
    BoundPtr over_column;
    try {
        over_column = call(name, mixed);
    } catch (const Error&) {
        return answer;  // Takes only literals there.
    }
    const Answers column = rows.answers(over_column);
    const bool same_type =
        over_column->type == constant->type;  // A literal's DECIMAL has fewer digits.
    if (same_type) CHECK(column[0] == answer);
    CHECK(column[2] == column[0]);
    const std::vector<std::uint32_t> last{2};
    CHECK(rows.answers(over_column, Selection(last))[0] == column[0]);
    return answer;
}

/// As value, with the type: `12.50 DECIMAL(4,2)`.
inline std::string typed(std::string_view name, std::vector<Value> args) {
    std::vector<BoundPtr> literals;
    for (const Value& arg : args) literals.push_back(lit(arg));
    const BoundPtr constant = call(name, literals);
    return value(name, std::move(args)) + " " + constant->type.text();
}

/// The text of the mistake that binding makes.
inline std::string mistake(std::string_view name, std::vector<BoundPtr> args) {
    try {
        static_cast<void>(call(name, std::move(args)));
    } catch (const Error& error) {
        return error.mistakes().front().text;
    }
    return "none";
}

}  // namespace velo::engine
