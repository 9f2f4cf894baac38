#include "engine/plan/outline.hpp"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "engine/plan/plan_input.hpp"
#include "engine/plan/window_text.hpp"

namespace velo::engine {

namespace {

Fact fact(std::string_view name, std::string value) { return {name, {std::move(value)}, false}; }
Fact list(std::string_view name, std::vector<std::string> values) {
    return {name, std::move(values), true};
}

std::string_view origin_name(ColumnOrigin origin) noexcept {
    switch (origin) {
        case ColumnOrigin::Field:
            return "";
        case ColumnOrigin::Timestamp:
            return "_timestamp";
        case ColumnOrigin::Offset:
            return "_offset";
        case ColumnOrigin::Partition:
            return "_partition";
        case ColumnOrigin::Key:
            return "_key";
        case ColumnOrigin::Topic:
            return "_topic";
        case ColumnOrigin::EventTime:
            return "_event_time";
        case ColumnOrigin::RawKey:
            return "(record key)";
        case ColumnOrigin::Order:
            return "(source partition)";
    }
    std::unreachable();
}

// Names the stage's input: source columns, elements, then computed ones.
std::string input_name(const Plan& plan, std::uint32_t column) {
    const std::uint32_t first = first_computed(plan);
    if (column < plan.source.columns.size())
        return column_name(plan.source, plan.source.columns[column]);
    if (column >= first) return plan.computed[column - first]->text;
    const UnnestPlan& unnest = unnest_of(plan, column);
    return fmt::format("{} of {}", unnest.element == column ? "element" : "ordinality",
                       unnest.array->text);
}

std::vector<std::string> input_names(const Plan& plan, const std::vector<std::uint32_t>& columns) {
    std::vector<std::string> out;
    out.reserve(columns.size());
    for (const std::uint32_t column : columns) out.push_back(input_name(plan, column));
    return out;
}

std::string in_words(const BoundExpression& expression) {
    if (!expression.text.empty() || expression.kind != BoundKind::Literal) return expression.text;
    return expression.value.sql();
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

std::string_view emit_words(const Plan& whole) noexcept {
    const Plan& plan = whole.stages.empty() ? whole : whole.stages.back();
    if (!plan.keyed) return "each row that passes, at once";
    if (std::holds_alternative<RowsOverPlan>(*plan.keyed)) return "each row, on arrival";
    if (plan.frames() != nullptr)
        return "each row once, by event time, when the watermark has passed it";
    if (std::holds_alternative<LimitPlan>(*plan.keyed)) return "the first rows, on arrival";
    if (std::holds_alternative<TopPlan>(*plan.keyed))
        return "FINAL: the first rows of each window once, when the watermark reaches its end";
    const auto* const group = std::get_if<GroupPlan>(&*plan.keyed);
    if (group != nullptr && group->distinct && plan.emit.mode == EmitMode::Changes)
        return "each different row once, when it first appears";
    if (plan.emit.mode == EmitMode::Changes)
        return plan.emit.every ? "CHANGES: the last change of each group, every "
                               : "CHANGES: a group's answer after each row it takes";
    if (plan.window() == nullptr) return "FINAL: each group once, when the input has ended";
    return plan.window()->kind == WindowPlan::Kind::Session
               ? "FINAL: each session once, when the watermark has passed its end"
               : "FINAL: each window once, when the watermark reaches its end";
}

std::string message_key(const OutputKey& key) {
    std::vector<std::string> names;
    names.reserve(key.columns.size());
    for (const OutputColumn& column : key.columns) names.push_back(column.name);
    switch (key.kind) {
        case OutputKey::Kind::None:
            return "none";
        case OutputKey::Kind::PassThrough:
            return "the source record's key";
        case OutputKey::Kind::Text:
            return joined(names) + " as text";
        case OutputKey::Kind::Json:
            return "JSON of " + joined(names);
    }
    std::unreachable();
}

Outline query_outline(const Plan& plan) {
    std::string emit(emit_words(plan));
    if (plan.emit.mode == EmitMode::Final && plan.emit.every)
        emit += "; early answers of what has changed, every ";
    if (plan.emit.every) emit += duration_text(*plan.emit.every) + " of wall clock";
    if (plan.emit.allowed_lateness > Duration::zero()) {
        emit += fmt::format("; corrected by rows that are late by less than {}",
                            duration_text(plan.emit.allowed_lateness));
    }
    Outline out{"query",
                {},
                {fact("class", std::string(query_class_name(plan.query_class))),
                 fact("strategy", std::string(strategy_name(plan.strategy))),
                 fact("reason", plan.strategy_reason), fact("emit", std::move(emit)),
                 fact("message key", message_key(plan.output.key))}};
    std::vector<std::string> merged;
    for (const Plan& stage : plan.stages)
        merged.insert(merged.end(), stage.merged.begin(), stage.merged.end());
    merged.insert(merged.end(), plan.merged.begin(), plan.merged.end());
    if (!merged.empty()) out.facts.push_back(list("merged queries", std::move(merged)));
    return out;
}

Outline source_outline(const SourcePlan& source) {
    std::vector<std::string> reads;
    std::vector<std::string> first;
    std::vector<bool> is_read(source.declared.size());
    for (const SourceColumn& column : source.columns) {
        if (column.origin == ColumnOrigin::Field) is_read[column.field] = true;
        reads.push_back(column_name(source, column) + " " + column.type.text());
        if (column.early) first.push_back(column_name(source, column));
    }
    std::vector<std::string> prunes;
    for (std::size_t i = 0; i < source.declared.size(); ++i) {
        if (!is_read[i]) prunes.push_back(source.declared[i].name);
    }
    const std::string time = source.event_time_column
                                 ? column_name(source, source.columns[*source.event_time_column])
                                 : "the record timestamp";
    const std::string lateness =
        source.lateness == Duration::zero() ? "" : " minus " + duration_text(source.lateness);
    Outline out{"source",
                source.name,
                {list("reads", std::move(reads)), list("reads first", std::move(first)),
                 list("prunes", std::move(prunes))}};
    out.facts.push_back(fact("event time", time));
    out.facts.push_back(fact("lateness", duration_text(source.lateness)));
    out.facts.push_back(fact(
        "watermark",
        fmt::format(
            "of a partition: its latest event time{}; of the query: the earliest of its partitions",
            lateness)));
    out.facts.push_back(fact(
        "idle",
        source.idle_after
            ? fmt::format("a partition read to its end holds nothing back after {} without rows",
                          duration_text(*source.idle_after))
            : "never: a partition without rows holds the query back"));
    if (source.skip_tombstones) out.facts.push_back(fact("tombstones", "skipped"));
    out.facts.push_back(fact("state", "none"));
    return out;
}

// A member of a UNION ALL: its source, its filter and what it makes of its rows.
Outline member_outline(const Plan& plan, const MemberPlan& member) {
    Outline out = source_outline(member.source);
    out.facts.pop_back();  // That it has no state.
    if (member.where) out.facts.push_back(fact("where", in_words(*member.where)));
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < member.columns.size(); ++i) {
        const std::string name = input_names(plan, {static_cast<std::uint32_t>(i)}).front();
        const BoundExpression& value = *member.columns[i];
        const std::string words =
            value.kind == BoundKind::Column
                ? column_name(member.source, member.source.columns[value.column])
                : in_words(value);
        columns.push_back(words == name ? name : fmt::format("{} = {}", name, words));
    }
    out.facts.push_back(list("gives", std::move(columns)));
    out.facts.push_back(fact("state", "none"));
    return out;
}

// The sources, and where several of them come together.
std::vector<Outline> input_outlines(const Plan& plan) {
    if (plan.members.empty()) return {source_outline(plan.source)};
    std::vector<Outline> out;
    for (const MemberPlan& member : plan.members) out.push_back(member_outline(plan, member));
    std::vector<std::string> columns;
    for (const SourceColumn& column : plan.source.columns)
        columns.push_back(column_name(plan.source, column) + " " + column.type.text());
    for (const BoundPtr& column : plan.computed)
        columns.push_back(column->text + " " + column->type.text());
    out.push_back({"union all",
                   {},
                   {list("columns", std::move(columns)),
                    fact("watermark", "the earliest of all partitions of all sources"),
                    fact("state", "none")}});
    return out;
}

std::size_t state_bytes(const std::vector<AggregateCall>& calls) {
    std::size_t sum = 0;
    for (const AggregateCall& call : calls) sum += call.signature.kernels->state_size;
    return sum;
}

std::vector<std::string> call_texts(const std::vector<AggregateCall>& calls) {
    std::vector<std::string> out;
    out.reserve(calls.size());
    for (const AggregateCall& call : calls) out.push_back(call.text);
    return out;
}

// When a row of a windowed query is late.
std::string late_words(const Plan& plan) {
    if (plan.source.is_answers) return "never: the watermark follows the answers";
    if (plan.applies_late)
        return plan.window() == nullptr
                   ? "a row is late when rows of later times are answered here: answers depend on "
                     "timing"
                   : "a row is late when its windows are closed here: answers depend on timing";
    if (plan.window() == nullptr || plan.window()->kind == WindowPlan::Kind::Session)
        return "a row is late when its time is before the watermark its partition had";
    if (plan.emit.allowed_lateness > Duration::zero()) {
        return fmt::format(
            "a row is late when all its windows end {} or more before the watermark its partition "
            "had",
            duration_text(plan.emit.allowed_lateness));
    }
    return "a row is late when all its windows end at or before the watermark its partition had";
}

Outline keyed_outline(const Plan& plan, const GroupPlan& group) {
    Outline out{group.window     ? "window"
                : group.distinct ? "distinct"
                                 : "group",
                {},
                {list("keys", input_names(plan, group.keys)),
                 list("aggregates", call_texts(group.aggregates))}};
    const std::string_view entry = group.keys.empty() ? "one entry" : "one entry per key";
    const std::size_t bytes = state_bytes(group.aggregates);
    if (group.window) {
        out.facts.push_back(fact("window", window_words(*group.window)));
        const bool session = group.window->kind == WindowPlan::Kind::Session;
        out.facts.push_back(fact("late", late_words(plan)));
        out.facts.push_back(fact(
            "state",
            fmt::format("{} and open {}, {} bytes of aggregates; dropped when the {} has ended",
                        entry, session ? "session" : "window", bytes,
                        session ? "session" : "window")));
    } else {
        const std::string bound =
            plan.ttl ? fmt::format("a group goes {} after its latest row", duration_text(*plan.ttl))
            : group.keys.empty() ? "does not grow"
                                 : "grows with the number of keys (see state.ttl)";
        out.facts.push_back(
            fact("state", fmt::format("{}, {} bytes of aggregates; {}", entry, bytes, bound)));
    }
    return out;
}

Outline keyed_outline(const Plan& plan, const RowsOverPlan& over) {
    Outline out{"rows window", {}, {list("keys", input_names(plan, over.keys))}};
    out.facts.push_back(fact("order", over.order_column
                                          ? input_names(plan, {*over.order_column}).front() +
                                                (over.descending ? " descending" : "")
                                          : "arrival"));
    out.facts.push_back(list("calls", call_texts(over.calls)));
    out.facts.push_back(
        fact("state", fmt::format("the latest {} rows{}", over.buffer_rows,
                                  over.keys.empty() ? "; does not grow"
                                                    : " per key; grows with the number of keys")));
    return out;
}

std::string frame_words(const FramePlan& frame) {
    const bool rows = frame.unit == FramePlan::Unit::Rows;
    const std::string_view unit = rows ? "ROWS" : "RANGE";
    if (!frame.preceding) return fmt::format("{} UNBOUNDED PRECEDING", unit);
    if (*frame.preceding == 0) return fmt::format("{} CURRENT ROW", unit);
    return fmt::format(
        "{} {} PRECEDING", unit,
        rows ? std::to_string(*frame.preceding) : duration_text(Duration{*frame.preceding}));
}

// What a partition keeps between its rows.
std::string partition_state(const Plan& plan, const FramesPlan& over) {
    std::vector<std::string> parts{"rows until the watermark has passed them"};
    bool forgets = over.numberings.empty();
    for (const FramePlan& frame : over.frames) {
        const bool by_time = frame.unit == FramePlan::Unit::Range;
        if (!frame.preceding) {
            parts.push_back(
                fmt::format("{} bytes of running aggregates", state_bytes(frame.calls)));
        } else {
            parts.push_back(by_time ? "the rows of the last " +
                                          duration_text(Duration{*frame.preceding})
                                    : fmt::format("the last {} rows", *frame.preceding + 1));
        }
        forgets = forgets && by_time && frame.preceding;
    }
    if (!over.numberings.empty()) parts.emplace_back("how many rows there were");
    const std::string_view bound = over.keys.empty() ? "one partition"
                                   : forgets ? "a partition goes when all its rows are older"
                                             : "grows with the number of partitions";
    return fmt::format(
        "{}; {}", fmt::join(parts, ", "),
        plan.ttl ? fmt::format("a partition goes {} after its latest row", duration_text(*plan.ttl))
                 : std::string(bound));
}

Outline keyed_outline(const Plan& plan, const FramesPlan& over) {
    Outline out{"over", {}, {list("partitions", input_names(plan, over.keys))}};
    out.facts.push_back(fact("order", "event time, then source partition and offset"));
    std::vector<std::string> calls;
    for (const FramePlan& frame : over.frames) {
        for (const AggregateCall& call : frame.calls)
            calls.push_back(fmt::format("{} {}", call.text, frame_words(frame)));
    }
    for (const RowNumbering numbering : over.numberings) {
        calls.emplace_back(numbering == RowNumbering::RowNumber ? "ROW_NUMBER()"
                           : numbering == RowNumbering::Rank    ? "RANK()"
                                                                : "DENSE_RANK()");
    }
    out.facts.push_back(list("calls", std::move(calls)));
    out.facts.push_back(fact("late", late_words(plan)));
    out.facts.push_back(fact("state", partition_state(plan, over)));
    return out;
}

Outline keyed_outline(const Plan& /*plan*/, const LimitPlan& limit) {
    return {"limit",
            {},
            {fact("rows", fmt::format("the first {} to arrive", limit.rows)),
             fact("state", "how many rows have been answered; does not grow")}};
}

std::string direction(const TopPlan::Order& order) {
    return fmt::format("{}{}", order.descending ? " DESC" : "",
                       order.nulls_first ? " NULLS FIRST" : "");
}

// What a stage reads of the answers of the one before; what is not selected there has no name.
std::string answer_name(const Plan& before, const Plan& stage, std::uint32_t column) {
    std::string name = input_name(stage, column);
    if (!name.empty() || column >= stage.source.columns.size()) return name;
    return in_words(*before.output.columns[stage.source.columns[column].field].expression);
}

Outline top_outline(const Plan& before, const Plan& plan, const TopPlan& top) {
    std::vector<std::string> order;
    for (const TopPlan::Order& by : top.order)
        order.push_back(answer_name(before, plan, by.column) + direction(by));
    return {"top",
            {},
            {list("keys", input_names(plan, top.keys)), list("order", std::move(order)),
             fact("rows", fmt::format("the first {} of each window{}", top.rows,
                                      top.keys.empty() ? "" : " and key")),
             fact("state", "none: the answers of a window come at once")}};
}

Outline unnest_outline(const Plan& plan, const UnnestPlan& unnest) {
    Outline out{"unnest",
                {},
                {fact("array", in_words(*unnest.array)),
                 fact("rows", unnest.left ? "one for each element, one of NULLs without elements"
                                          : "one for each element; a record without is filtered"),
                 list("carries", input_names(plan, unnest.carried))}};
    if (unnest.where) out.facts.push_back(fact("where", in_words(*unnest.where)));
    out.facts.push_back(fact("state", "none"));
    return out;
}

Outline exchange_outline(const Plan& plan) {
    if (!plan.keyed) return {"exchange", {}, {fact("routes", "to all workers in turn")}};
    std::vector<std::uint32_t> columns =
        std::visit([](const auto& keyed) { return keyed.keys; }, *plan.keyed);
    if (const auto* const group = std::get_if<GroupPlan>(&*plan.keyed);
        group != nullptr && group->route) {
        columns.clear();
        for (const std::uint32_t key : *group->route) columns.push_back(group->keys[key]);
    }
    const std::vector<std::string> keys = input_names(plan, columns);
    return {"exchange",
            {},
            {fact("routes", keys.empty() ? "to one worker" : "by the hash of " + joined(keys))}};
}

std::string output_text(const OutputColumn& column) {
    const std::string value = in_words(*column.expression);
    return value == column.name || column.name.empty() ? value
                                                       : fmt::format("{} = {}", column.name, value);
}

// What a stage reads of the answers of the one before.
Outline answers_outline(const Plan& before, const Plan& stage) {
    Outline out{"answers", stage.source.name, {}};
    if (before.output.having) out.facts.push_back(fact("having", in_words(*before.output.having)));
    std::vector<std::string> columns;
    for (const SourceColumn& column : stage.source.columns) {
        if (column.origin != ColumnOrigin::Field) continue;
        std::string text = output_text(before.output.columns[column.field]);
        if (!text.empty()) columns.push_back(std::move(text));  // Else only message keys read it.
    }
    out.facts.push_back(list("columns", std::move(columns)));
    out.facts.push_back(fact("event time", "_window_end less a microsecond"));
    out.facts.push_back(fact("state", "none"));
    return out;
}

Outline output_outline(const Plan& plan) {
    Outline out{"output", {}, {}};
    if (plan.output.having) out.facts.push_back(fact("having", in_words(*plan.output.having)));
    std::vector<std::string> columns;
    for (const OutputColumn& column : plan.output.columns) columns.push_back(output_text(column));
    out.facts.push_back(list("columns", std::move(columns)));
    out.facts.push_back(fact("state", "none"));
    return out;
}

// WHERE, UNNEST and computed columns of a query.
void add_filters(const Plan& plan, std::vector<Outline>& out) {
    if (plan.where)
        out.push_back(
            {"filter", {}, {fact("where", in_words(*plan.where)), fact("state", "none")}});
    for (const UnnestPlan& unnest : plan.unnests) out.push_back(unnest_outline(plan, unnest));
    if (plan.computed.empty() || !plan.members.empty()) return;
    std::vector<std::string> columns;
    columns.reserve(plan.computed.size());
    for (const BoundPtr& expression : plan.computed) columns.push_back(in_words(*expression));
    out.push_back({"compute", {}, {list("columns", std::move(columns)), fact("state", "none")}});
}

// `before`: the stage before, if there is one.
void add_keyed(const Plan* before, const Plan& plan, std::vector<Outline>& out) {
    if (!plan.keyed) return;
    out.push_back(std::visit(
        [&](const auto& keyed) {
            if constexpr (std::is_same_v<std::decay_t<decltype(keyed)>, TopPlan>) {
                return top_outline(*before, plan, keyed);
            } else {
                return keyed_outline(plan, keyed);
            }
        },
        *plan.keyed));
}

}  // namespace

std::string column_name(const SourcePlan& source, const SourceColumn& column) {
    return column.origin == ColumnOrigin::Field ? source.declared[column.field].name
                                                : std::string(origin_name(column.origin));
}

std::vector<Outline> outline(const Plan& plan) {
    std::vector<Outline> out{query_outline(plan)};
    std::ranges::move(input_outlines(plan), std::back_inserter(out));
    add_filters(plan, out);
    if (plan.strategy != Strategy::Sticky) out.push_back(exchange_outline(plan));
    if (plan.stages.empty()) {
        add_keyed(nullptr, plan, out);
    } else {
        for (std::size_t i = 0; i < plan.stages.size(); ++i) {
            if (i != 0) {
                out.push_back(answers_outline(plan.stages[i - 1], plan.stages[i]));
                add_filters(plan.stages[i], out);
            }
            add_keyed(i == 0 ? nullptr : &plan.stages[i - 1], plan.stages[i], out);
        }
    }
    out.push_back(output_outline(plan));
    return out;
}

}  // namespace velo::engine
