// Every example is loaded; those over files are run, and their books balance.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

Ended run_example(const std::string& name) {
    return run_velostream({"run", "--until-end", "deploy/examples/" + name + ".yaml"});
}

}  // namespace

TEST_CASE("every example passes lint, all together and one by one", "[examples]") {
    CHECK(run_velostream({"lint", "deploy/examples"}).exit_code == 0);
    std::size_t examples = 0;
    for (const auto& entry : std::filesystem::directory_iterator("deploy/examples")) {
        if (entry.path().extension() != ".yaml") continue;
        ++examples;
        const Ended ended = run_velostream({"lint", entry.path().string()});
        INFO(ended.out);
        CHECK(ended.exit_code == 0);
        CHECK(run_velostream({"explain", entry.path().string()}).exit_code == 0);
    }
    CHECK(examples == 13);
}

TEST_CASE("the examples over files answer what they promise", "[examples]") {
    const std::map<std::string, std::size_t> answers{{"01_filter", 23},
                                                     {"02_computed_columns", 61},
                                                     {"03_count_by_key", 41},
                                                     {"04_tumbling_window", 14},
                                                     {"06_moving_average", 100}};
    for (const auto& [name, lines] : answers) {
        const Ended ended = run_example(name);
        INFO(name << "\n" << ended.err);
        CHECK(ended.exit_code == 0);
        CHECK(lines_of(ended.out) == lines);
        CHECK(summary_of(name.substr(3), ended.err).balances());
    }
}

TEST_CASE("the dead-letter example writes its two broken orders beside its output", "[examples]") {
    const TestFolder folder;
    setenv("OUTPUT_FOLDER", folder.path().c_str(), 1);
    const Ended ended = run_example("08_dead_letters");
    unsetenv("OUTPUT_FOLDER");
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(lines_of(folder.read("orders.jsonl")) == 40);
    const std::string letters = folder.read("orders.jsonl.dlq");
    REQUIRE(lines_of(letters) == 2);
    CHECK(letters.find(R"("offset":7,"stage":"decode")") != std::string::npos);
    CHECK(letters.find(R"("offset":19,"stage":"decode")") != std::string::npos);
    const Summary summary = summary_of("dead_letters", ended.err);
    CHECK(summary.dead_lettered == 2);
    CHECK(summary.balances());
}

TEST_CASE("standard input and output can be a job's ends", "[examples]") {
    const TestFolder folder;
    const std::string job = folder.write("job.yaml", R"(name: piped
sources:
  s:
    file: {path: "-"}
    schema: {n: BIGINT}
query: SELECT n * 2 AS twice FROM s
sink:
  file: {path: "-"}
)");
    const Ended ended = run_velostream({"run", "--until-end", job}, "{\"n\":1}\n\n{\"n\":21}\n");
    CHECK(ended.exit_code == 0);
    CHECK(ended.out == "{\"twice\":2}\n{\"twice\":42}\n");
    CHECK(summary_of("piped", ended.err).in == 2);
}

TEST_CASE("a job with mistakes is refused with 78 and all of them", "[examples]") {
    const TestFolder folder;
    const std::string job = folder.write("job.yaml",
                                         "name: Bad Name\nsources:\n  s:\n    file: {path: x}\n    "
                                         "schema: {n: BIGNIT}\nquery: SELECT m FROM s\nsnik: {}\n");
    const Ended ended = run_velostream({"run", job});
    CHECK(ended.exit_code == 78);
    for (const char* expected : {":1:", ":5:", ":6:", ":7:", "did you mean 'sink'?"}) {
        INFO(expected << " in\n" << ended.err);
        CHECK(ended.err.find(expected) != std::string::npos);
    }
}

TEST_CASE("a row under on_error fail ends the job with 1 and names its place", "[examples]") {
    const TestFolder folder;
    const std::string job = folder.write("job.yaml", R"(name: strict
sources:
  s:
    file: {path: "-"}
    schema: {n: BIGINT}
query: SELECT n FROM s
sink:
  file: {path: "-"}
on_error: {decode: fail}
)");
    const Ended ended = run_velostream({"run", "--until-end", job}, "{\"n\":1}\n{\"n\":\"x\"}\n");
    CHECK(ended.exit_code == 1);
    CHECK(ended.err.find("- partition 0 offset 1: column 'n'") != std::string::npos);
}

TEST_CASE("the demo's books balance", "[examples]") {
    const Ended ended = run_velostream({"demo", "--check"});
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(lines_of(ended.out) == 4);
}
