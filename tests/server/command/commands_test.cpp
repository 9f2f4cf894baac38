#include "server/command/commands.hpp"

#include <sstream>

#include <catch2/catch.hpp>

#include "tests/server/job_folder.hpp"

using namespace velo;
using namespace velo::server;

TEST_CASE("lint finds every mistake of a file, with a caret under each", "[command]") {
    const JobFolder folder;
    std::string job = good_job("a");
    job.replace(job.find("FROM trades"), 11, "FROM tradez");
    job.replace(job.find("name: a"), 7, "nam: a");
    std::ostringstream out, err;
    CHECK(lint({{}, {folder.write("a.yaml", job)}, false, LintArguments::Output::Text},
               no_variables(), out, err) == kExitConfiguration);
    const std::string report = folder.relative(out.str());
    CHECK(
        report.find(
            "a.yaml:1:1: unknown key 'nam' in job; did you mean 'name'?\n    nam: a\n    ^~~\n") !=
        std::string::npos);
    CHECK(report.find("a.yaml:1:1: job has no 'name'\n") != std::string::npos);
    CHECK(report.find("\n      FROM tradez\n           ^~~~~~\n") != std::string::npos);
    CHECK(err.str() == "3 mistakes\n");
}

TEST_CASE("lint of what is right says so and ends with 0", "[command]") {
    const JobFolder folder;
    const std::string job = folder.write("a.yaml", good_job("a"));
    std::ostringstream out, err;
    CHECK(lint({{}, {job}, false, LintArguments::Output::Text}, no_variables(), out, err) ==
          kExitOk);
    CHECK(out.str().empty());
    CHECK(err.str() == "1 job, no mistakes\n");
    std::ostringstream json;
    CHECK(lint({{}, {job}, false, LintArguments::Output::Json}, no_variables(), json, err) ==
          kExitOk);
    CHECK(json.str() == "[]\n");
}

TEST_CASE("lint writes its report as JSON for programs", "[command]") {
    const JobFolder folder;
    std::ostringstream out, err;
    CHECK(lint({{},
                {folder.write("a.yaml", good_job("a") + "x: 1\n")},
                false,
                LintArguments::Output::Json},
               no_variables(), out, err) == kExitConfiguration);
    CHECK(folder.relative(out.str()).starts_with(
        "[\n {\"file\":\"a.yaml\",\"line\":13,\"column\":1,\"length\":1,\"message\":\"unknown key "
        "'x' in job"));
}

TEST_CASE("explain shows the plan in three forms", "[command]") {
    const JobFolder folder;
    const std::string job = folder.write("a.yaml", good_job("a"));
    const auto shown = [&](ExplainArguments::Output output) {
        std::ostringstream out, err;
        CHECK(explain({{}, job, false, output}, no_variables(), out, err) == kExitOk);
        CHECK(err.str().empty());
        return out.str();
    };
    CHECK(shown(ExplainArguments::Output::Text).find("trades") != std::string::npos);
    CHECK(shown(ExplainArguments::Output::Json).starts_with("{"));
    CHECK(shown(ExplainArguments::Output::Dot).starts_with("digraph"));
}

TEST_CASE("explain of a job with mistakes reports them instead", "[command]") {
    const JobFolder folder;
    std::ostringstream out, err;
    CHECK(explain({{}, folder.write("a.yaml", "name: a\n"), false, ExplainArguments::Output::Text},
                  no_variables(), out, err) == kExitConfiguration);
    CHECK(out.str().empty());
    CHECK(err.str().find("job has no 'query'") != std::string::npos);
}

TEST_CASE("version names the build and the client library", "[command]") {
    std::ostringstream text, json;
    CHECK(version({false}, text) == kExitOk);
    CHECK(text.str().starts_with("velostream 0."));
    CHECK(text.str().find(") librdkafka 2.") != std::string::npos);
    CHECK(version({true}, json) == kExitOk);
    CHECK(json.str().starts_with("{\"version\":\"0."));
    CHECK(json.str().find("\"librdkafka\":\"2.") != std::string::npos);
}
