#include "engine/plan/window_binder.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

std::string counted(std::string_view rest, std::string_view from = "trades") {
    return "SELECT COUNT(*) FROM " + std::string(from) + "\n" + std::string(rest);
}

BindOptions bounded() {
    BindOptions options = scenarios();
    options.bounded = true;
    return options;
}

}  // namespace

TEST_CASE("the time of a window is the source's event time, by any of its names", "[window]") {
    for (const std::string_view time :
         {"trade_time, ", "TRADE_TIME, ", "trades.trade_time, ", "_event_time, ", ""}) {
        const Plan plan = bound(counted("WINDOW TUMBLING (" + std::string(time) + "1m)"));
        REQUIRE(plan.window() != nullptr);
        CHECK(plan.window()->size == std::chrono::minutes{1});
    }
    CHECK(mistakes(counted("WINDOW TUMBLING (_timestamp, 1m)", "orders")).empty());
    CHECK(mistakes(counted("WINDOW TUMBLING (1m)", "orders")).empty());
}

TEST_CASE("another time is refused, and the right one named", "[window]") {
    CHECK(mistakes(counted("WINDOW TUMBLING (price, 1m)")) ==
          Lines{"2:18: the time of WINDOW is the source's event time 'trade_time', not 'price'; "
                "write 'trade_time'"});
    CHECK(mistakes(counted("WINDOW TUMBLING (timestamp, 1m)", "market_data")) ==
          Lines{"2:18: the time of WINDOW is the source's event time '_timestamp', not "
                "'timestamp'; write '_timestamp' or declare event_time: {column: timestamp}"});
    CHECK(mistakes(counted("WINDOW TUMBLING (_timestamp, 1m)")) ==
          Lines{"2:18: the time of WINDOW is the source's event time 'trade_time', not "
                "'_timestamp'; write 'trade_time'"});
    CHECK(mistakes(counted("WINDOW TUMBLING (trade_tim, 1m)")) ==
          Lines{"2:18: unknown column 'trade_tim' in source 'trades'; did you mean 'trade_time'?"});
    CHECK(mistakes(counted("WINDOW TUMBLING (trade_time + INTERVAL '1' DAY, 1m)")) ==
          Lines{"2:18: the time of WINDOW is the source's event time 'trade_time', not 'trade_time "
                "+ INTERVAL '1' DAY'; write its name or leave it out"});
}

TEST_CASE("a source without any event time has no windows", "[window]") {
    CHECK(mistakes(counted("WINDOW TUMBLING (1m)", "lines")) ==
          Lines{"2:1: WINDOW needs an event time, and the records of source 'lines' have none; "
                "declare event_time: {column: …}"});
    CHECK(mistakes("SELECT LAST(a) FROM lines") ==
          Lines{"1:8: LAST goes by event time, and the records of source 'lines' have none; "
                "declare event_time: {column: …}"});
    CHECK(mistakes("SELECT MAX(a) FROM lines").empty());
}

TEST_CASE("the declared event time has to be a TIMESTAMP column", "[window]") {
    BindOptions options;
    options.sources = {declared("t", {field("a", kBigint)}, "a")};
    CHECK(mistakes("SELECT a FROM t", options) ==
          Lines{"the event time 'a' of source 't' is BIGINT; declare the column as TIMESTAMP"});
    options.sources = {declared("t", {field("at", kTimestamp)}, "ta")};
    CHECK(mistakes("SELECT at FROM t", options) ==
          Lines{"the event time 'ta' of source 't' is not a declared column; did you mean 'at'?"});
}

TEST_CASE("hopping windows keep size and advance", "[window]") {
    const Plan plan = bound(counted("WINDOW HOPPING (trade_time, 10m, 3m)"));
    CHECK(plan.window()->kind == WindowPlan::Kind::Hopping);
    CHECK(plan.window()->size == std::chrono::minutes{10});
    CHECK(plan.window()->advance == std::chrono::minutes{3});
    CHECK(bound(counted("WINDOW SLIDING (10m, 3m)")).window()->kind == WindowPlan::Kind::Hopping);
}

