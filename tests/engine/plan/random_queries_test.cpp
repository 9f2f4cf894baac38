// Random queries either bind to a plan that keeps its promises, or are refused with an Error: nothing in between.
#include <random>

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

/// Writes queries that are often right and often wrong, over the source `lines` of the fixture (with record timestamps).
class Writer {
public:
    explicit Writer(std::uint32_t seed) : random_(seed) {}

    std::string query() {
        const int shape = pick(3);
        std::string sql = "SELECT " + items(shape) + " FROM lines";
        if (pick(2) == 0) sql += " WHERE " + condition(2);
        if (shape == 1)
            sql += " GROUP BY " + (pick(3) == 0 ? std::string("1") : value(1)) +
                   (pick(2) == 0 ? ", c" : "");
        if (shape != 2 && pick(3) == 0)
            sql += pick(2) == 0 ? " WINDOW TUMBLING (1m)" : " WINDOW HOPPING (_timestamp, 10m, 4m)";
        if (shape == 1 && pick(3) == 0) sql += " HAVING " + condition(1);
        if (pick(4) == 0) sql += pick(2) == 0 ? " EMIT CHANGES EVERY 1s" : " EMIT FINAL";
        return sql;
    }

private:
    int pick(int count) { return static_cast<int>(random_() % static_cast<std::uint32_t>(count)); }
    std::string_view one_of(std::initializer_list<std::string_view> words) {
        return std::data(words)[pick(static_cast<int>(words.size()))];
    }

    std::string items(int shape) {
        std::string out;
        const int count = 1 + pick(4);
        const bool framed = pick(2) == 0;
        for (int i = 0; i < count; ++i) {
            std::string item = pick(2) == 0 ? value(3) : condition(2);
            if (shape == 1 && pick(2) == 0) item = aggregate() + (pick(3) == 0 ? " + 1" : "");
            if (shape == 2)
                item = framed ? framed_call()
                              : aggregate() +
                                    " OVER (ROWS WINDOW BUFFER 5 ROWS PARTITION BY c ORDER BY at)";
            if (shape == 2 && pick(3) == 0) item = value(2);
            out += (i == 0 ? "" : ", ") + item + " AS x" + std::to_string(i);
        }
        return out;
    }

    std::string framed_call() {
        const std::string over = " OVER (PARTITION BY c ORDER BY _event_time";
        if (pick(4) == 0) return "LAG(" + value(2) + ")" + over + ")";
        if (pick(4) == 0) return std::string(one_of({"ROW_NUMBER()", "RANK()"})) + over + ")";
        return aggregate() + over +
               std::string(one_of({")", " ROWS 3 PRECEDING)", " RANGE 1m PRECEDING)"}));
    }

    std::string aggregate() {
        const std::string_view name =
            one_of({"COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST", "LAST"});
        return std::string(name) + "(" + (name == "COUNT" && pick(2) == 0 ? "*" : value(2)) + ")";
    }

    std::string value(int depth) {
        if (depth == 0 || pick(3) == 0) {
            return std::string(
                one_of({"a", "b", "c", "at", "day", "ok", "1", "2.50", "1e3", "'x'", "'2024-01-15'",
                        "NULL", "_offset", "_timestamp", "INTERVAL '1' DAY", "x0"}));
        }
        switch (pick(8)) {
            case 0:
                return "COALESCE(" + value(depth - 1) + ", " + value(depth - 1) + ")";
            case 1:
                return "CASE WHEN " + condition(depth - 1) + " THEN " + value(depth - 1) +
                       " ELSE " + value(depth - 1) + " END";
            case 2:
                return std::string(pick(2) == 0 ? "CAST(" : "TRY_CAST(") + value(depth - 1) +
                       " AS " +
                       std::string(one_of({"BIGINT", "DOUBLE", "STRING", "DECIMAL(12,3)",
                                           "TIMESTAMP", "DATE", "BOOLEAN"})) +
                       ")";
            case 3:
                return std::string(
                           one_of({"UPPER", "ABS", "LENGTH", "FLOOR", "TRIM", "TRY", "SIGN"})) +
                       "(" + value(depth - 1) + ")";
            case 4:
                return "NULLIF(" + value(depth - 1) + ", " + value(depth - 1) + ")";
            default:
                return "(" + value(depth - 1) + " " +
                       std::string(one_of({"+", "-", "*", "/", "%", "||"})) + " " +
                       value(depth - 1) + ")";
        }
    }

