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
#include "engine/plan/layout.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/output_binder.hpp"
#include "engine/plan/query_text.hpp"
#include "engine/plan/routing.hpp"
#include "engine/plan/scope.hpp"
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
        if (items_known_)
            query_.emit = bind_emit(select_.emit, query_, options_.bounded, mistakes_);
        bind_ttl();
        if (!mistakes_.empty()) return {};
        query_.output.key = message_key(query_, key_names_, options_.sink_key, scope_, mistakes_);
        if (!mistakes_.empty() || is_too_large()) return {};
        Plan plan = routed(lay_out(query_, scope_));
        plan.merged = from_.merged;
        return plan;
    }

    /// The SELECT as what another one reads, or as a member of a UNION ALL; its mistakes have been reported.
    Relation relation(bool is_member = false) {
        Relation relation = from_;
        relation.is_query = true;
        if (is_too_many(select_.items.size(), "SELECT items") || !bind_unnests()) return relation;
        bind_clauses();
        if (is_member) {
            refuse_member_state();
        } else {
            refuse_inner_state();
        }
        relation.columns.clear();
        for (OutputColumn& column : query_.output.columns)
            relation.columns.push_back({std::move(column.name), std::move(column.expression)});
        relation.unnests = query_.unnests;
        relation.where = query_.where;
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

    void refuse_united_rows() {
        mistakes_.add(
            query_.unnests.back().array->place,
            "UNNEST beside UNION ALL is not supported yet; let another job make the rows, "
            "and read its topic");
    }

    void bind_clauses() {
        check_event_time();
        query_.where = both_conditions(from_.where, select_.where ? bind_where() : nullptr);
        bind_items();
        bind_groups();
        bind_having();
        check_orders();
        make_outputs();
        query_.unnests = expressions_.unnests();
        if (from_.united != nullptr && !query_.unnests.empty()) refuse_united_rows();
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
        if (!select_.order_by.empty()) return;  // Refused with it.
        if (query_.distinct) {
            refuse("LIMIT beside DISTINCT is not supported yet; leave one of them out");
        } else if (select_.window) {
            refuse("LIMIT over the answers of windows is not supported yet; filter with HAVING");
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

    void refuse_inner_state() {
        if (select_.distinct)
            mistakes_.add(select_.distinct_place,
                          "DISTINCT in a query in FROM is not supported yet; write it in the last "
                          "SELECT, or let another job do it");
        if (select_.limit)
            mistakes_.add(select_.limit_place,
                          "LIMIT in a query in FROM is not supported yet; write it in the last "
                          "SELECT");
        if (query_.grouped) {
            mistakes_.add(select_.place,
                          "a query in FROM that groups rows is not supported yet; let another job "
                          "write it to a topic and read that");
        } else if (query_.calls.buffer) {
            mistakes_.add(
                query_.calls.over.empty() ? select_.place : query_.calls.over.front().place,
                "OVER in a query in FROM is not supported yet; let another job write it "
                "to a topic and read that");
        }
        const auto& emit = select_.emit;
        if (emit && (emit->kind == sql::Emit::Kind::Final || emit->every))
            mistakes_.add(emit->place, "only the last SELECT writes anything; leave EMIT out here");
    }

    // A member only filters and computes: what counts or remembers rows does so over all members.
    void refuse_member_state() {
        if (!query_.unnests.empty()) refuse_united_rows();
        const auto refuse = [&](const Place& place, std::string_view what,
                                std::string_view instead) {
            mistakes_.add(
                place, fmt::format("{} in a SELECT of a UNION ALL is not supported yet; {}", what,
                                   instead));
        };
        constexpr std::string_view kOutside =
            "write it around all of them: SELECT … FROM (SELECT … UNION ALL SELECT …)";
        constexpr std::string_view kElsewhere =
            "let another job write it to a topic and read that, or group around all of them: "
            "SELECT … FROM (SELECT … UNION ALL SELECT …) GROUP BY …";
        if (select_.distinct) refuse(select_.distinct_place, "DISTINCT", kOutside);
        if (select_.limit) refuse(select_.limit_place, "LIMIT", kOutside);
        if (query_.grouped) {
            refuse(select_.place, "grouping rows", kElsewhere);
        } else if (query_.calls.buffer) {
            refuse(query_.calls.over.empty() ? select_.place : query_.calls.over.front().place,
                   "OVER", kOutside);
        }
        const auto& emit = select_.emit;
        if (emit && (emit->kind == sql::Emit::Kind::Final || emit->every))
            mistakes_.add(emit->place,
                          "the rows of a UNION ALL go on at once; leave EMIT out here");
    }

    // What stands behind the columns of a UNION ALL takes their place in each member.
    bool is_too_large() {
        const Union* const united = from_.united.get();
        if (united == nullptr) return false;
        std::size_t nodes = united->nodes_behind(query_.where);
        const auto add = [&](const std::vector<BoundPtr>& expressions) {
            for (const BoundPtr& each : expressions) nodes += united->nodes_behind(each);
        };
        add(query_.keys);
        if (query_.calls.buffer) add(query_.calls.buffer->keys);
        for (const auto* calls : {&query_.calls.aggregates, &query_.calls.over}) {
            for (const BoundAggregate& call : *calls) add(call.args);
        }
        for (const OutputColumn& column : query_.output.columns)
            nodes += united->nodes_behind(column.expression);
        if (nodes <= kMaxCopiedNodes) return false;
        mistakes_.add(select_.place, kTooLargeUnion);
        return true;
    }

    struct Output {
        BoundPtr expression;
        std::string name;
        Place place;
    };

    bool is_too_many(std::size_t count, std::string_view what) {
        if (count <= kMostColumns) return false;
        mistakes_.add(select_.place,
                      fmt::format("the query has {} {}, more than {}; use several jobs", count,
                                  what, kMostColumns));
        return true;
    }

    void check_event_time() {
        const SourceDeclaration& source = scope_.source();
        if (source.event_time_column.empty()) return;
        if (const auto field = scope_.event_time_field()) {
            const Field& column = source.schema[*field];
            if (column.type == kTimestamp) return;
            mistakes_.add(
                Place{},
                fmt::format(
                    "the event time '{}' of source '{}' is {}; declare the column as TIMESTAMP",
                    column.name, source.name, column.type.text()));
            return;
        }
        std::vector<std::string_view> declared;
        for (const Field& field : source.schema) declared.push_back(field.name);
        const std::string hint = did_you_mean(source.event_time_column, declared);
        mistakes_.add(Place{},
                      fmt::format("the event time '{}' of source '{}' is not a declared column{}",
                                  source.event_time_column, source.name,
                                  hint.empty() ? "; add it to the schema" : hint));
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
            BoundPtr bound =
                star ? nullptr : typed(expressions_.bind(*item.expression, kSelectClause));
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
        query_.calls = std::move(calls);
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

    void bind_ttl() {
        if (!options_.ttl || *options_.ttl <= Duration::zero() || query_.window ||
            query_.keys.empty() || query_.emit.mode != EmitMode::Changes)
            return;
        if (scope_.has_event_time()) {
            query_.ttl = options_.ttl;
            return;
        }
        mistakes_.add(Place{},
                      fmt::format("state.ttl goes by event time, and the records of source "
                                  "'{}' have none; declare event_time: {{column: …}}",
                                  scope_.source().name));
    }

    void make_outputs() {
        std::vector<Output> outputs;
        for (std::size_t i = 0; i < select_.items.size(); ++i) {
            const sql::SelectItem& item = select_.items[i];
            if (item.expression->kind == ExpressionKind::Star) {
                add_all_columns(*item.expression, outputs);
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
            for (Output& output : outputs) add_output(std::move(output));
        }
    }

    void add_output(Output output) {
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

    // `*`, `t.*`, `* EXCEPT (a, b)`: the declared columns in their order.
    void add_all_columns(const sql::Expression& star, std::vector<Output>& outputs) {
        if (query_.grouped) {
            mistakes_.add(star.place,
                          "'*' is every column of a row, and this query answers per group; name "
                          "the columns of GROUP BY");
            return;
        }
        if (!star.path.empty() && !scope_.has_star(star.path.front())) {
            mistakes_.add(star.place,
                          fmt::format("unknown source '{}'; the source of this query is '{}'",
                                      star.path.front().text, scope_.name().text));
            return;
        }
        const std::vector<ScopeName> columns =
            scope_.star(star.path.empty() ? nullptr : &star.path.front());
        std::vector<std::string_view> left_out;
        for (const sql::Identifier& name : star.except) {
            const auto is_meant = [&](const ScopeName& column) { return names(name, column.name); };
            const auto meant = std::ranges::find_if(columns, is_meant);
            if (std::ranges::count_if(columns, is_meant) == 1) {
                left_out.push_back(meant->name);
                continue;
            }
            const auto found = scope_.find({&name, 1});
            const bool known =
                found && std::ranges::find(columns, found->name, &ScopeName::name) != columns.end();
            if (!found) mistakes_.add(name.place, found.error());
            if (found && !known)
                mistakes_.add(name.place, fmt::format("'{}' is not among the columns of '*'; leave "
                                                      "it out here",
                                                      name.text));
            if (known) left_out.push_back(found->name);
        }
        for (const ScopeName& column : columns) {
            if (std::ranges::find(left_out, column.name) != left_out.end()) continue;
            outputs.push_back({column.computed != nullptr
                                   ? expressions_.bind_computed(column, star.place)
                                   : bound_column(column.symbol, column.type,
                                                  std::string(column.name), star.place),
                               std::string(column.name), star.place});
        }
        if (!columns.empty() && left_out.size() >= columns.size())
            mistakes_.add(star.place, "nothing is left of '*'; leave a column in");
        if (columns.empty() && scope_.relation() == nullptr) {
            mistakes_.add(
                star.place,
                fmt::format("source '{}' declares no columns for '*'; add them under 'schema'",
                            scope_.source().name));
        }
    }

    Plan routed(Plan plan) {
        plan.query_class = class_of(plan);
        plan.applies_late = options_.applies_late && plan.window() != nullptr;
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
