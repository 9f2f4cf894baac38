// A query, clause by clause. Names and types are settled first, over symbols; layout.cpp then numbers the columns.
#include "engine/plan/binder.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "engine/plan/bound_query.hpp"
#include "engine/plan/common_type.hpp"
#include "engine/plan/expression_binder.hpp"
#include "engine/plan/expression_size.hpp"
#include "engine/plan/from_binder.hpp"
#include "engine/plan/grouping.hpp"
#include "engine/plan/inner_state.hpp"
#include "engine/plan/layout.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/output_binder.hpp"
#include "engine/plan/query_text.hpp"
#include "engine/plan/routing.hpp"
#include "engine/plan/scope.hpp"
#include "engine/plan/stages.hpp"
#include "engine/plan/star_binder.hpp"
#include "engine/plan/top_binder.hpp"
#include "engine/plan/union_binder.hpp"
#include "engine/plan/unsupported.hpp"
#include "engine/plan/window_binder.hpp"
#include "engine/sql/parser.hpp"

namespace velo::engine {

namespace {

using sql::ExpressionKind;

std::vector<SelectAlias> aliases_of(const sql::Select& select) {
    std::vector<SelectAlias> aliases;
    for (const sql::SelectItem& item : select.items) {
        if (item.alias) aliases.push_back({*item.alias, false, nullptr});
    }
    return aliases;
}

// What answers a query that is a UNION ALL: every column of every row.
sql::Select all_of(const sql::Query& query) {
    sql::Select select;
    select.place = query.selects.front().place;
    auto star = std::make_unique<sql::Expression>();
    star->kind = ExpressionKind::Star;
    star->place = select.place;
    select.items.push_back({std::move(star), std::nullopt});
    return select;
}

/// Binds one SELECT over one source.
class SelectBinder {
public:
    SelectBinder(const sql::Select& select, const Relation& from, const QueryText& text,
                 const BindOptions& options, Mistakes& mistakes)
        : select_(select),
          from_(from),
          text_(text),
          options_(options),
          mistakes_(mistakes),
          scope_(from, select.from.alias, select.window && select.window->is_table),
          aliases_(aliases_of(select)),
          context_{scope_, text, aliases_, mistakes, select.window.has_value()},
          expressions_(context_) {}

    /// The plan without its query text; of no use when mistakes have been reported.
    Plan bind() {
        if (is_too_many(select_.items.size(), "SELECT items") ||
            is_too_many(select_.group_by.size(), "GROUP BY expressions") || !bind_unnests())
            return {};
        bind_clauses();
        if (select_.distinct) bind_distinct();
        if (select_.limit) bind_limit();
        if (from_.ranked && items_known_) return bind_ranked();
        if (from_.answered && !query_.grouped && items_known_) return bind_over_groups();
        refuse_answers();
        if (items_known_)
            query_.emit = bind_emit(select_.emit, query_, options_.bounded, mistakes_);
        if (from_.answered) check_last_emit(select_.emit, mistakes_);
        if (!select_.order_by.empty()) {
            if (!items_known_) return {};
            std::vector<BoundTop::Order> order = order_;
            for (BoundTop::Order& by : order)
                by.value = query_.grouped ? grouped(by.value) : nullptr;
            return first_of_windows(query_, std::move(order), from_, key_names_);
        }
        return finished(query_, scope_, key_names_, from_);
    }

