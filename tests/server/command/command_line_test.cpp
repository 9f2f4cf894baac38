#include "server/command/command_line.hpp"

#include <map>
#include <sstream>

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::server;

namespace {

/// A command line as it was typed, in an environment.
struct Typed {
    explicit Typed(std::vector<std::string> arguments,
                   std::map<std::string, std::string> variables = {})
        : result(parse_command_line(
              arguments,
              [variables](const std::string& name) -> std::optional<std::string> {
                  const auto found = variables.find(name);
                  return found == variables.end() ? std::nullopt : std::optional(found->second);
              },
              out, err)) {}

    template <class Arguments>
    [[nodiscard]] const Arguments& as() const {
        REQUIRE(result);
        REQUIRE(std::holds_alternative<Arguments>(*result));
        return std::get<Arguments>(*result);
    }
    /// The exit code and what was said.
    [[nodiscard]] std::string refusal() const {
        REQUIRE(!result);
        CHECK(out.str().empty());
        return std::to_string(result.error()) + " " + err.str();
    }

    std::ostringstream out;
    std::ostringstream err;
    std::expected<Command, int> result;
};

const std::string kTry = "\nTry 'velostream --help'.\n";

}  // namespace

TEST_CASE("run takes files, folders and its options", "[command]") {
    const Typed typed({"run", "a.yaml", "jobs", "--config", "s.yaml", "--workers", "4",
                       "--until-end", "--log", "debug", "--log-format", "json"});
    const auto& run = typed.as<RunArguments>();
    CHECK(run.jobs == std::vector<std::string>{"a.yaml", "jobs"});
    CHECK(run.server_file == "s.yaml");
    CHECK(run.workers == 4U);
    CHECK(run.until_end);
    CHECK(run.log_level == config::LogLevel::Debug);
    CHECK(run.log_format == config::LogFormat::Json);
}

TEST_CASE("run needs no arguments", "[command]") {
    const Typed typed({"run"});
    const auto& run = typed.as<RunArguments>();
    CHECK(run.jobs.empty());
    CHECK_FALSE(run.server_file);
    CHECK_FALSE(run.workers);
    CHECK_FALSE(run.until_end);
    CHECK_FALSE(run.log_level);
}

TEST_CASE("the environment says what the command line leaves out", "[command]") {
    const std::map<std::string, std::string> variables{{"VELOSTREAM_CONFIG", "e.yaml"},
                                                       {"VELOSTREAM_LOG", "warn"},
                                                       {"VELOSTREAM_LOG_FORMAT", "json"}};
    const Typed typed({"run"}, variables);
    const auto& run = typed.as<RunArguments>();
    CHECK(run.server_file == "e.yaml");
    CHECK(run.log_level == config::LogLevel::Warning);
    CHECK(run.log_format == config::LogFormat::Json);
    const Typed other({"run", "--config", "c.yaml", "--log", "error"}, variables);
    CHECK(other.as<RunArguments>().server_file == "c.yaml");
    CHECK(other.as<RunArguments>().log_level == config::LogLevel::Error);
    CHECK(Typed({"lint", "x"}, variables).as<LintArguments>().server_file == "e.yaml");
    CHECK(Typed({"run"}, {{"VELOSTREAM_LOG", "loud"}}).refusal() ==
          "2 velostream: unknown log level 'loud'; it can be debug, info, warn, error" + kTry);
    CHECK(Typed({"run", "--log-format", "xml"}).refusal() ==
          "2 velostream: unknown log format 'xml'; it can be text, json" + kTry);
}

TEST_CASE("lint, explain, demo and version take their options", "[command]") {
    const Typed lint({"lint", "a", "b", "--output", "json", "--until-end"});
    CHECK(lint.as<LintArguments>().jobs == std::vector<std::string>{"a", "b"});
    CHECK(lint.as<LintArguments>().output == LintArguments::Output::Json);
    CHECK(lint.as<LintArguments>().until_end);
    CHECK(Typed({"explain", "a", "--output=dot"}).as<ExplainArguments>().output ==
          ExplainArguments::Output::Dot);
    CHECK(Typed({"explain", "a"}).as<ExplainArguments>().output == ExplainArguments::Output::Text);
    CHECK(Typed({"demo", "--check", "--port", "9000"}).as<DemoArguments>().port == 9000);
    CHECK(Typed({"version", "--json"}).as<VersionArguments>().json);
    CHECK_FALSE(Typed({"--version"}).as<VersionArguments>().json);
    CHECK_FALSE(Typed({"-V"}).as<VersionArguments>().json);
}

TEST_CASE("help goes to standard output and is no failure", "[command]") {
    const Typed all({"--help"});
    CHECK(all.result.error() == 0);
    CHECK(all.err.str().empty());
    for (const std::string word : {"run", "lint", "explain", "demo", "version", "VELOSTREAM_CONFIG",
                                   "78 invalid configuration"}) {
        CHECK(all.out.str().find(word) != std::string::npos);
    }
    const Typed one({"run", "--help"});
    CHECK(one.result.error() == 0);
    CHECK(one.out.str().find("--until-end") != std::string::npos);
    CHECK(one.out.str().find("Example: velostream run jobs/") != std::string::npos);
}

TEST_CASE("no command at all shows the help as a usage error", "[command]") {
    const Typed none({});
    CHECK(none.result.error() == 2);
    CHECK(none.out.str().empty());
    CHECK(none.err.str().find("lint") != std::string::npos);
}

TEST_CASE("a mistyped command or option gets the nearest one", "[command]") {
    CHECK(Typed({"lnt", "x"}).refusal() ==
          "2 velostream: unknown command 'lnt'; did you mean 'lint'?" + kTry);
    CHECK(Typed({"frobnicate"}).refusal() ==
          "2 velostream: unknown command 'frobnicate'; it can be run, lint, explain, test, demo, "
          "jobs, top, tap, init, dlq, schema, completion, version" +
              kTry);
    CHECK(Typed({"run", "--untilend"}).refusal() ==
          "2 velostream: 'run' does not take '--untilend'; did you mean '--until-end'?" + kTry);
    CHECK(Typed({"lint", "x", "--outptu=json"}).refusal() ==
          "2 velostream: 'lint' does not take '--outptu'; did you mean '--output'?" + kTry);
    CHECK(Typed({"version", "extra"}).refusal() ==
          "2 velostream: 'version' does not take 'extra'" + kTry);
}

TEST_CASE("every usage error ends with 2", "[command]") {
    CHECK(Typed({"lint"}).refusal() ==
          "2 velostream: 'lint' needs FILE|DIR, as in velostream lint jobs/" + kTry);
    CHECK(Typed({"init"}).refusal().starts_with(
        "2 velostream: 'init' needs --topic TOPIC, as in velostream init "));
    CHECK(
        Typed({"explain"}).refusal().starts_with("2 velostream: 'explain' needs JOB.yaml, as in"));
    CHECK(Typed({"dlq", "list"}).refusal().starts_with("2 velostream: 'dlq' needs JOB, as in"));
    CHECK(Typed({"explain", "a", "b"}).refusal().starts_with("2 velostream: "));
    CHECK(Typed({"run", "--workers", "many"}).refusal().starts_with("2 velostream: "));
    CHECK(Typed({"run", "--workers", "0"}).refusal().starts_with("2 velostream: "));
    CHECK(Typed({"run", "--config"}).refusal().starts_with("2 velostream: "));
    CHECK(Typed({"lint", "x", "--output", "xml"}).refusal().starts_with("2 velostream: "));
    CHECK(Typed({"demo", "--port", "99999"}).refusal().starts_with("2 velostream: "));
}
