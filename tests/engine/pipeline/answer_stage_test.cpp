#include "engine/pipeline/answer_stage.hpp"

#include <catch2/catch.hpp>

#include "engine/format/encoder.hpp"
#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

EventTime at(std::int64_t seconds) { return EventTime{std::chrono::seconds{seconds}}; }

struct Stage {
    explicit Stage(std::string_view sql)
        : plan(bound(sql)), stage(plan, make_json_encoder(plan.output, {}), Saving::On) {}

    void advance(EventTime watermark) {
        OutputChunk chunk;
        AnswerOutcome outcome;
        while (!stage.advance(watermark, chunk, outcome)) {
        }
    }

    Plan plan;
    AnswerStage stage;
};

}  // namespace

TEST_CASE("a stateless query has nothing to save and remembers its watermark", "[pipeline]") {
    Stage stage{"SELECT symbol FROM trades"};
    SavedEntries saved;
    CHECK(stage.stage.answered_to() == kBeforeAllTime);
    stage.stage.begin_at(at(5));
    CHECK(stage.stage.answered_to() == at(5));
    stage.advance(at(7));
    stage.advance(kAfterAllTime);
    CHECK(stage.stage.answered_to() == at(7));
    stage.stage.save_changes(saved);
    CHECK(stage.stage.save_slice(1000, saved));
    CHECK(saved.entries() == 0);
    CHECK_FALSE(stage.stage.restore({0, "x"}, kBeforeAllTime));
}

TEST_CASE("how far a query has answered is its watermark, which the end of input is none of",
          "[pipeline]") {
    for (const char* const tail : {"WINDOW TUMBLING (trade_time, 1m)",
                                   "WINDOW TUMBLING (trade_time, 1m) EMIT CHANGES", ""}) {
        Stage stage{std::string("SELECT symbol, COUNT(*) AS n FROM trades GROUP BY symbol ") +
                    tail};
        CHECK(stage.stage.answered_to() == kBeforeAllTime);
        stage.stage.begin_at(at(30));
        CHECK(stage.stage.answered_to() == at(30));
        stage.advance(at(70));
        CHECK(stage.stage.answered_to() == at(70));
        stage.advance(kAfterAllTime);
        CHECK(stage.stage.answered_to() == at(70));
    }
}

}  // namespace velo::engine
