#include "engine/plan/layout.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>

#include "engine/plan/union_binder.hpp"

namespace velo::engine {

namespace {

void collect_conditions(const BoundPtr& where, std::vector<BoundPtr>& into) {
    if (where->kind != BoundKind::And) {
        into.push_back(where);
        return;
    }
    for (const BoundPtr& child : where->children) collect_conditions(child, into);
}

BoundPtr all_of(std::vector<BoundPtr> conditions) {
    if (conditions.empty()) return nullptr;
    if (conditions.size() == 1) return conditions.front();
    auto all = std::make_shared<BoundExpression>();
    all->kind = BoundKind::And;
    all->type = kBoolean;
    all->place = conditions.front()->place;
    for (const BoundPtr& condition : conditions) {
        if (!all->text.empty()) all->text += " AND ";
        all->text +=
            condition->kind == BoundKind::Or ? "(" + condition->text + ")" : condition->text;
    }
    all->children = std::move(conditions);
    return all;
}

// WHERE in parts, each asked as soon as the elements that it reads are there, but none before the parts that stand before
// it: those guard it.
std::vector<BoundPtr> conditions_by_level(const BoundPtr& where, std::size_t unnests) {
    std::vector<BoundPtr> out(unnests + 1);
    if (!where || unnests == 0) {
        out.front() = where;
        return out;
    }
    std::vector<BoundPtr> conditions;
    collect_conditions(where, conditions);
    std::vector<std::vector<BoundPtr>> parts(unnests + 1);
    std::size_t level = 0;
    for (BoundPtr& condition : conditions) {
        each_column(*condition, [&](std::uint32_t column) {
            if (space_of(column) == Space::Element)
                level = std::max<std::size_t>(level, index_of(column) / 2 + 1);
        });
        parts[level].push_back(std::move(condition));
    }
    for (std::size_t i = 0; i < parts.size(); ++i) out[i] = all_of(std::move(parts[i]));
    return out;
}

class Layout {
public:
    Layout(const BoundQuery& query, const Scope& scope)
        : query_(query),
          scope_(scope),
          wheres_(conditions_by_level(query.where, query.unnests.size())),
          united_(scope.relation() != nullptr ? scope.relation()->united.get() : nullptr),
          position_(scope.columns().size()),
          early_(scope.columns().size()),
          last_read_(scope.columns().size()),
          element_position_(2 * query.unnests.size()),
          element_last_read_(2 * query.unnests.size()) {}

    Plan plan() {
        choose_computed();
        mark_read();
        number_calls();
        Plan plan;
        plan.source = source_plan();
        number_elements();
        if (united_ != nullptr) {
            add_members(plan);
        } else {
            plan.where = numbered(wheres_[0]);
            for (std::size_t i = 0; i < query_.unnests.size(); ++i)
                plan.unnests.push_back(unnest_plan(i));
            for (const BoundPtr& expression : computed_)
                plan.computed.push_back(numbered(expression));
        }
        plan.keyed = keyed_plan();
        plan.emit = query_.emit;
        plan.ttl = query_.ttl;
        plan.output = output_plan();
        if (plan.frames() != nullptr) keep_columns(plan);
        return plan;
    }

private:
    // Keys and arguments; and what an OVER or LIMIT query selects beside its calls, so that a row's faults are found where its
    // bytes are, before the row takes part in any answer. What fails for one row of a record fails the record, so rows made
    // of arrays are computed there, too.
    void choose_computed() {
        for (const BoundPtr& key : keys()) compute(key);
        if (query_.calls.buffer && query_.calls.buffer->order) compute(query_.calls.buffer->order);
        if (query_.top) {
            for (const BoundTop::Order& by : query_.top->order) compute(by.value);
        }
        for (const auto* calls : {&query_.calls.aggregates, &query_.calls.over}) {
            for (const BoundAggregate& call : *calls)
                std::ranges::for_each(call.args, [this](const BoundPtr& arg) { compute(arg); });
        }
        const bool makes_rows = !query_.unnests.empty() && !query_.grouped;
        if (!query_.calls.buffer && !query_.limit && !makes_rows) return;
        for (const OutputColumn& column : query_.output.columns) {
            if (column.expression->kind != BoundKind::Literal &&
                !reads(*column.expression, Space::OverCall))
                compute(column.expression);
        }
    }

    void compute(const BoundPtr& expression) {
        if (expression->kind != BoundKind::Column && !computed_number(*expression))
            computed_.push_back(expression);
    }

    std::optional<std::uint32_t> computed_number(const BoundExpression& expression) const {
        const auto found = std::ranges::find_if(
            computed_, [&](const BoundPtr& other) { return same_expression(*other, expression); });
        if (found == computed_.end()) return std::nullopt;
        return static_cast<std::uint32_t>(found - computed_.begin());
    }

