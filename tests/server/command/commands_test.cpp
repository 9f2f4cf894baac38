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

TEST_CASE("lint refuses sources that cannot be read together", "[command]") {
    const JobFolder folder;
    const auto report = [&](const std::string& first, const std::string& second) {
        const std::string schema = ", schema: {k: STRING}}\n";
        std::ostringstream out, err;
        static_cast<void>(
            lint({{},
                  {folder.write("a.yaml", "name: a\nsources:\n  one: {" + first + schema +
                                              "  two: {" + second + schema +
                                              "query: SELECT k FROM one UNION ALL SELECT k FROM "
                                              "two\nsink: {file: {path: \"-\"}}\n")},
                  false,
                  LintArguments::Output::Text},
                 no_variables(), out, err));
        return folder.relative(out.str());
    };
    CHECK(report("kafka: {topic: a}", "kafka: {topic: b}").empty());
    CHECK(report("file: {path: a}", "file: {paths: [b, c]}").empty());
    CHECK(report("kafka: {topic: a}", "kafka: {topic: a}")
              .starts_with("a.yaml:4:24: topic 'a' is read by the sources 'one' and 'two', but a "
                           "record is answered once; declare one source and write one SELECT with "
                           "WHERE … OR …\n"));
    CHECK(report("file: {path: a}", "file: {paths: [b, a]}")
              .starts_with("a.yaml:4:27: file 'a' is read by the sources 'one' and 'two', but"));
    CHECK(report("kafka: {topic: a}", "file: {path: a}")
              .starts_with("a.yaml:4:3: sources 'one' and 'two' are a topic and a file; Kafka "
                           "keeps positions and files have none, so read both from topics or both "
                           "from files\n"));
}

TEST_CASE("explain shows each source of a UNION ALL", "[command]") {
    const JobFolder folder;
    const std::string job = folder.write(
        "a.yaml",
        "name: a\nsources:\n  one: {kafka: {topic: a}, schema: {k: STRING, n: BIGINT}}\n"
        "  two: {kafka: {topic: b}, schema: {j: STRING}}\n"
        "query: SELECT k, COUNT(*) AS c FROM (SELECT k FROM one WHERE n > 1 UNION ALL SELECT "
        "UPPER(j) FROM two) GROUP BY k\nsink: {kafka: {topic: c}}\n");
    const auto shown = [&](ExplainArguments::Output output) {
        std::ostringstream out, err;
        CHECK(explain({{}, job, false, output}, no_variables(), out, err) == kExitOk);
        return out.str();
    };
    const std::string text = shown(ExplainArguments::Output::Text);
    INFO(text);
    CHECK(text.find("\n1 source one\n") != std::string::npos);
    CHECK(text.find("  where        n > 1\n  gives        k\n") != std::string::npos);
    CHECK(text.find("\n2 source two\n") != std::string::npos);
    CHECK(text.find("  gives        k = UPPER(j)\n") != std::string::npos);
    CHECK(text.find("\n3 union all\n  columns    k STRING\n") != std::string::npos);
    const std::string dot = shown(ExplainArguments::Output::Dot);
    CHECK(dot.find("  n2 -> n3;\n  n1 -> n3;\n") != std::string::npos);
    CHECK(dot.find("n1 -> n2;") == std::string::npos);
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
