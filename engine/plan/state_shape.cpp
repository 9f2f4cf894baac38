#include "engine/plan/state_shape.hpp"

#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/expression/function.hpp"
#include "engine/plan/outline.hpp"
#include "engine/plan/plan_input.hpp"
#include "engine/plan/window_text.hpp"

namespace velo::engine {

namespace {

/// Puts expressions over a plan's source columns into words that are equal where the expressions mean the same.
class Words {
public:
    /// `before`: of the stage before, if there is one; must outlive this.
    explicit Words(const Plan& plan, const Words* before = nullptr)
        : plan_(plan), source_(plan.source), before_(before) {}
    Words(const Plan& plan, const MemberPlan& member) : plan_(plan), source_(member.source) {}

    [[nodiscard]] std::string event_time() const {
        return source_.event_time_column ? column(*source_.event_time_column)
                                         : "the record timestamp";
    }

    /// What the stage's input is made of, of a member.
    [[nodiscard]] std::string inputs(const MemberPlan& member) const {
        std::vector<std::string> out;
        for (const BoundPtr& each : member.columns) out.push_back(expression(*each));
        return joined(out);
    }

    /// Columns of the stage's input with their types.
    [[nodiscard]] std::string columns(std::span<const std::uint32_t> numbers) const {
        std::vector<std::string> out;
        for (const std::uint32_t number : numbers)
            out.push_back(fmt::format("{} {}", input(number), input_type(plan_, number).text()));
        return out.empty() ? "none" : joined(out);
    }

    [[nodiscard]] std::string calls(std::span<const AggregateCall> calls) const {
        std::vector<std::string> out;
        for (const AggregateCall& call : calls) {
            out.push_back(fmt::format("{}({})", call.function->name,
                                      call.args.empty() ? "*" : columns(call.args)));
        }
        return out.empty() ? "none" : joined(out);
    }

    /// A column of the stage's input: a source column or a computed one.
    [[nodiscard]] std::string input(std::uint32_t number) const {
        if (!plan_.members.empty()) return fmt::format("column {}", number + 1);
        const std::uint32_t first = first_computed(plan_);
        return number < first ? column(number) : expression(*plan_.computed[number - first]);
    }

    /// The arrays whose elements are the rows.
    [[nodiscard]] std::string unnests() const {
        std::vector<std::string> out;
        for (const UnnestPlan& unnest : plan_.unnests)
            out.push_back((unnest.left ? "LEFT " : "") +
                          fmt::format("UNNEST({})", expression(*unnest.array)));
        return joined(out);
    }

private:
    /// An output column of a stage, which others read: over its groups.
    [[nodiscard]] std::string output(std::uint32_t number) const {
        return expression(*plan_.output.columns[number].expression, true);
    }

    /// A column of the groups: keys, aggregates and the window's bounds.
    [[nodiscard]] std::string group_column(std::uint32_t number) const {
        const auto& group = std::get<GroupPlan>(*plan_.keyed);
        if (number < group.keys.size()) return input(group.keys[number]);
        number -= static_cast<std::uint32_t>(group.keys.size());
        if (number < group.aggregates.size()) return calls({&group.aggregates[number], 1});
        return number == group.aggregates.size() ? "_window_start" : "_window_end";
    }

    [[nodiscard]] std::string column(std::uint32_t number) const {
        if (number >= source_.columns.size()) {
            const UnnestPlan& unnest = unnest_of(plan_, number);
            return fmt::format("{} OF {}", unnest.element == number ? "ELEMENT" : "ORDINALITY",
                               expression(*unnest.array));
        }
        const SourceColumn& column = source_.columns[number];
        if (before_ != nullptr && column.origin == ColumnOrigin::Field)
            return before_->output(column.field);
        std::string name = column_name(source_, column);
        if (column.origin != ColumnOrigin::Field) return name;
        const Field& field = source_.declared[column.field];
        if (!field.path.empty()) name += fmt::format(" at {}", field.path);
        if (!field.time_unit.empty() && field.time_unit != "ms")
            name += fmt::format(" in {}", field.time_unit);
        return name;
    }