    const std::vector<BoundPtr>& keys() const {
        if (query_.top) return query_.top->keys;
        return query_.calls.buffer ? query_.calls.buffer->keys : query_.keys;
    }

    void mark_read() {
        // The members of a UNION ALL filter and compute, from columns of their own.
        for (std::size_t level = 0; level < wheres_.size() && united_ == nullptr; ++level) {
            if (wheres_[level]) mark(*wheres_[level], true, level);
        }
        for (std::size_t i = 0; i < query_.unnests.size(); ++i)
            mark(*query_.unnests[i].array, true, i);
        for (std::size_t i = 0; i < computed_.size() && united_ == nullptr; ++i)
            mark(*computed_[i], false);
        for (const BoundPtr& key : keys()) mark_input(key);
        if (query_.calls.buffer && query_.calls.buffer->order)
            mark_input(query_.calls.buffer->order);
        if (query_.top) {
            for (const BoundTop::Order& by : query_.top->order) mark(*by.value, false);
            if (query_.output.having) mark(*query_.output.having, false);
        }
        bool ordered = is_framed();
        for (const auto* calls : {&query_.calls.aggregates, &query_.calls.over}) {
            for (const BoundAggregate& call : *calls) {
                for (const BoundPtr& arg : call.args) mark_input(arg);
                ordered = ordered || call.signature.needs_order;
            }
        }
        for (const auto* columns : {&query_.output.columns, &query_.output.key.columns}) {
            for (const OutputColumn& column : *columns) mark_input(column.expression);
        }
        // The event time is read whatever the query does: a row without one is a fault, and watermarks come from it.
        if (const auto field = scope_.event_time_field(); field && united_ == nullptr)
            mark(*field, true, 0);
        if (query_.window || query_.ttl || query_.top || ordered)
            mark(scope_.system_column(ColumnOrigin::EventTime), true);
        if (ordered) mark(scope_.system_column(ColumnOrigin::Order), false);
        if (ordered) mark(scope_.system_column(ColumnOrigin::Offset), false);
    }

    // What stands in the stage's input as it is, or is computed from it where it is used.
    void mark_input(const BoundPtr& expression) {
        if (united_ == nullptr || !computed_number(*expression)) mark(*expression, false);
    }

    // What is read before the first UNNEST is read at level 0, what is read between it and the second at level 1 …
    static constexpr std::size_t kLast = SIZE_MAX;

    void mark(const BoundExpression& expression, bool early, std::size_t level = kLast) {
        each_column(expression, [&](std::uint32_t column) {
            const std::uint32_t index = index_of(column);
            if (space_of(column) == Space::Source) mark(index, early, level);
            if (space_of(column) != Space::Element) return;
            element_position_[index] = 0;
            element_last_read_[index] = std::max(element_last_read_[index], level);
        });
    }
    void mark(std::uint32_t column, bool early, std::size_t level = kLast) {
        position_[column] = 0;
        early_[column] = early_[column] || early;
        last_read_[column] = std::max(last_read_[column], level);
    }

    void number_elements() {
        first_computed_ = source_columns_;
        for (auto& position : element_position_) {
            if (position) position = first_computed_++;
        }
    }

    UnnestPlan unnest_plan(std::size_t number) const {
        const BoundUnnest& unnest = query_.unnests[number];
        UnnestPlan plan;
        plan.array = numbered(unnest.array);
        plan.left = unnest.left;
        plan.element_type = unnest.element;
        plan.element = element_position_[2 * number];
        plan.ordinality = element_position_[2 * number + 1];
        plan.where = numbered(wheres_[number + 1]);
        for (std::size_t i = 0; i < position_.size(); ++i) {
            if (position_[i] && last_read_[i] > number) plan.carried.push_back(*position_[i]);
        }
        for (std::size_t i = 0; i < 2 * number; ++i) {
            if (element_position_[i] && element_last_read_[i] > number)
                plan.carried.push_back(*element_position_[i]);
        }
        return plan;
    }

    SourcePlan source_plan() {
        const SourceDeclaration& source = scope_.source();
        SourcePlan plan;
        plan.name = source.name;
        plan.declared = source.schema;
        plan.lateness = source.lateness;
        plan.idle_after = source.idle_after;
        plan.skip_tombstones = source.skip_tombstones;
        plan.is_answers = source.is_answers;
        for (std::size_t i = 0; i < position_.size(); ++i) {
            if (!position_[i]) continue;
            const ScopeColumn& column = scope_.columns()[i];
            position_[i] = static_cast<std::uint32_t>(plan.columns.size());
            plan.columns.push_back({column.origin, column.field, column.type, early_[i]});
        }
        source_columns_ = static_cast<std::uint32_t>(plan.columns.size());
        if (const auto field = scope_.event_time_field())
            plan.event_time_column = position_[*field];
        return plan;
    }