    /// The SELECT as what another one reads, or as a member of a UNION ALL; its mistakes have been reported.
    Relation relation(bool is_member = false) {
        Relation relation = from_;
        relation.is_query = true;
        if (is_too_many(select_.items.size(), "SELECT items") || !bind_unnests()) return relation;
        bind_clauses();
        if (is_member) {
            refuse_member_state(select_, from_, query_, mistakes_);
        } else {
            refuse_inner_state(select_, query_, mistakes_);
            refuse_answers();
            if (query_.grouped) return answered();
        }
        relation.columns.clear();
        for (OutputColumn& column : query_.output.columns)
            relation.columns.push_back({std::move(column.name), std::move(column.expression)});
        relation.unnests = query_.unnests;
        relation.where = query_.where;
        if (from_.ranked)
            mistakes_.add(select_.place,
                          "a query in FROM over rows that ROW_NUMBER has numbered is not supported "
                          "yet; write WHERE rn <= n in the last SELECT");
        relation.ranked = ranking_;
        relation.copied_nodes = expressions_.copied_nodes();
        return relation;
    }

private:
    // False: a name of theirs would only lead to more mistakes.
    bool bind_unnests() {
        for (const sql::Unnest& unnest : select_.unnests) {
            auto columns = expressions_.bind_unnest(unnest);
            if (!columns) return false;
            scope_.add(std::move(*columns));
        }
        return true;
    }

    void bind_clauses() {
        check_event_time(scope_, mistakes_);
        const BoundPtr where = select_.where ? bind_where() : nullptr;
        query_.where = from_.ranked ? from_.where : both_conditions(from_.where, where);
        if (from_.ranked) ranked_where_ = where;
        bind_items();
        bind_groups();
        bind_having();
        check_orders();
        make_outputs();
        query_.unnests = expressions_.unnests();
        refuse_rows_of_arrays(from_, query_, mistakes_);
    }

    // The SELECT, which groups rows, as a source for another one.
    Relation answered() {
        if (items_known_)
            query_.emit = bind_emit(select_.emit, query_, options_.bounded, mistakes_);
        static_cast<void>(is_too_large(from_, query_));
        return relation_of(AnsweredQuery{from_,
                                         std::move(query_),
                                         std::move(key_names_),
                                         select_.emit.has_value(),
                                         select_.emit ? select_.emit->place : select_.place,
                                         {}},
                           expressions_.copied_nodes());
    }

    // A SELECT without groups of its own over groups is part of the query that makes them.
    Plan bind_over_groups() {
        const AnsweredQuery& inner = *from_.answered;
        if (query_.calls.buffer)
            mistakes_.add(
                query_.calls.over.empty() ? select_.place : query_.calls.over.front().place,
                "OVER over the answers of groups is not supported yet; let another job do it");
        if (query_.limit)
            mistakes_.add(select_.limit_place,
                          "LIMIT over the answers of groups needs an order: ORDER BY … LIMIT n");
        if (inner.has_emit && select_.emit)
            mistakes_.add(select_.emit->place,
                          "the query in FROM says when its groups answer; write EMIT once");
        if (ranking_)
            mistakes_.add(
                select_.place,
                "ROW_NUMBER() numbers all rows of a window; keep the first of them: SELECT "
                "… FROM (this query) WHERE rn <= 10");
        if (!mistakes_.empty()) return {};
        BoundQuery merged = merged_query(query_, inner, mistakes_);
        if (select_.emit)
            merged.emit = bind_emit(select_.emit, merged, options_.bounded, mistakes_);
        if (inner.from.answered) check_last_emit(select_.emit, mistakes_);
        if (!select_.order_by.empty()) {
            std::vector<BoundTop::Order> order = order_;
            for (BoundTop::Order& by : order) by.value = in_groups(by.value, inner, mistakes_);
            return first_of_windows(merged, std::move(order), inner.from, inner.key_names);
        }
        Plan plan = finished(merged, Scope(inner.from, std::nullopt), inner.key_names, inner.from);
        if (!inner.answers.name.empty()) plan.merged.push_back(inner.answers.name);
        plan.merged.insert(plan.merged.end(), from_.merged.begin(), from_.merged.end());
        return plan;
    }

