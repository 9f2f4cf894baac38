// The part of ExpressionBinder that binds f(…) OVER (PARTITION BY … ORDER BY the event time [frame]).
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/aggregate/nth_value.hpp"
#include "engine/plan/common_type.hpp"
#include "engine/plan/expression_binder.hpp"
#include "engine/plan/window_functions.hpp"

namespace velo::engine {

namespace {

using sql::FrameBound;
using sql::Over;

constexpr std::int64_t kMostRowsBefore = 999'999;

/// What is wrong with a frame; empty: nothing.
std::string frame_mistake(const Over& over) {
    using Kind = FrameBound::Kind;
    const auto follows = [](const FrameBound& bound) {
        return bound.kind == Kind::Following || bound.kind == Kind::UnboundedFollowing;
    };
    if (follows(*over.from) || follows(*over.to)) {
        return "FOLLOWING is not supported: a row is answered when the watermark has passed it, "
               "and the rows after it may never come; end the frame with CURRENT ROW, and look "
               "back with LAG from the later row";
    }
    if (over.to->kind != Kind::CurrentRow) {
        return "a frame that ends before its own row is not supported; end it with CURRENT ROW, "
               "or take the value n rows before with LAG(x, n)";
    }
    return {};
}

/// A number of rows from 1 to `most`; nothing where it is no such literal.
std::optional<std::int64_t> row_count(const sql::Expression& written, std::int64_t most) {
    const auto* const number = std::get_if<std::int64_t>(&written.value.data);
    if (written.kind != sql::ExpressionKind::Literal || number == nullptr ||
        written.value.type != kBigint || *number < 1 || *number > most)
        return std::nullopt;
    return *number;
}

/// How far back PRECEDING reaches, in rows or microseconds; nothing where it is no such length.
std::optional<std::int64_t> length_of(const sql::Expression& offset, Over::Unit unit) {
    const auto* const number = std::get_if<std::int64_t>(&offset.value.data);
    const bool is_time = offset.value.type.kind == TypeKind::Interval;
    if (number == nullptr || is_time != (unit == Over::Unit::Range)) return std::nullopt;
    return *number;
}

}  // namespace

// Where the query has not named it yet, `over` is the one that all its calls are over.
bool ExpressionBinder::bind_partition(const Over& over) {
    BoundBuffer buffer;
    bool sound = true;
    for (const sql::ExpressionPtr& key : over.partition_by) {
        buffer.keys.push_back(bind_partition_key(*key));
        sound = sound && buffer.keys.back();
    }
    sound = is_time_order(over) && sound;
    if (!sound) return false;
    if (!calls_.buffer) calls_.buffer = buffer;
    if (!same_buffer(*calls_.buffer, buffer)) {
        mistakes_.add(over.place,
                      "a second OVER with another PARTITION BY in one query is not supported yet; "
                      "frames may differ, but let another job do another partition");
        return false;
    }
    return true;
}

bool ExpressionBinder::is_time_order(const Over& over) {
    if (!scope_.has_event_time()) {
        mistakes_.add(over.place,
                      fmt::format("OVER needs an event time, and the records of source '{}' have "
                                  "none; declare event_time: {{column: …}}",
                                  scope_.source().name));
        return false;
    }
    const std::string_view time = scope_.event_time_name();
    if (over.order_by.empty()) {
        mistakes_.add(
            over.place,
            fmt::format("OVER without ORDER BY would be over rows that are still to "
                        "come; add ORDER BY {}, or take OVER (ROWS WINDOW BUFFER n ROWS …)",
                        time));
        return false;
    }
    const sql::OrderItem& item = over.order_by.front();
    const Place& place = item.expression->place;
    const BoundPtr order = bind(*item.expression, kOverClause);
    if (!order) return false;
    const auto field = scope_.event_time_field();
    const auto is = [&](std::uint32_t column) {
        return order->kind == BoundKind::Column && order->column == symbol(Space::Source, column);
    };
    const bool by_time = is(scope_.system_column(ColumnOrigin::EventTime)) ||
                         is(field ? *field : scope_.system_column(ColumnOrigin::Timestamp));
    if (!by_time || item.descending) {
        mistakes_.add(
            place,
            fmt::format("OVER goes by the source's event time '{0}', rising{1}; write ORDER BY "
                        "{0}, take OVER (ROWS WINDOW BUFFER n ROWS …) for another order, or Top-N "
                        "per window (WINDOW … ORDER BY … LIMIT n) for the first rows by a value",
                        time, by_time ? "" : fmt::format(", not by {}", text_.quoted(place))));
        return false;
    }
    if (item.nulls_first) {
        mistakes_.add(place, "the event time is never NULL; leave NULLS FIRST and NULLS LAST out");
        return false;
    }
    if (over.order_by.size() > 1) {
        mistakes_.add(over.order_by[1].expression->place,
                      "rows of one event time are in order of source partition and offset; leave "
                      "the other expressions out");
        return false;
    }
    return true;
}

// The frame as it is written; without one all rows up to those of the row's own time.
std::optional<FramePlan> ExpressionBinder::bind_frame(const Over& over) {
    using Kind = FrameBound::Kind;
    FramePlan frame;
    if (over.unit == Over::Unit::None) return frame;
    frame.unit = over.unit == Over::Unit::Rows ? FramePlan::Unit::Rows : FramePlan::Unit::Range;
    if (std::string mistake = frame_mistake(over); !mistake.empty()) {
        mistakes_.add(over.place, std::move(mistake));
        return std::nullopt;
    }
    if (over.from->kind == Kind::UnboundedPreceding) return frame;
    if (over.from->kind == Kind::CurrentRow) {
        frame.preceding = 0;
        return frame;
    }
    const sql::Expression& offset = *over.from->offset;
    frame.preceding = length_of(offset, over.unit);
    if (over.unit == Over::Unit::Range) {
        if (frame.preceding && *frame.preceding >= 0) return frame;
        mistakes_.add(offset.place,
                      fmt::format("RANGE reaches back by a time, not {}; write RANGE BETWEEN "
                                  "INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW, or ROWS",
                                  text_.quoted(offset.place)));
        return std::nullopt;
    }
    if (frame.preceding && *frame.preceding >= 0 && *frame.preceding <= kMostRowsBefore)
        return frame;
    mistakes_.add(offset.place,
                  fmt::format("ROWS reaches back by 0 to {} rows, not {}; RANGE goes by time",
                              kMostRowsBefore, text_.quoted(offset.place)));
    return std::nullopt;
}

std::uint32_t ExpressionBinder::frame_number(const FramePlan& frame) {
    std::vector<FramePlan>& frames = calls_.buffer->frames;
    const auto found = std::ranges::find_if(frames, [&](const FramePlan& other) {
        return other.unit == frame.unit && other.preceding == frame.preceding;
    });
    const auto number = static_cast<std::uint32_t>(found - frames.begin());
    if (found == frames.end()) frames.push_back(frame);
    return number;
}

BoundPtr ExpressionBinder::bind_framed(const Expression& expression) {
    const Over& over = *expression.over;
    const std::string_view name = expression.path.back().text;
    const WindowFunction* const function = find_window_function(name);
    const AggregateFunction* const aggregate = find_aggregate_function(name);
    if (function == nullptr && aggregate == nullptr) return not_over(expression);
    const bool partitioned = bind_partition(over);
    const auto frame = bind_frame(over);
    if (function != nullptr) {
        if (!is_plain_call(expression)) return nullptr;
        return partitioned && frame ? bind_window_function(*function, expression, *frame) : nullptr;
    }
    BoundAggregate call;
    if (!bind_aggregate_call(*aggregate, expression, call) || !partitioned || !frame)
        return nullptr;
    call.frame = frame_number(*frame);
    return result_of(calls_.over, Space::OverCall, std::move(call), expression);
}

BoundPtr ExpressionBinder::bind_window_function(const WindowFunction& function,
                                                const Expression& expression,
                                                const FramePlan& frame) {
    using enum WindowFunction::Kind;
    const bool has_frame = expression.over->unit != Over::Unit::None;
    switch (function.kind) {
        case RowNumber:
            return bind_numbering(RowNumbering::RowNumber, function, expression, has_frame);
        case Rank:
            return bind_numbering(RowNumbering::Rank, function, expression, has_frame);
        case DenseRank:
            return bind_numbering(RowNumbering::DenseRank, function, expression, has_frame);
        case Lag:
            return bind_lag(function, expression, has_frame);
        case FirstValue:
        case LastValue:
        case NthValue:
            return bind_value(function, expression, frame);
    }
    std::unreachable();
}

BoundPtr ExpressionBinder::bind_value(const WindowFunction& function, const Expression& expression,
                                      const FramePlan& frame) {
    using enum WindowFunction::Kind;
    const std::size_t arity = function.kind == NthValue ? 2 : 1;
    if (!is_arity(expression, arity, arity, function.usage)) return nullptr;
    const BoundPtr value = bind(*expression.children[0], kArgumentClause);
    if (!value) return nullptr;
    if (function.kind != NthValue) {
        const std::string_view aggregate = function.kind == FirstValue ? "FIRST" : "LAST";
        return row_of_frame(*find_aggregate_function(aggregate), {value}, frame, expression);
    }
    const auto number = row_count(*expression.children[1], kMostNth);
    if (!number) {
        return wrong(expression.children[1]->place,
                     fmt::format("NTH_VALUE takes one of the first {} rows, written as a number, "
                                 "not {}",
                                 kMostNth, text_.quoted(expression.children[1]->place)));
    }
    return row_of_frame(nth_value_function(), {value, bound_literal(Value{kBigint, *number})},
                        frame, expression);
}

// One of them goes by the whole partition, whatever the frame.
bool ExpressionBinder::has_no_frame(const WindowFunction& function, const Expression& expression,
                                    bool has_frame) {
    if (!has_frame) return true;
    mistakes_.add(
        expression.over->place,
        fmt::format("{} looks at the whole partition; leave the frame out", function.name));
    return false;
}

BoundPtr ExpressionBinder::bind_numbering(RowNumbering numbering, const WindowFunction& function,
                                          const Expression& expression, bool has_frame) {
    if (!has_no_frame(function, expression, has_frame) ||
        !is_arity(expression, 0, 0, function.usage))
        return nullptr;
    BoundAggregate call;
    call.numbering = numbering;
    call.signature.result = kBigint;
    call.text = function.usage;
    call.place = expression.place;
    return result_of(calls_.over, Space::OverCall, std::move(call), expression);
}

// The first of n + 1 rows, where there are so many.
BoundPtr ExpressionBinder::bind_lag(const WindowFunction& function, const Expression& expression,
                                    bool has_frame) {
    if (!has_no_frame(function, expression, has_frame) ||
        !is_arity(expression, 1, 3, function.usage))
        return nullptr;
    std::int64_t rows = 1;
    if (expression.children.size() > 1) {
        const Expression& written = *expression.children[1];
        const auto number = row_count(written, kMostRowsBefore);
        if (!number) {
            return wrong(written.place,
                         fmt::format("LAG goes back by 1 to {} rows, written as a number, not {}",
                                     kMostRowsBefore, text_.quoted(written.place)));
        }
        rows = *number;
    }
    std::vector<BoundPtr> values{bind(*expression.children[0], kArgumentClause)};
    if (expression.children.size() > 2)
        values.push_back(bind(*expression.children[2], kArgumentClause));
    else
        values.push_back(bound_literal(Value{}));
    if (!values[0] || !values[1] || !read_times(values) || !unify(values, "LAG gives", expression))
        return nullptr;
    const FramePlan frame{FramePlan::Unit::Rows, rows, {}};
    const BoundPtr value =
        row_of_frame(*find_aggregate_function("FIRST"), {values[0]}, frame, expression);
    const BoundPtr count = call_over(*find_aggregate_function("COUNT"), {}, frame, expression);
    if (!value || !count) return nullptr;
    const BoundPtr are_so_many =
        call(">", {count, bound_literal(Value{kBigint, rows})}, expression);
    if (!are_so_many) return nullptr;
    const Type type = value->type;
    return make(BoundKind::Case, type, {are_so_many, value, bound_cast(values[1], type)},
                expression);
}

// The value comes as an array of one, which is no NULL.
BoundPtr ExpressionBinder::row_of_frame(const AggregateFunction& aggregate,
                                        std::vector<BoundPtr> args, const FramePlan& frame,
                                        const Expression& expression) {
    args[0] = call("ARRAY", {typed(args[0])}, expression);
    if (!args[0]) return nullptr;
    const BoundPtr found = call_over(aggregate, std::move(args), frame, expression);
    if (!found) return nullptr;
    return call("SUBSCRIPT", {found, bound_literal(Value{kBigint, std::int64_t{1}})}, expression);
}

BoundPtr ExpressionBinder::call_over(const AggregateFunction& aggregate, std::vector<BoundPtr> args,
                                     const FramePlan& frame, const Expression& expression) {
    BoundAggregate call;
    call.function = &aggregate;
    std::vector<Type> types;
    std::vector<const Value*> literals;
    for (const BoundPtr& arg : args) {
        types.push_back(arg->type);
        literals.push_back(arg->kind == BoundKind::Literal ? &arg->value : nullptr);
    }
    const auto signature = call.function->resolve(types, literals);
    if (!signature) return wrong(expression.place, signature.error());
    call.signature = *signature;
    call.args = std::move(args);
    call.text = call.args.empty() ? fmt::format("{}(*)", aggregate.name) : call_text(expression);
    call.place = expression.place;
    call.frame = frame_number(frame);
    return result_of(calls_.over, Space::OverCall, std::move(call), expression);
}

}  // namespace velo::engine