    // A member is a query of its own, whose output columns are the stage's input.
    void add_members(Plan& plan) const {
        std::vector<BoundPtr> inputs;
        for (std::size_t i = 0; i < position_.size(); ++i) {
            const ScopeColumn& column = scope_.columns()[i];
            if (position_[i])
                inputs.push_back(bound_column(symbol(Space::Source, i), column.type, column.name));
        }
        for (std::size_t i = 0; i < computed_.size(); ++i) {
            const BoundExpression& value = *computed_[i];
            plan.computed.push_back(bound_column(number(symbol(Space::Computed, i)), value.type,
                                                 value.text, value.place));
            inputs.push_back(computed_[i]);
        }
        for (const Union::Member& member : united_->members) {
            BoundQuery query;
            query.where = both_conditions(member.where, united_->of_member(query_.where, member));
            for (const BoundPtr& input : inputs)
                query.output.columns.push_back({input->text, united_->of_member(input, member)});
            Plan part = lay_out(query, Scope(*member.source, std::nullopt));
            MemberPlan& to = plan.members.emplace_back();
            to.source = std::move(part.source);
            to.where = std::move(part.where);
            for (OutputColumn& column : part.output.columns)
                to.columns.push_back(std::move(column.expression));
        }
    }

    // The column number of a symbol, in the stage's input for source columns and computed ones, else in the output of
    // the keyed operator (which begins with the stage's input for OVER).
    std::uint32_t number(std::uint32_t symbol) const {
        const std::uint32_t index = index_of(symbol);
        const auto keys = static_cast<std::uint32_t>(query_.keys.size());
        switch (space_of(symbol)) {
            case Space::Source:
                return position_[index].value();  // Set for every column that is read.
            case Space::Element:
                return element_position_[index].value();
            case Space::Computed:
                return first_computed_ + index;
            case Space::Key:
                return index;
            case Space::Aggregate:
                return keys + index;
            case Space::OverCall:
                // Top-N has its rank there, and no calls.
                return first_computed_ + static_cast<std::uint32_t>(computed_.size()) +
                       (query_.top ? index : call_place_[index]);
            case Space::Window:
                return keys + static_cast<std::uint32_t>(query_.calls.aggregates.size()) + index;
        }
        std::unreachable();
    }

    BoundPtr numbered(const BoundPtr& expression) const {
        if (!expression) return nullptr;
        return rewritten(expression, [this](const BoundExpression& node) -> BoundPtr {
            if (node.kind != BoundKind::Column) return nullptr;
            auto copy = std::make_shared<BoundExpression>(node);
            copy->column = number(node.column);
            return copy;
        });
    }

    // The stage's input column that holds `expression`.
    std::uint32_t input_column(const BoundPtr& expression) const {
        if (const auto computed = computed_number(*expression))
            return number(symbol(Space::Computed, *computed));
        return number(expression->column);
    }

    std::vector<std::uint32_t> input_columns(const std::vector<BoundPtr>& expressions) const {
        std::vector<std::uint32_t> columns;
        columns.reserve(expressions.size());
        for (const BoundPtr& expression : expressions) columns.push_back(input_column(expression));
        return columns;
    }

    std::vector<AggregateCall> calls_of(const std::vector<BoundAggregate>& calls) const {
        std::vector<AggregateCall> out;
        out.reserve(calls.size());
        for (const BoundAggregate& call : calls)
            out.push_back({call.function, call.signature, input_columns(call.args), call.text});
        return out;
    }

    TopPlan top_plan(const BoundTop& top) const {
        const std::uint32_t time = scope_.system_column(ColumnOrigin::EventTime);
        TopPlan plan{input_columns(top.keys), position_[time].value(), {}, top.rows};
        for (const BoundTop::Order& by : top.order)
            plan.order.push_back({input_column(by.value), by.descending, by.nulls_first});
        return plan;
    }

    [[nodiscard]] bool is_framed() const noexcept {
        return query_.calls.buffer && query_.calls.buffer->rows == 0;
    }

    // Where the results of calls with OVER come: those of a frame side by side, numberings last.
    void number_calls() {
        const std::vector<BoundAggregate>& calls = query_.calls.over;
        std::vector<std::uint32_t> in_order(calls.size());
        std::iota(in_order.begin(), in_order.end(), 0U);
        std::ranges::stable_sort(in_order, {}, [&](std::uint32_t call) {
            return std::pair(calls[call].numbering.has_value(), calls[call].frame);
        });
        call_place_.resize(calls.size());
        for (std::uint32_t i = 0; i < in_order.size(); ++i) call_place_[in_order[i]] = i;
    }