    // ORDER BY … LIMIT n: per window, the first n of its groups.
    Plan first_of_windows(BoundQuery& query, std::vector<BoundTop::Order> order,
                          const Relation& from, const std::vector<std::string>& key_names) {
        if (std::string why = why_no_order(query, select_.limit); !why.empty())
            mistakes_.add(select_.order_by_place, std::move(why));
        if (select_.limit && *select_.limit < 1)
            mistakes_.add(select_.limit_place,
                          "LIMIT takes 1 or more, and with 0 nothing would ever be answered");
        if (!mistakes_.empty() || is_too_large(from, query)) return {};
        Relation answers;
        BoundQuery top =
            top_query(AnsweredQuery{from, query, key_names, false, select_.place, {}, 0},
                      {{}, std::move(order), *select_.limit}, answers);
        return finished_top(top, answers);
    }

    // What a SELECT around ROW_NUMBER() OVER (…) AS rn, with rn <= n in its WHERE, answers.
    Plan bind_ranked() {
        if (query_.grouped || query_.limit || query_.calls.buffer || !select_.order_by.empty())
            mistakes_.add(select_.place,
                          "what ROW_NUMBER has numbered can only be filtered; write SELECT … WHERE "
                          "rn <= n without other clauses");
        if (select_.emit)
            mistakes_.add(select_.emit->place,
                          "the first rows of a window are known when it closes; leave EMIT out");
        refuse_answers_of(*from_.answered);
        if (!mistakes_.empty()) return {};
        query_.top = *from_.ranked;
        const auto rows = rank_bound(ranked_where_);
        if (!rows) {
            mistakes_.add(select_.place,
                          "ROW_NUMBER() keeps the first rows of each window, and WHERE has to say "
                          "how many: WHERE rn <= 10");
            return {};
        }
        query_.top->rows = *rows;
        query_.output.having = ranked_where_;
        return finished_top(query_, from_);
    }

    Plan finished_top(BoundQuery& top, const Relation& from) {
        top.emit = {EmitMode::Final, std::nullopt, {}};
        const AnsweredQuery& inner = *from.answered;
        const Scope scope(from, std::nullopt);
        top.output.key = options_.sink_key.empty()
                             ? key_of_group(inner, top.output.columns, mistakes_)
                             : message_key(top, {}, options_.sink_key, scope, mistakes_);
        if (!mistakes_.empty()) return {};
        Plan last = lay_out(top, scope);
        last.merged = from.merged;
        return routed(with_stages(std::move(last), &inner, select_.place, mistakes_));
    }

    // What gathers answers needs each of them once.
    void refuse_answers() {
        if (from_.ranked && query_.grouped)
            mistakes_.add(select_.place,
                          "groups over rows that ROW_NUMBER has numbered are not supported yet; "
                          "let another job group them");
        if (from_.answered && query_.grouped) refuse_answers_of(*from_.answered);
    }
    void refuse_answers_of(const AnsweredQuery& inner) {
        if (!mistakes_.empty()) return;  // One in the inner query leaves its EMIT unknown.
        if (std::string why = why_not_final(inner); !why.empty())
            mistakes_.add(inner.place, std::move(why));
    }

    // What stands behind the columns of a UNION ALL takes their place in each member.
    bool is_too_large(const Relation& from, const BoundQuery& query) {
        if (!from.united || nodes_behind(*from.united, query) <= kMaxCopiedNodes) return false;
        mistakes_.add(select_.place, kTooLargeUnion);
        return true;
    }

    // The plan of a query whose EMIT is known.
    Plan finished(BoundQuery& query, const Scope& scope, const std::vector<std::string>& key_names,
                  const Relation& from) {
        bind_ttl(query, scope);
        if (!mistakes_.empty()) return {};
        query.output.key = message_key(query, key_names, options_.sink_key, scope, mistakes_);
        if (!mistakes_.empty() || is_too_large(from, query)) return {};
        Plan last = lay_out(query, scope);
        last.merged = from.merged;
        return routed(with_stages(std::move(last), from.answered.get(), select_.place, mistakes_));
    }