    /// Over the stage's input, or over its groups.
    [[nodiscard]] std::string expression(const BoundExpression& node,
                                         bool of_groups = false) const {
        switch (node.kind) {
            case BoundKind::Column:
                return of_groups ? group_column(node.column) : column(node.column);
            case BoundKind::Literal:
                return fmt::format("{} {}", node.type.text(), node.value.sql());
            case BoundKind::Call:
                return called(node.function->name, node, of_groups);
            case BoundKind::And:
                return called("AND", node, of_groups);
            case BoundKind::Or:
                return called("OR", node, of_groups);
            case BoundKind::Not:
                return called("NOT", node, of_groups);
            case BoundKind::Case:
                return called("CASE", node, of_groups);
            case BoundKind::Coalesce:
                return called("COALESCE", node, of_groups);
            case BoundKind::Cast:
                return called("CAST", node, of_groups) + " AS " + node.type.text();
            case BoundKind::Parameter:
                return fmt::format("parameter {}", node.column);
            case BoundKind::Transform:
                return called("TRANSFORM", node, of_groups);
            case BoundKind::Filter:
                return called("FILTER", node, of_groups);
            case BoundKind::Reduce:
                return called("REDUCE", node, of_groups);
            case BoundKind::Try:
                return called("TRY", node, of_groups);
        }
        std::unreachable();
    }
    [[nodiscard]] std::string called(std::string_view name, const BoundExpression& node,
                                     bool of_groups) const {
        std::vector<std::string> arguments;
        for (const BoundPtr& child : node.children)
            arguments.push_back(expression(*child, of_groups));
        return fmt::format("{}({})", name, joined(arguments));
    }

    [[nodiscard]] static std::string joined(const std::vector<std::string>& words) {
        return fmt::format("{}", fmt::join(words, ", "));
    }

