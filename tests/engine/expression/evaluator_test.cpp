#include "engine/expression/evaluator.hpp"

#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

namespace {

const Value kTrue = boolean(true);
const Value kFalse = boolean(false);

// Nine rows: every pair of FALSE, NULL and TRUE.
struct Truths : Rows {
    BoundPtr a = booleans({kFalse, kFalse, kFalse, kNull, kNull, kNull, kTrue, kTrue, kTrue});
    BoundPtr b = booleans({kFalse, kNull, kTrue, kFalse, kNull, kTrue, kFalse, kNull, kTrue});
};

}  // namespace

TEST_CASE("AND, OR and NOT follow three-valued logic", "[evaluator]") {
    Truths rows;
    CHECK(rows.answers(both(rows.a, rows.b)) ==
          Answers{"FALSE", "FALSE", "FALSE", "FALSE", "NULL", "NULL", "FALSE", "NULL", "TRUE"});
    CHECK(rows.answers(either(rows.a, rows.b)) ==
          Answers{"FALSE", "NULL", "TRUE", "NULL", "NULL", "TRUE", "TRUE", "TRUE", "TRUE"});
    CHECK(rows.answers(negation(rows.b)) ==
          Answers{"TRUE", "NULL", "FALSE", "TRUE", "NULL", "FALSE", "TRUE", "NULL", "FALSE"});
}

TEST_CASE("a filter passes only TRUE", "[evaluator]") {
    Truths rows;
    CHECK(rows.passed(rows.b) == "2 5 8");
    CHECK(rows.passed(both(rows.a, rows.b)) == "8");
    CHECK(rows.passed(either(rows.a, rows.b)) == "2 5 6 7 8");
    CHECK(rows.passed(negation(both(rows.a, rows.b))) == "0 1 2 3 6");
    CHECK(rows.passed(lit(kTrue)) == "0 1 2 3 4 5 6 7 8");
    CHECK(rows.passed(lit(kFalse)).empty());
    CHECK(rows.passed(bound_cast(lit(kNull), kBoolean)).empty());
}

TEST_CASE("what the left side of AND or OR decides is not evaluated on the right", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(0), bigint(2), kNull});
    const BoundPtr nonzero = call("<>", {a, lit(bigint(0))});
    const BoundPtr zero = call("=", {a, lit(bigint(0))});
    const BoundPtr risky = call(">", {call("/", {lit(bigint(10)), a}), lit(bigint(4))});
    CHECK(rows.answers(both(nonzero, risky)) == Answers{"FALSE", "TRUE", "NULL"});
    CHECK(rows.answers(both(risky, nonzero)) == Answers{"division_by_zero", "TRUE", "NULL"});
    CHECK(rows.answers(either(zero, risky)) == Answers{"TRUE", "TRUE", "NULL"});
    CHECK(rows.passed(both(nonzero, risky)) == "1");
    CHECK(rows.passed(both(risky, nonzero)) == "1 division_by_zero@0");
}

TEST_CASE("CASE evaluates only the branch it takes", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(0), bigint(5), kNull, bigint(-5)});
    const BoundPtr choice =
        node(BoundKind::Case, kBigint,
             {call("=", {a, lit(bigint(0))}), lit(bigint(-1)), call(">", {a, lit(bigint(0))}),
              call("/", {lit(bigint(100)), a}), bound_cast(lit(kNull), kBigint)});
    CHECK(rows.answers(choice) == Answers{"-1", "20", "NULL", "NULL"});
    const BoundPtr careless =
        node(BoundKind::Case, kBigint,
             {call("IS NULL", {a}), lit(bigint(7)), call("/", {lit(bigint(100)), a})});
    CHECK(rows.answers(careless) == Answers{"division_by_zero", "20", "7", "-20"});
}

TEST_CASE("a condition that fails takes its row out of CASE", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(0), bigint(1)});
    const BoundPtr condition = call("=", {call("/", {lit(bigint(1)), a}), lit(bigint(1))});
    CHECK(rows.answers(
              node(BoundKind::Case, kBigint, {condition, lit(bigint(10)), lit(bigint(20))})) ==
          Answers{"division_by_zero", "10"});
    CHECK(rows.faults.size() == 1);
}

TEST_CASE("COALESCE evaluates the next value only where the last one is NULL", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1), kNull, kNull});
    const BoundPtr b = rows.bigints({bigint(0), bigint(5), kNull});
    CHECK(rows.answers(node(BoundKind::Coalesce, kBigint,
                            {a, call("/", {lit(bigint(10)), b}), lit(bigint(9))})) ==
          Answers{"1", "2", "9"});
    CHECK(rows.answers(node(BoundKind::Coalesce, kBigint, {a, b})) == Answers{"1", "5", "NULL"});
}

TEST_CASE("TRY turns the faults inside it into NULL and leaves the others", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(0), bigint(2), kNull});
    const BoundPtr quotient = call("/", {lit(bigint(10)), a});
    CHECK(rows.answers(attempt(quotient)) == Answers{"NULL", "5", "NULL"});
    CHECK(rows.faults.empty());
    CHECK(rows.answers(attempt(a)) == Answers{"0", "2", "NULL"});
    CHECK(rows.answers(call("+", {attempt(quotient), quotient})) ==
          Answers{"division_by_zero", "10", "NULL"});
    CHECK(rows.passed(call("=", {attempt(quotient), lit(bigint(5))})) == "1");
}