    // Every output column is a key, so that equal rows meet.
    void bind_distinct() {
        if (query_.grouped) {
            mistakes_.add(select_.distinct_place,
                          "DISTINCT beside GROUP BY, WINDOW or an aggregate is not supported yet; "
                          "groups are distinct already, so leave it out or GROUP BY fewer columns");
            return;
        }
        if (query_.calls.buffer) {
            mistakes_.add(select_.distinct_place,
                          "DISTINCT beside OVER is not supported yet; let a second job do one of "
                          "them");
            return;
        }
        if (select_.emit && select_.emit->every) {
            mistakes_.add(select_.emit->place,
                          "DISTINCT writes each row once, when it first appears; leave EVERY out");
        }
        query_.grouped = query_.distinct = true;
        for (OutputColumn& column : query_.output.columns) {
            if (!column.expression || column.expression->kind == BoundKind::Literal) continue;
            const auto known = std::ranges::find_if(query_.keys, [&](const BoundPtr& key) {
                return same_expression(*key, *column.expression);
            });
            const auto number = static_cast<std::size_t>(known - query_.keys.begin());
            const BoundPtr value = column.expression;
            column.expression =
                bound_column(symbol(Space::Key, number), value->type, value->text, value->place);
            if (known != query_.keys.end()) continue;
            query_.keys.push_back(value);
            key_names_.push_back(column.name);
        }
    }

    // The first rows of a stream; what "first" is depends on their arrival.
    void bind_limit() {
        const auto refuse = [&](std::string text) {
            mistakes_.add(select_.limit_place, std::move(text));
        };
        if (!select_.order_by.empty()) return;  // They go together.
        if (query_.distinct) {
            refuse("LIMIT beside DISTINCT is not supported yet; leave one of them out");
        } else if (select_.window) {
            refuse("LIMIT over the answers of windows needs an order: ORDER BY … LIMIT n");
        } else if (query_.grouped) {
            refuse(
                "LIMIT would cut off the changes of groups that are there already; filter with "
                "WHERE or HAVING");
        } else if (query_.calls.buffer) {
            refuse("LIMIT beside OVER is not supported yet; filter with WHERE");
        } else if (*select_.limit < 1) {
            refuse("LIMIT takes 1 or more, and with 0 nothing would ever be answered");
        } else {
            query_.limit = select_.limit;
        }
    }

    bool is_too_many(std::size_t count, std::string_view what) {
        if (count <= kMostColumns) return false;
        mistakes_.add(select_.place,
                      fmt::format("the query has {} {}, more than {}; use several jobs", count,
                                  what, kMostColumns));
        return true;
    }

    BoundPtr bind_where() {
        BoundPtr where = expressions_.bind_condition(*select_.where, kWhereClause, "WHERE needs");
        const bool passes_all = where && where->kind == BoundKind::Literal &&
                                !where->value.is_null() && std::get<bool>(where->value.data);
        return passes_all ? nullptr : where;
    }

    // SELECT items from left to right; each alias is there for the items after it.
    void bind_items() {
        auto alias = aliases_.begin();
        for (const sql::SelectItem& item : select_.items) {
            const bool star = item.expression->kind == ExpressionKind::Star;
            BoundPtr bound = star ? nullptr
                             : is_ranking(*item.expression)
                                 ? bind_ranking(*item.expression)
                                 : typed(expressions_.bind(*item.expression, kSelectClause));
            if (item.alias) {
                if (star)
                    mistakes_.add(
                        item.alias->place,
                        fmt::format("'*' is many columns, and '{}' is one name; leave it out",
                                    item.alias->text));
                alias->bound = true;
                alias->expression = bound;
                ++alias;
            }
            items_known_ = items_known_ && (star || bound);
            items_.push_back(std::move(bound));
        }
    }

    // ROW_NUMBER() OVER (PARTITION BY window_start, … ORDER BY …) over the answers of windows.
    [[nodiscard]] bool is_ranking(const sql::Expression& item) const {
        return from_.answered && !from_.ranked && item.kind == ExpressionKind::Call && item.over &&
               !item.over->buffer_rows && to_lower(item.path.back().text) == "row_number";
    }
    BoundPtr bind_ranking(const sql::Expression& item) {
        if (ranking_) {
            mistakes_.add(item.place, "a query numbers rows once; leave the other ROW_NUMBER out");
            return nullptr;
        }
        auto ranking = bind_row_number(item, *from_.answered, context_, expressions_);
        if (!ranking) return nullptr;
        ranking_ = std::make_shared<BoundTop>(std::move(*ranking));
        return bound_column(symbol(Space::OverCall, 0), kBigint, text_.at(item.place), item.place);
    }