    const Plan& plan_;
    const SourcePlan& source_;
    const Words* before_ = nullptr;
};

// The members of a UNION ALL, with what is different from one to the next.
template <class Describe>
std::string members_text(const Plan& plan, Describe&& describe) {
    std::string out;
    for (const MemberPlan& member : plan.members) {
        out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", member.source.name,
                           describe(Words(plan, member), member));
    }
    return out;
}

std::string window_text(const GroupPlan& group) {
    if (!group.window) return "none";
    const WindowPlan& window = *group.window;
    if (window.calendar || window.offset != Duration::zero()) return window_words(window);
    switch (window.kind) {
        case WindowPlan::Kind::Tumbling:
            return "TUMBLING " + duration_text(window.size);
        case WindowPlan::Kind::Hopping:
            return fmt::format("HOPPING {}, {}", duration_text(window.size),
                               duration_text(window.advance));
        case WindowPlan::Kind::Session:
            return "SESSION " + duration_text(window.size);
    }
    std::unreachable();
}

std::string window_text(const RowsOverPlan& over, const Words& words) {
    if (!over.order_column) return fmt::format("ROWS {}", over.buffer_rows);
    return fmt::format("ROWS {} ORDER BY {}{}", over.buffer_rows, words.input(*over.order_column),
                       over.descending ? " DESC" : "");
}

std::string frame_text(const FramePlan& frame) {
    const bool rows = frame.unit == FramePlan::Unit::Rows;
    const std::string_view unit = rows ? "ROWS" : "RANGE";
    if (!frame.preceding) return fmt::format("{} UNBOUNDED", unit);
    return fmt::format(
        "{} {}", unit,
        rows ? fmt::format("{}", *frame.preceding) : duration_text(Duration{*frame.preceding}));
}

std::string frame_calls(const FramesPlan& over, const Words& words) {
    std::vector<std::string> out;
    for (const FramePlan& frame : over.frames)
        out.push_back(fmt::format("{} OVER {}", words.calls(frame.calls), frame_text(frame)));
    return out.empty() ? "none" : fmt::format("{}", fmt::join(out, "; "));
}

std::string emit_text(const EmitPlan& emit) {
    if (emit.mode == EmitMode::Final) {
        return fmt::format("FINAL{}{}", emit.every ? " EARLY EVERY" : "",
                           emit.allowed_lateness > Duration::zero() ? " ALLOWED LATENESS" : "");
    }
    return emit.every ? "CHANGES EVERY" : "CHANGES";
}

// What is read: the event time, and the members of a UNION ALL.
std::vector<StatePart> shape_of_input(const Plan& plan, const Words& words) {
    if (plan.members.empty()) return {{"source event time", words.event_time()}};
    return {
        {"source event time",
         members_text(plan, [](const Words& of, const MemberPlan&) { return of.event_time(); })},
        {"union all", members_text(plan, [](const Words& of, const MemberPlan& member) {
             return of.inputs(member);
         })}};
}

void add_keyed(const Plan& plan, const Words& words, std::vector<StatePart>& shape) {
    if (const auto* over = std::get_if<RowsOverPlan>(&*plan.keyed)) {
        shape.push_back({"group keys", words.columns(over->keys)});
        shape.push_back({"window", window_text(*over, words)});
        shape.push_back({"aggregates", words.calls(over->calls)});
        shape.push_back({"emit", "each row"});
    } else if (const auto* frames = plan.frames()) {
        // Rows wait with what is selected of them. Numbers are kept for all partitions.
        shape.push_back({"group keys", words.columns(frames->keys)});
        shape.push_back({"window", "OVER, rows with " + words.columns(frames->kept)});
        shape.push_back({"aggregates", frame_calls(*frames, words)});
        shape.push_back({"emit", "each row"});
    } else if (const auto* limit = std::get_if<LimitPlan>(&*plan.keyed)) {
        // Another n may be asked for: the count of the rows answered so far holds.
        shape.push_back({"group keys", words.columns(limit->keys)});
        shape.push_back({"window", "none"});
        shape.push_back({"aggregates", "LIMIT"});
        shape.push_back({"emit", "each row"});
    } else if (const auto* top = std::get_if<TopPlan>(&*plan.keyed)) {
        // It keeps nothing, so its order and number may change; what its rows meet by may not.
        shape.push_back({"group keys", words.columns(top->keys)});
        shape.push_back({"window", "none"});
        shape.push_back({"aggregates", "none"});
        shape.push_back({"emit", "FINAL"});
    } else {
        const auto& group = std::get<GroupPlan>(*plan.keyed);
        shape.push_back({"group keys", words.columns(group.keys)});
        shape.push_back({"window", window_text(group)});
        shape.push_back({"aggregates", words.calls(group.aggregates)});
        shape.push_back({"emit", group.distinct && plan.emit.mode == EmitMode::Changes
                                     ? "first row of a key"
                                     : emit_text(plan.emit)});
    }
    if (!plan.unnests.empty()) shape.push_back({"rows", words.unnests()});
    shape.push_back({"ttl", plan.ttl ? "some" : "none"});
}

// All stages, and by what their rows meet: that is where an entry's shard comes from.
std::vector<StatePart> shape_of_stages(const Plan& plan) {
    std::vector<Words> words;
    words.reserve(plan.stages.size());
    for (const Plan& stage : plan.stages)
        words.emplace_back(stage, words.empty() ? nullptr : &words.back());
    std::vector<StatePart> shape = shape_of_input(plan.stages.front(), words.front());
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
        std::vector<StatePart> parts;
        add_keyed(plan.stages[i], words[i], parts);
        for (StatePart& part : parts) {
            if (i != 0) part.part += fmt::format(" of stage {}", i + 1);
            shape.push_back(std::move(part));
        }
    }
    const auto& first = std::get<GroupPlan>(*plan.stages.front().keyed);
    std::vector<std::uint32_t> routed;
    for (const std::uint32_t key : *first.route) routed.push_back(first.keys[key]);
    shape.push_back({"rows meet by", words.front().columns(routed)});
    return shape;
}

}  // namespace

std::vector<StatePart> state_shape(const Plan& plan) {
    if (!plan.keyed) return {};
    if (!plan.stages.empty()) return shape_of_stages(plan);
    const Words words(plan);
    std::vector<StatePart> shape = shape_of_input(plan, words);
    add_keyed(plan, words, shape);
    return shape;
}

}  // namespace velo::engine
