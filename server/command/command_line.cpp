#include "server/command/command_line.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "engine/base/error.hpp"

namespace velo::server {

namespace {

constexpr std::array kSubcommands = {"run", "lint", "explain", "demo", "version"};

constexpr std::string_view kFooter = R"(
Exit codes: 0 ok, 1 failed while running, 2 wrong command line, 3 shutdown deadline passed,
69 Kafka unreachable (with --until-end), 78 invalid configuration or SQL.

Environment: VELOSTREAM_CONFIG is --config, VELOSTREAM_LOG is --log (debug, info, warn, error),
VELOSTREAM_LOG_FORMAT is --log-format (text, json).)";

// What CLI11 writes into, by subcommand; words become enumerators after parsing.
struct Typed {
    RunArguments run;
    LintArguments lint;
    ExplainArguments explain;
    DemoArguments demo;
    VersionArguments version;
    std::string config, log_level, log_format, lint_output = "text", explain_output = "text";
};

template <class Enum>
std::vector<std::string> words_of(std::span<const config::Choice<Enum>> choices) {
    std::vector<std::string> words;
    for (const auto& choice : choices) words.emplace_back(choice.word);
    return words;
}

template <class Enum>
std::optional<Enum> value_of(std::span<const config::Choice<Enum>> choices, std::string_view word) {
    const auto found = std::ranges::find(choices, word, &config::Choice<Enum>::word);
    return found == choices.end() ? std::nullopt : std::optional(found->value);
}

void add_config(CLI::App& command, Typed& typed) {
    command
        .add_option("--config", typed.config,
                    "The server file; velostream.yaml here if there is one")
        ->type_name("FILE");
}

void define_run(CLI::App& app, Typed& typed) {
    CLI::App& run = *app.add_subcommand("run", "Run jobs: the daemon");
    run.add_option("jobs", typed.run.jobs,
                   "Job files and folders; those of the server file when left out")
        ->type_name("JOB.yaml|DIR");
    add_config(run, typed);
    run.add_option("--workers", typed.run.workers, "Worker threads; one per core when left out")
        ->check(CLI::Range(1, 1024))
        ->type_name("N");
    run.add_flag("--until-end", typed.run.until_end,
                 "Read every source up to the end it has now, close all windows, commit, end");
    run.add_option("--log", typed.log_level, "How much to log")->type_name("debug|info|warn|error");
    run.add_option("--log-format", typed.log_format, "How to write the log")
        ->type_name("text|json");
    run.footer("\nExample: velostream run jobs/ --workers 4");
}

void define_lint(CLI::App& app, Typed& typed) {
    CLI::App& lint = *app.add_subcommand("lint", "Find every mistake in job files, with its place");
    lint.add_option("jobs", typed.lint.jobs, "Job files and folders")
        ->type_name("FILE|DIR")
        ->required();
    add_config(lint, typed);
    lint.add_flag("--until-end", typed.lint.until_end, "Judge as 'run --until-end' would");
    lint.add_option("--output", typed.lint_output, "How to write the report")
        ->check(CLI::IsMember({"text", "json"}))
        ->type_name("text|json");
    lint.footer("\nExample: velostream lint jobs/");
}

void define_explain(CLI::App& app, Typed& typed) {
    CLI::App& explain = *app.add_subcommand(
        "explain", "Show the plan of a job: operators, keys, strategy and why, state");
    explain.add_option("job", typed.explain.job, "The job file")->type_name("JOB.yaml")->required();
    add_config(explain, typed);
    explain.add_flag("--until-end", typed.explain.until_end, "Plan as 'run --until-end' would");
    explain.add_option("--output", typed.explain_output, "How to write the plan")
        ->check(CLI::IsMember({"text", "json", "dot"}))
        ->type_name("text|json|dot");
    explain.footer(
        "\nExample: velostream explain jobs/trades.yaml --output dot | dot -Tsvg > plan.svg");
}

void define_others(CLI::App& app, Typed& typed) {
    CLI::App& demo =
        *app.add_subcommand("demo", "Show what it does, with a broker and data of its own");
    demo.add_flag("--check", typed.demo.check,
                  "Run for a moment without a screen, and check that every row is accounted for");
    demo.add_option("--port", typed.demo.port, "Where the page is served")->type_name("N");
    demo.footer("\nExample: velostream demo --check");
    CLI::App& version = *app.add_subcommand("version", "Which build this is");
    version.add_flag("--json", typed.version.json, "As JSON");
    version.footer("\nExample: velostream version --json");
}

int refuse(std::ostream& err, std::string_view text) {
    err << "velostream: " << text << "\nTry 'velostream --help'.\n";
    return kExitUsage;
}

// CLI11 says of a mistyped word only that a subcommand is missing.
std::optional<std::string> unknown_subcommand(const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments[0].starts_with('-') ||
        std::ranges::find(kSubcommands, arguments[0]) != kSubcommands.end())
        return std::nullopt;
    const std::string hint = did_you_mean(arguments[0], {kSubcommands.begin(), kSubcommands.end()});
    return fmt::format(
        "unknown command '{}'{}", arguments[0],
        hint.empty() ? fmt::format("; it can be {}", fmt::join(kSubcommands, ", ")) : hint);
}