    void bind_groups() {
        BoundCalls& calls = expressions_.calls();
        auto keys =
            bind_group_by(select_.group_by, items_, select_.window ? &*select_.window : nullptr,
                          context_, expressions_);
        groups_known_ = keys.has_value();
        for (std::size_t i = 0; keys && i < keys->size(); ++i) {
            query_.keys.push_back(std::move((*keys)[i].expression));
            key_names_.push_back(std::move((*keys)[i].name));
        }
        if (select_.having)
            having_ = expressions_.bind_condition(*select_.having, kHavingClause, "HAVING needs");
        const bool aggregates = !select_.group_by.empty() || !calls.aggregates.empty();
        if (select_.window) {
            query_.window = bind_window(*select_.window, scope_, text_, mistakes_);
            groups_known_ = groups_known_ && aggregates;
            if (!aggregates && items_known_)
                mistakes_.add(select_.window->place,
                              "WINDOW needs something to gather; add an aggregate such as "
                              "COUNT(*), or GROUP BY");
        }
        if (select_.having && !aggregates && items_known_)
            mistakes_.add(select_.having_place,
                          "HAVING filters groups, and this query has none; use WHERE");
        query_.grouped = aggregates || query_.window;
        if (query_.grouped && expressions_.exploded()) {
            groups_known_ = false;
            mistakes_.add(*expressions_.exploded(),
                          "rows are made before they are grouped; write FROM … CROSS JOIN "
                          "UNNEST(array) AS name, and group by what it names");
        }
        if (calls.buffer && query_.grouped) {
            mistakes_.add(calls.over.empty() ? select_.place : calls.over.front().place,
                          "OVER beside GROUP BY, WINDOW or an aggregate is not supported yet; let "
                          "a second job do one of them");
        }
        bind_order();
        query_.calls = std::move(calls);
    }

    // What ORDER BY names: the number of an item, an alias, or any expression.
    void bind_order() {
        for (const sql::OrderItem& item : select_.order_by) {
            const BoundPtr value =
                order_value(*item.expression, items_, aliases_, context_, expressions_);
            if (!value) items_known_ = false;
            order_.push_back({value, item.descending, item.nulls_first.value_or(false)});
        }
    }

    void bind_having() {
        if (having_ && query_.grouped) query_.output.having = grouped(having_);
    }

    // `value` over its group; what is wrong with the groups themselves has been said.
    BoundPtr grouped(const BoundPtr& value) {
        return groups_known_ && !query_.calls.buffer ? over_groups(value, query_.keys, context_)
                                                     : nullptr;
    }

    // FIRST and LAST go by event time.
    void check_orders() {
        if (scope_.has_event_time()) return;
        for (const auto* calls : {&query_.calls.aggregates, &query_.calls.over}) {
            for (const BoundAggregate& call : *calls) {
                if (!call.signature.needs_order) continue;
                mistakes_.add(call.place,
                              fmt::format("{} goes by event time, and the records of source '{}' "
                                          "have none; declare event_time: {{column: …}}",
                                          call.function->name, scope_.source().name));
            }
        }
    }

    void bind_ttl(BoundQuery& query, const Scope& scope) {
        const auto& over = query.calls.buffer;
        const bool forgets = over && over->rows == 0 ? !over->keys.empty() : !query.keys.empty();
        if (!options_.ttl || *options_.ttl <= Duration::zero() || query.window || !forgets ||
            query.emit.mode != EmitMode::Changes)
            return;
        if (scope.has_event_time()) {
            query.ttl = options_.ttl;
            return;
        }
        mistakes_.add(Place{},
                      fmt::format("state.ttl goes by event time, and the records of source "
                                  "'{}' have none; declare event_time: {{column: …}}",
                                  scope.source().name));
    }