TEST_CASE("sessions keep their gap", "[window]") {
    const Plan plan = bound(counted("WINDOW SESSION (trade_time, 30s)"));
    CHECK(plan.window()->kind == WindowPlan::Kind::Session);
    CHECK(plan.window()->size == std::chrono::seconds{30});
    CHECK(plan.emit.mode == EmitMode::Final);
    CHECK(mistakes(counted("WINDOW SESSION (40000d)")) ==
          Lines{"2:1: the gap of a session is at most 36500 days long"});
}

TEST_CASE("windows have a size that can be", "[window]") {
    CHECK(mistakes(counted("WINDOW TUMBLING (0s)")) ==
          Lines{"2:1: a window is longer than 0s, not '0s'"});
    CHECK(mistakes(counted("WINDOW TUMBLING (40000d)")) ==
          Lines{"2:1: a window is at most 36500 days long"});
    CHECK(mistakes(counted("WINDOW HOPPING (1m, 2m)")) ==
          Lines{"2:1: the advance of a HOPPING window is more than 0s and at most its size 1m, not "
                "'2m'"});
    CHECK(mistakes(counted("WINDOW HOPPING (1m, 0s)")) ==
          Lines{"2:1: the advance of a HOPPING window is more than 0s and at most its size 1m, not "
                "'0s'"});
    CHECK(mistakes(counted("WINDOW HOPPING (1d, 1ms)")) ==
          Lines{"2:1: a row would be in 86400000 windows, more than 20000; use a longer advance"});
}

TEST_CASE("a window gathers something", "[window]") {
    CHECK(mistakes("SELECT price FROM trades WINDOW TUMBLING (1m)") ==
          Lines{"1:26: WINDOW needs something to gather; add an aggregate such as COUNT(*), or "
                "GROUP BY"});
}

TEST_CASE("windowed aggregates answer FINAL unless CHANGES is written, others CHANGES", "[emit]") {
    CHECK(bound(counted("WINDOW TUMBLING (1m)")).emit.mode == EmitMode::Final);
    CHECK(bound(counted("WINDOW TUMBLING (1m) EMIT FINAL")).emit.mode == EmitMode::Final);
    CHECK(bound(counted("WINDOW TUMBLING (1m) EMIT CHANGES")).emit.mode == EmitMode::Changes);
    CHECK(bound(counted("WINDOW TUMBLING (1m) EMIT CHANGES EVERY 500ms")).emit.every ==
          std::chrono::milliseconds{500});
    CHECK(bound(counted("")).emit.mode == EmitMode::Changes);
    CHECK(bound("SELECT price FROM trades EMIT CHANGES").emit.mode == EmitMode::Changes);
}

TEST_CASE("EMIT FINAL without a window needs an input that ends", "[emit]") {
    CHECK(mistakes(counted("EMIT FINAL")) ==
          Lines{"2:1: EMIT FINAL without a window would answer only when the input ends, and here "
                "it never does; "
                "add WINDOW TUMBLING (1m), or use EMIT CHANGES EVERY 1s"});
    CHECK(bind_query(counted("EMIT FINAL"), bounded()).emit.mode == EmitMode::Final);
}

TEST_CASE("rows that are answered one by one have nothing to wait for", "[emit]") {
    const std::string final_text =
        "EMIT FINAL waits for groups to be complete, and each row of this query is answered on its "
        "own; leave EMIT out";
    CHECK(mistakes("SELECT price FROM trades EMIT FINAL") == Lines{"1:26: " + final_text});
    CHECK(mistakes("SELECT price FROM trades EMIT FINAL", bounded()) ==
          Lines{"1:26: " + final_text});
    CHECK(mistakes("SELECT price FROM trades EMIT CHANGES EVERY 1s") ==
          Lines{"1:26: EVERY keeps the last change of each group, and each row of this query is "
                "answered on its own; leave EVERY out"});
    CHECK(mistakes(counted("EMIT CHANGES EVERY 0s")) ==
          Lines{"2:1: EVERY takes more than 0s; leave it out to write each change at once"});
}

}  // namespace velo::engine