    std::string condition(int depth) {
        switch (pick(depth == 0 ? 2 : 7)) {
            case 0:
                return "ok";
            case 1:
                return value(1) + " " +
                       std::string(one_of({"=", "<>", "<", ">=", "IS DISTINCT FROM"})) + " " +
                       value(1);
            case 2:
                return "(" + condition(depth - 1) + (pick(2) == 0 ? " AND " : " OR ") +
                       condition(depth - 1) + ")";
            case 3:
                return "NOT " + condition(depth - 1);
            case 4:
                return value(1) + (pick(2) == 0 ? " IS NULL" : " IS NOT NULL");
            case 5:
                return value(1) + " NOT BETWEEN " + value(1) + " AND " + value(1);
            default:
                return value(1) + " IN (" + value(1) + ", " + value(0) + ")";
        }
    }

    std::mt19937 random_;
};

// Every column that is read exists and has the type it is read as.
bool reads_what_there_is(const BoundPtr& expression, const std::vector<Type>& columns) {
    if (expression->kind == BoundKind::Column)
        return expression->column < columns.size() &&
               columns[expression->column] == expression->type;
    if (expression->kind == BoundKind::Literal) return expression->value.type == expression->type;
    for (std::size_t i = 0; i < expression->children.size(); ++i) {
        if (!reads_what_there_is(expression->children[i], columns)) return false;
        if (expression->signature &&
            expression->children[i]->type != expression->signature->args[i])
            return false;
    }
    return true;
}

bool calls_fit(const std::vector<AggregateCall>& calls, const std::vector<Type>& input) {
    for (const AggregateCall& call : calls) {
        for (std::size_t i = 0; i < call.args.size(); ++i) {
            if (call.args[i] >= input.size() || input[call.args[i]] != call.signature.args[i])
                return false;
        }
    }
    return true;
}

void check_plan(const Plan& plan) {
    std::vector<Type> columns;
    for (const SourceColumn& column : plan.source.columns) columns.push_back(column.type);
    if (plan.where) CHECK(reads_what_there_is(plan.where, columns));
    std::vector<Type> input = columns;
    for (const BoundPtr& expression : plan.computed) {
        CHECK(reads_what_there_is(expression, columns));
        input.push_back(expression->type);
    }
    std::vector<Type> offered = input;
    if (const auto* group = plan.keyed ? std::get_if<GroupPlan>(&*plan.keyed) : nullptr) {
        CHECK(calls_fit(group->aggregates, input));
        offered.clear();
        for (const std::uint32_t key : group->keys) offered.push_back(input.at(key));
        for (const AggregateCall& call : group->aggregates)
            offered.push_back(call.signature.result);
        if (group->window) offered.insert(offered.end(), 2, kTimestamp);
    } else if (const auto* over = plan.keyed ? std::get_if<RowsOverPlan>(&*plan.keyed) : nullptr) {
        CHECK(calls_fit(over->calls, input));
        for (const AggregateCall& call : over->calls) offered.push_back(call.signature.result);
    } else if (const auto* frames = plan.frames()) {
        for (const std::uint32_t column : frames->kept) CHECK(column < input.size());
        for (const FramePlan& frame : frames->frames) {
            CHECK(calls_fit(frame.calls, input));
            for (const AggregateCall& call : frame.calls) offered.push_back(call.signature.result);
        }
        offered.insert(offered.end(), frames->numberings.size(), kBigint);
    }
    for (const auto* outputs : {&plan.output.columns, &plan.output.key.columns}) {
        for (const OutputColumn& column : *outputs)
            CHECK(reads_what_there_is(column.expression, offered));
    }
    if (plan.output.having) CHECK(reads_what_there_is(plan.output.having, offered));
    CHECK_FALSE(explain_text(plan).empty());
}

}  // namespace

TEST_CASE("a random query binds to a sound plan or is refused", "[binder]") {
    BindOptions options = scenarios();
    options.sources.back().record_timestamps = true;
    int plans = 0;
    for (std::uint32_t seed = 1; seed <= 10'000; ++seed) {
        const std::string sql = Writer(seed).query();
        INFO(seed << ": " << sql);
        try {
            check_plan(bind_query(sql, options));
            ++plans;
        } catch (const Error& error) {
            for (const Mistake& mistake : error.mistakes()) CHECK(mistake.place.line == 1);
        }
    }
    CHECK(plans > 300);
}

}  // namespace velo::engine