    FramesPlan frames_plan(const BoundBuffer& over) const {
        FramesPlan plan;
        plan.keys = input_columns(over.keys);
        for (std::uint32_t frame = 0; frame < over.frames.size(); ++frame) {
            std::vector<BoundAggregate> calls;
            std::ranges::copy_if(
                query_.calls.over, std::back_inserter(calls),
                [&](const BoundAggregate& call) { return !call.numbering && call.frame == frame; });
            plan.frames.push_back(over.frames[frame]);
            plan.frames.back().calls = calls_of(calls);
        }
        for (const BoundAggregate& call : query_.calls.over) {
            if (call.numbering) plan.numberings.push_back(*call.numbering);
        }
        return plan;
    }

    void keep_columns(Plan& plan) const {
        auto& frames = std::get<FramesPlan>(*plan.keyed);
        const std::size_t inputs = first_computed_ + plan.computed.size();
        std::vector<bool> is_kept(inputs);
        const auto keep = [&](std::uint32_t column) {
            if (column < inputs) is_kept[column] = true;
        };
        for (const auto* columns : {&plan.output.columns, &plan.output.key.columns}) {
            for (const OutputColumn& column : *columns) each_column(*column.expression, keep);
        }
        for (const FramePlan& frame : frames.frames) {
            for (const AggregateCall& call : frame.calls) std::ranges::for_each(call.args, keep);
        }
        for (std::uint32_t column = 0; column < inputs; ++column) {
            if (is_kept[column] && !orders_rows(plan.source, column)) frames.kept.push_back(column);
        }
    }
    static bool orders_rows(const SourcePlan& source, std::uint32_t column) noexcept {
        if (column >= source.columns.size()) return false;
        const ColumnOrigin origin = source.columns[column].origin;
        return origin == ColumnOrigin::EventTime || origin == ColumnOrigin::Order ||
               origin == ColumnOrigin::Offset;
    }

    std::optional<KeyedPlan> keyed_plan() const {
        if (query_.grouped)
            return GroupPlan{input_columns(query_.keys), calls_of(query_.calls.aggregates),
                             query_.window, query_.distinct};
        if (query_.limit) return LimitPlan{{}, *query_.limit};
        if (query_.top) return top_plan(*query_.top);
        if (!query_.calls.buffer) return std::nullopt;
        const BoundBuffer& buffer = *query_.calls.buffer;
        if (is_framed()) return frames_plan(buffer);
        RowsOverPlan plan;
        plan.keys = input_columns(buffer.keys);
        if (buffer.order) plan.order_column = input_column(buffer.order);
        plan.descending = buffer.descending;
        plan.buffer_rows = buffer.rows;
        plan.calls = calls_of(query_.calls.over);
        return plan;
    }

    OutputPlan output_plan() const {
        OutputPlan plan;
        plan.having = numbered(query_.output.having);
        plan.columns = output_columns(query_.output.columns);
        plan.key = {query_.output.key.kind, output_columns(query_.output.key.columns)};
        return plan;
    }

    std::vector<OutputColumn> output_columns(const std::vector<OutputColumn>& columns) const {
        std::vector<OutputColumn> out;
        for (const OutputColumn& column : columns) {
            const auto computed =
                query_.grouped ? std::nullopt : computed_number(*column.expression);
            out.push_back({column.name,
                           computed ? bound_column(number(symbol(Space::Computed, *computed)),
                                                   column.expression->type, column.expression->text,
                                                   column.expression->place)
                                    : numbered(column.expression)});
        }
        return out;
    }

    const BoundQuery& query_;
    const Scope& scope_;
    std::vector<BoundPtr> wheres_;  // What of WHERE is asked before the first UNNEST, after it, …
    const Union* united_;           // Null pointer: there is one source.
    std::vector<std::optional<std::uint32_t>> position_;  // By scope column; set = read.
    std::vector<bool> early_;
    std::vector<std::size_t> last_read_;                          // The highest level.
    std::vector<std::optional<std::uint32_t>> element_position_;  // By symbol.
    std::vector<std::size_t> element_last_read_;
    std::vector<BoundPtr> computed_;
    std::vector<std::uint32_t> call_place_;  // By call with OVER.
    std::uint32_t source_columns_ = 0;
    std::uint32_t first_computed_ = 0;  // Source columns and elements.
};

}  // namespace

Plan lay_out(const BoundQuery& query, const Scope& scope) { return Layout(query, scope).plan(); }

}  // namespace velo::engine