// What of CLI11's complaint a person needs.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || chosen.empty())
        return error.what();
    const CLI::App& command = *chosen[0];
    const std::vector<std::string> rest = app.remaining(true);
    if (rest.empty()) return error.what();
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::string_view word = std::string_view(rest[0]).substr(0, rest[0].find('='));
    const std::string hint = did_you_mean(word, {names.begin(), names.end()});
    return fmt::format("'{}' does not take '{}'{}", command.get_name(), word, hint);
}

// Fills in what only the environment says, and turns words into values. The error names what is wrong.
std::expected<Command, std::string> to_command(const std::string& name, Typed typed,
                                               const config::Environment& environment) {
    const auto from_environment = [&](std::string& typed_value, const std::string& variable) {
        if (typed_value.empty()) typed_value = environment(variable).value_or("");
    };
    from_environment(typed.config, "VELOSTREAM_CONFIG");
    const std::optional<std::string> server_file =
        typed.config.empty() ? std::nullopt : std::optional(typed.config);
    if (name == "lint") {
        typed.lint.server_file = server_file;
        typed.lint.output =
            typed.lint_output == "json" ? LintArguments::Output::Json : LintArguments::Output::Text;
        return std::move(typed.lint);
    }
    if (name == "explain") {
        typed.explain.server_file = server_file;
        if (typed.explain_output == "json") typed.explain.output = ExplainArguments::Output::Json;
        if (typed.explain_output == "dot") typed.explain.output = ExplainArguments::Output::Dot;
        return std::move(typed.explain);
    }
    if (name == "demo") return typed.demo;
    if (name == "version") return typed.version;
    typed.run.server_file = server_file;
    from_environment(typed.log_level, "VELOSTREAM_LOG");
    from_environment(typed.log_format, "VELOSTREAM_LOG_FORMAT");
    typed.run.log_level = value_of(config::log_levels(), typed.log_level);
    if (!typed.log_level.empty() && !typed.run.log_level) {
        return std::unexpected(fmt::format("unknown log level '{}'; it can be {}", typed.log_level,
                                           fmt::join(words_of(config::log_levels()), ", ")));
    }
    typed.run.log_format = value_of(config::log_formats(), typed.log_format);
    if (!typed.log_format.empty() && !typed.run.log_format) {
        return std::unexpected(fmt::format("unknown log format '{}'; it can be {}",
                                           typed.log_format,
                                           fmt::join(words_of(config::log_formats()), ", ")));
    }
    return std::move(typed.run);
}

}  // namespace

std::expected<Command, int> parse_command_line(const std::vector<std::string>& arguments,
                                               const config::Environment& environment,
                                               std::ostream& out, std::ostream& err) {
    if (const auto problem = unknown_subcommand(arguments))
        return std::unexpected(refuse(err, *problem));
    Typed typed;
    CLI::App app("Streaming SQL on Kafka: reads topics, runs queries, writes topics.",
                 "velostream");
    define_run(app, typed);
    define_lint(app, typed);
    define_explain(app, typed);
    define_others(app, typed);
    bool version = false;
    app.add_flag("-V,--version", version, "Which build this is");
    app.footer(std::string(kFooter));
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(),
                                           arguments.rend()));  // CLI11 takes them from the back.
    } catch (const CLI::CallForHelp&) {
        const auto chosen = app.get_subcommands();
        out << (chosen.empty() ? app.help() : chosen[0]->help(app.get_name()));
        return std::unexpected(kExitOk);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(refuse(err, usage_text(app, error)));
    }
    if (version) return VersionArguments{};
    const auto chosen = app.get_subcommands();
    if (chosen.empty()) {
        err << app.help();
        return std::unexpected(kExitUsage);
    }
    auto command = to_command(chosen[0]->get_name(), std::move(typed), environment);
    if (!command) return std::unexpected(refuse(err, command.error()));
    return std::move(*command);
}

}  // namespace velo::server