    void make_outputs() {
        std::vector<NamedColumn> outputs;
        for (std::size_t i = 0; i < select_.items.size(); ++i) {
            const sql::SelectItem& item = select_.items[i];
            if (item.expression->kind == ExpressionKind::Star) {
                if (query_.grouped) {
                    mistakes_.add(item.expression->place,
                                  "'*' is every column of a row, and this query answers per group; "
                                  "name the columns of GROUP BY");
                } else {
                    std::ranges::move(bind_star(*item.expression, scope_, expressions_, mistakes_),
                                      std::back_inserter(outputs));
                }
                continue;
            }
            std::string name = item.alias
                                   ? item.alias->text
                                   : natural_name(*item.expression, scope_, outputs.size() + 1);
            BoundPtr value = items_[i];
            if (value && query_.grouped) value = grouped(value);
            outputs.push_back({std::move(value), std::move(name),
                               item.alias ? item.alias->place : item.expression->place});
        }
        if (!is_too_many(outputs.size(), "output columns")) {
            for (NamedColumn& output : outputs) add_output(std::move(output));
        }
    }

    void add_output(NamedColumn output) {
        const bool taken = std::ranges::any_of(
            query_.output.columns,
            [&](const OutputColumn& other) { return other.name == output.name; });
        if (taken)
            mistakes_.add(
                output.place,
                fmt::format("two output columns are called '{0}'; give one an alias: … AS {0}_2",
                            output.name));
        query_.output.columns.push_back({std::move(output.name), std::move(output.expression)});
    }

    Plan routed(Plan plan) {
        plan.query_class = class_of(plan);
        plan.applies_late = options_.applies_late && plan.waits_for_watermark();
        if (!plan.stages.empty()) plan.stages.front().applies_late = plan.applies_late;
        try {
            Routing routing = choose_strategy(plan, options_.strategy);
            plan.strategy = routing.strategy;
            plan.strategy_reason = std::move(routing.reason);
        } catch (const Error& error) {
            mistakes_.add(error);
        }
        return plan;
    }

    const sql::Select& select_;
    const Relation& from_;
    const QueryText& text_;
    const BindOptions& options_;
    Mistakes& mistakes_;
    Scope scope_;
    std::vector<SelectAlias> aliases_;
    BindContext context_;
    ExpressionBinder expressions_;
    std::vector<BoundPtr> items_;  // By SELECT item; null pointer: `*` or wrong.
    BoundPtr having_;
    std::vector<BoundTop::Order>
        order_;  // Over what is read, or over groups as far as it aggregates.
    std::shared_ptr<BoundTop> ranking_;
    BoundPtr ranked_where_;  // Of a query whose rows have been numbered.
    bool items_known_ =
        true;  // False: one is wrong, so nobody knows whether the query aggregates …
    bool groups_known_ = true;  // … or by what it groups.
    std::vector<std::string> key_names_;
    BoundQuery query_;
};

}  // namespace

Plan bind_query(std::string_view sql, const BindOptions& options) {
    const sql::Query query = sql::parse_query(sql);
    const QueryText text(sql);
    Mistakes mistakes;
    refuse_unsupported(query, mistakes);
    FromBinder from(
        options, mistakes,
        [&](const sql::Select& select, const Relation& relation, bool is_member) {
            return SelectBinder(select, relation, text, options, mistakes).relation(is_member);
        });
    Plan plan;
    if (const auto relation = from.bind(query)) {
        const sql::Select every = all_of(query);
        const sql::Select& last = query.unions.empty() ? query.selects.front() : every;
        plan = SelectBinder(last, *relation, text, options, mistakes).bind();
    }
    mistakes.raise();
    plan.query_text = std::string(sql);
    return plan;
}

}  // namespace velo::engine
