// Every example is loaded; those over files are run, and their books balance.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
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

TEST_CASE("the demo's books balance", "[examples][demo]") {
    const Ended ended = run_velostream({"demo", "--check"});
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(lines_of(ended.out) == 4);
    for (const char* job : {"large_trades", "moving_average", "ohlc_1s"}) {
        INFO(job);
        const Summary summary = summary_of(job, ended.out);
        CHECK(summary.balances());
        CHECK(summary.out > 0);
        CHECK(summary.dead_lettered > 0);
    }
    CHECK(summary_of("ohlc_1s", ended.out).late > 0);
}

TEST_CASE("the demo serves its page, and a signal ends it with totals and what to do next",
          "[examples][demo]") {
    Daemon demo({"demo", "--port", "0"});
    // The third second of each symbol: by then it has shown how it goes.
    demo.wait_until([&] {
        return demo.metric("velostream_records_out_total", "job_name=\"ohlc_1s\"") > 16;
    });
    CHECK(demo.get("/").body.find("<title>Velostream") != std::string::npos);
    CHECK(demo.get("/readyz").status == 200);
    CHECK(demo.get("/api/v1/jobs/large_trades").body.find("at_least_once") != std::string::npos);
    demo.signal(SIGINT);
    const Ended ended = demo.wait();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(ended.out.find("running  in") != std::string::npos);
    CHECK(ended.out.find("\x1b") == std::string::npos);
    CHECK(ended.out.find("\nnothing is lost: in = ") != std::string::npos);
    // What it says can be done next can be done so.
    std::istringstream lines(ended.out.substr(ended.out.find("\nnext:") + 6));
    std::size_t commands = 0;
    for (std::string line; std::getline(lines, line); ++commands) {
        INFO(line);
        CHECK(std::system((line + " >/dev/null 2>&1").c_str()) == 0);
    }
    CHECK(commands == 3);
}

TEST_CASE("the demo says which port it cannot have", "[examples][demo]") {
    Daemon first({"demo", "--port", "0"});
    const Ended second = run_velostream({"demo", "--port", std::to_string(first.port())});
    CHECK(second.exit_code == 1);
    CHECK(second.err.find(std::to_string(first.port())) != std::string::npos);
}