TEST_CASE("a row fails once, with the text and place of what failed first", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1), bigint(0)});
    const BoundPtr quotient = call("/", {lit(bigint(10)), a});
    CHECK(rows.answers(call("+", {quotient, call("%", {lit(bigint(10)), a})})) ==
          Answers{"10", "division_by_zero"});
    REQUIRE(rows.faults.size() == 1);
    CHECK(rows.faults.all()[0].row == 1);
    CHECK(rows.faults.all()[0].stage == FaultStage::Evaluate);
    CHECK(rows.faults.all()[0].text == "division by zero in '/' (query line 3, column 8)");
}

TEST_CASE("a failed cast names the value, cut to a readable length", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.column(kString, {text("x"), text(std::string(200, 'y')), text("12")});
    CHECK(rows.answers(bound_cast(a, kBigint, "CAST(a AS BIGINT)", Place{{}, 1, 5, 1})) ==
          Answers{"bad_cast", "bad_cast", "12"});
    CHECK(rows.faults.all()[0].text ==
          "'x' cannot become BIGINT in 'CAST(a AS BIGINT)' (query line 1, column 5)");
    CHECK(rows.faults.all()[1].text.size() < 200);
}

TEST_CASE("only selected rows are evaluated", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(0), bigint(1), bigint(0), bigint(5), kNull});
    const BoundPtr quotient = call("/", {lit(bigint(10)), a});
    const std::vector<std::uint32_t> some{1, 3, 4};
    CHECK(rows.answers(quotient, Selection(some)) == Answers{"10", "2", "NULL"});
    CHECK(rows.faults.empty());
    CHECK(rows.passed(call("<", {quotient, lit(bigint(5))}), Selection(some)) == "3");
    const std::vector<std::uint32_t> none;
    CHECK(rows.passed(call("<", {quotient, lit(bigint(5))}), Selection(none)).empty());
    CHECK(rows.answers(quotient, Selection(none)).empty());
}

TEST_CASE("a column reference is the input column itself", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1)});
    Evaluator evaluator(a);
    FaultList faults;
    CHECK(&evaluator.evaluate(rows.columns(), 1, Selection::all(1), rows.arena(), faults) ==
          &rows.columns()[0]);
}

TEST_CASE("evaluate_into leaves the value in the column it is given", "[evaluator]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1), kNull, bigint(3)});
    FaultList faults;
    Column out;
    const auto into = [&](const BoundPtr& expression) {
        Evaluator(expression)
            .evaluate_into(out, rows.columns(), 3, Selection::all(3), rows.arena(), faults);
        return Answers{value_at(out, 0).sql(), value_at(out, 1).sql(), value_at(out, 2).sql()};
    };
    CHECK(into(a) == Answers{"1", "NULL", "3"});
    CHECK(into(call("+", {a, lit(bigint(1))})) == Answers{"2", "NULL", "4"});
    CHECK(into(lit(text("x"))) == Answers{"'x'", "'x'", "'x'"});
    CHECK(into(bound_cast(lit(kNull), kString)) == Answers{"NULL", "NULL", "NULL"});
}

TEST_CASE("an evaluator is used batch after batch", "[evaluator]") {
    Rows first;
    const BoundPtr a = first.bigints({bigint(1), kNull, bigint(0)});
    Evaluator evaluator(both(call(">", {a, lit(bigint(0))}),
                             call("<", {call("/", {lit(bigint(8)), a}), lit(bigint(9))})));
    CHECK(first.answers(evaluator, Selection::all(3)) == Answers{"TRUE", "NULL", "FALSE"});
    Rows second;
    static_cast<void>(second.bigints({bigint(0), bigint(-1), bigint(4), bigint(5), kNull}));
    CHECK(second.answers(evaluator, Selection::all(5)) ==
          Answers{"FALSE", "FALSE", "TRUE", "TRUE", "NULL"});
    CHECK(first.answers(evaluator, Selection::all(3)) == Answers{"TRUE", "NULL", "FALSE"});
}

TEST_CASE("constants fold when they are bound, unless that would fault", "[evaluator]") {
    const BoundPtr sum = call("+", {lit(bigint(2)), lit(bigint(3))});
    CHECK(sum->kind == BoundKind::Literal);
    CHECK(sum->value == bigint(5));
    CHECK(call("/", {lit(bigint(2)), lit(bigint(0))})->kind == BoundKind::Call);
    CHECK(bound_cast(lit(text("12")), kBigint)->value == bigint(12));
    CHECK(bound_cast(lit(text("x")), kBigint)->kind == BoundKind::Cast);
    CHECK(bound_cast(lit(kNull), kDate)->value == null_of(kDate));
}

TEST_CASE("expressions are the same by structure, whatever their texts", "[expression]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1)});
    const BoundPtr b = bound_column(0, kBigint, "other", Place{{}, 9, 9, 1});
    CHECK(same_expression(*call("+", {a, lit(bigint(1))}), *call("+", {b, lit(bigint(1))})));
    CHECK_FALSE(same_expression(*call("+", {a, lit(bigint(1))}), *call("+", {a, lit(bigint(2))})));
    CHECK_FALSE(same_expression(*call("+", {a, lit(bigint(1))}), *call("-", {a, lit(bigint(1))})));
    CHECK_FALSE(same_expression(*a, *bound_column(1, kBigint)));
}

}  // namespace velo::engine
