// What the daemon's log says of a record that goes wrong: where it lies, as fields of their own.
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/server/live_jobs.hpp"

using namespace velo::tests;
using velo::server::JsonValue;
using velo::server::parse_json;

namespace {

std::string job(const TestFolder& folder, const std::string& path) {
    return folder.write("job.yaml", "name: strict\nsources:\n  s:\n    file: {path: " + path +
                                        "}\n    schema: {n: BIGINT}\nquery: SELECT n FROM s\n"
                                        "sink: {file: {path: " +
                                        folder.file("out") + "}}\non_error: {decode: fail}\n");
}

/// The line of standard error that has the code.
std::string line_with(const std::string& err, const std::string& code) {
    std::istringstream lines(err);
    for (std::string line; std::getline(lines, line);) {
        if (line.find(code) != std::string::npos) return line;
    }
    return {};
}

}  // namespace

TEST_CASE("an error of a record names job, topic, partition and offset", "[log]") {
    const TestFolder folder;
    const std::string input = folder.write("in.jsonl", "{\"n\":1}\n{\"n\":\"two\"}\n");
    const std::string file = job(folder, input);
    const Ended json = run_velostream({"run", "--until-end", "--log-format", "json", file});
    CHECK(json.exit_code == 1);
    const auto line = parse_json(line_with(json.err, "\"code\":\"wrong_type\""));
    INFO(json.err);
    REQUIRE(line);
    CHECK(line->text_of("level") == "error");
    CHECK(line->text_of("job_name") == "strict");
    CHECK(line->text_of("topic") == input);
    REQUIRE(line->find("partition") != nullptr);
    CHECK(line->find("partition")->kind == JsonValue::Kind::Number);
    CHECK(line->number_of("partition") == 0);
    CHECK(line->number_of("offset") == 1);
    const Ended text = run_velostream({"run", "--until-end", file});
    INFO(text.err);
    CHECK(line_with(text.err, "code=wrong_type")
              .ends_with("(topic=" + input + ", partition=0, offset=1, code=wrong_type)"));
}

TEST_CASE("an error of a file names it as the topic", "[log]") {
    const TestFolder folder;
    const Ended ended = run_velostream(
        {"run", "--until-end", "--log-format", "json", job(folder, folder.file("missing"))});
    const auto line = parse_json(line_with(ended.err, "\"code\":\"file_unreadable\""));
    INFO(ended.err);
    REQUIRE(line);
    CHECK(line->text_of("topic") == folder.file("missing"));
    CHECK(line->find("offset") == nullptr);
}

TEST_CASE("events of a job carry the place of the record, for the page and for programs", "[log]") {
    LiveJobs live({"a"});
    live.folder().write(live.job_file("a"), live.text("a") + "on_error: {decode: fail}\n");
    CHECK(live.post("/api/v1/reload").status == 200);
    live.await("a", "running");
    live.feed("a", "{\"n\":1}\n{broken\n");
    live.await("a", "failed");
    const JsonValue a = live.job("a");
    const JsonValue* events = a.find("events");
    REQUIRE(events != nullptr);
    const JsonValue* with_place = nullptr;
    for (const JsonValue& event : events->items) {
        if (event.find("offset") != nullptr) with_place = &event;
    }
    REQUIRE(with_place != nullptr);
    CHECK(with_place->text_of("topic") == live.folder().file("a.pipe"));
    CHECK(with_place->number_of("offset") == 1);
}
