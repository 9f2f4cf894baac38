#include "server/command/command_options.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/error.hpp"

namespace velo::server {

namespace {

constexpr const char* kFooter = R"(
Exit codes: 0 ok, 1 failed while running, 2 wrong command line, 3 shutdown deadline passed,
69 Kafka unreachable (with --until-end), 78 invalid configuration or SQL.

Environment: VELOSTREAM_CONFIG is --config, VELOSTREAM_LOG is --log (debug, info, warn, error),
VELOSTREAM_LOG_FORMAT is --log-format (text, json), VELOSTREAM_URL is --url,
VELOSTREAM_TOKEN_FILE is --token-file.)";

/// As CLI::IsMember, with the nearest word in its refusal.
CLI::Validator one_of(std::vector<std::string> words) {
    return CLI::Validator(
        [words = std::move(words)](const std::string& word) -> std::string {
            if (std::ranges::find(words, word) != words.end()) return {};
            const std::string hint = did_you_mean(word, {words.begin(), words.end()});
            return fmt::format(
                "unknown word '{}'{}", word,
                hint.empty() ? fmt::format("; it can be {}", fmt::join(words, ", ")) : hint);
        },
        "");
}

void add_config(CLI::App& command, Typed& typed) {
    command
        .add_option("--config", typed.config,
                    "The server file; velostream.yaml here if there is one")
        ->type_name("FILE");
}

void add_output(CLI::App& command, Typed& typed, const std::vector<std::string>& words,
                const char* what) {
    command.add_option("--output", typed.output, what)
        ->check(one_of(words))
        ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

void add_jobs(CLI::App& command, std::vector<std::string>& jobs) {
    command.add_option("jobs", jobs, "Job files and folders")->type_name("FILE|DIR")->required();
}

void add_daemon(CLI::App& command, Typed& typed, DaemonAddress& daemon) {
    add_config(command, typed);
    command
        .add_option("--url", daemon.url,
                    "Where the daemon listens; http.listen of the server file when left out")
        ->type_name("URL");
    command
        .add_option("--token-file", daemon.token_file,
                    "Holds the admin token; that of the server file when left out")
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
    run.add_flag("--watch", typed.run.watch,
                 "Reload when a job file or the server file changes, as on SIGHUP");
    run.add_option("--log", typed.log_level, "How much to log")->type_name("debug|info|warn|error");
    run.add_option("--log-format", typed.log_format, "How to write the log")
        ->type_name("text|json");
    run.footer("\nExample: velostream run jobs/ --workers 4 --watch");
}

void define_lint(CLI::App& app, Typed& typed) {
    CLI::App& lint = *app.add_subcommand("lint", "Find every mistake in job files, with its place");
    add_jobs(lint, typed.lint.jobs);
    add_config(lint, typed);
    lint.add_flag("--until-end", typed.lint.until_end, "Judge as 'run --until-end' would");
    lint.add_flag("--check-kafka", typed.lint.check_kafka,
                  "Ask Kafka too: brokers, topics, partitions, permissions; changes nothing there");
    add_output(lint, typed, {"text", "json"}, "How to write the report");
    lint.footer("\nExample: velostream lint jobs/");
}

void define_explain(CLI::App& app, Typed& typed) {
    CLI::App& explain = *app.add_subcommand(
        "explain", "Show the plan of a job: operators, keys, strategy and why, state");
    explain.add_option("job", typed.explain.job, "The job file")->type_name("JOB.yaml")->required();
    add_config(explain, typed);
    explain.add_flag("--until-end", typed.explain.until_end, "Plan as 'run --until-end' would");
    add_output(explain, typed, {"text", "json", "dot"}, "How to write the plan");
    explain.footer(
        "\nExample: velostream explain jobs/trades.yaml --output dot | dot -Tsvg > plan.svg");
}

void define_test(CLI::App& app, Typed& typed) {
    CLI::App& test = *app.add_subcommand(
        "test", "Run the tests of job files: offline, in virtual time, on 1, 2 and 8 pipelines");
    add_jobs(test, typed.test.jobs);
    add_config(test, typed);
    add_output(test, typed, {"text", "junit"}, "How to write the report");
    test.footer("\nExample: velostream test jobs/ --output junit > results.xml");
}

void define_demo(CLI::App& app, Typed& typed) {
    CLI::App& demo =
        *app.add_subcommand("demo", "Show what it does, with a broker and data of its own");
    demo.add_flag("--check", typed.demo.check,
                  "Run for a moment without a screen, and check that every row is accounted for");
    demo.add_option("--port", typed.demo.port, "Where the page is served")->type_name("N");
    demo.footer("\nExample: velostream demo --check");
}

void define_daemon_clients(CLI::App& app, Typed& typed) {
    CLI::App& jobs =
        *app.add_subcommand("jobs", "List the jobs of a running daemon, or change one");
    jobs.add_option("action", typed.jobs.action, "What to do; list when left out")
        ->check(one_of({"list", "pause", "resume", "restart", "drain", "reset"}))
        ->type_name("list|pause|resume|restart|drain|reset");
    jobs.add_option("name", typed.jobs.name, "The job; list shows all when left out")
        ->type_name("NAME");
    add_daemon(jobs, typed, typed.jobs.daemon);
    add_output(jobs, typed, {"text", "json"}, "How to write the answer");
    jobs.footer("\nExample: velostream jobs pause trades_per_minute");
    CLI::App& top = *app.add_subcommand("top", "Watch the jobs of a running daemon");
    top.add_flag("--once", typed.top.once, "Show them once, after two seconds of measuring");
    add_daemon(top, typed, typed.top.daemon);
    add_output(top, typed, {"text", "json"}, "How to write what is seen");
    top.footer("\nExample: velostream top --once --output json");
    CLI::App& tap =
        *app.add_subcommand("tap", "Watch records of a running job: at its source, sink or dlq");
    tap.add_option("job", typed.tap.job, "The job, and where to look: sink when left out")
        ->type_name("JOB[.source|.sink|.dlq]")
        ->required();
    tap.add_option("--limit", typed.tap.limit, "End after so many; never when left out")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("N");
    add_daemon(tap, typed, typed.tap.daemon);
    add_output(tap, typed, {"text", "json"}, "How to write the records; json: one object a line");
    tap.footer("\nExample: velostream tap trades_per_minute.source --limit 10");
}

void define_init(CLI::App& app, Typed& typed) {
    CLI::App& init = *app.add_subcommand(
        "init", "Write a first job for a topic: samples it, guesses its schema, adds a test");
    init.add_option("--brokers", typed.init.brokers,
                    "Where Kafka is; as the server file says when left out")
        ->type_name("HOST:PORT,…");
    init.add_option("--topic", typed.init.topic, "The topic")->type_name("TOPIC")->required();
    init.add_option("-o,--file", typed.init.file,
                    "The job file to write, which must not be there; standard output when left out")
        ->type_name("JOB.yaml");
    add_config(init, typed);
    init.footer(
        "\nExample: velostream init --brokers broker:9092 --topic orders -o jobs/orders.yaml");
}

void define_dlq(CLI::App& app, Typed& typed) {
    CLI::App& dlq = *app.add_subcommand("dlq", "Look at the dead letters of a job, or replay them");
    dlq.add_option("action", typed.dlq.action, "What to do")
        ->check(one_of({"list", "show", "replay"}))
        ->type_name("list|show|replay")
        ->required();
    dlq.add_option("job", typed.dlq.job, "The job's name in the server file, or its file")
        ->type_name("JOB")
        ->required();
    add_config(dlq, typed);
    dlq.add_option("--reason", typed.dlq.reason, "Only those with this reason or of this stage")
        ->type_name("REASON");
    dlq.add_option(
           "--from", typed.dlq.from,
           "Only those since a time (RFC 3339), for so long (2h), or of PARTITION:OFFSET on")
        ->type_name("WHEN");
    dlq.add_option("--limit", typed.dlq.limit,
                   "At most so many: show the latest (10 when left out), replay the oldest (all)")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("N");
    dlq.add_option("--to", typed.dlq.to, "Replay to this topic; where they came from when left out")
        ->type_name("TOPIC");
    dlq.add_flag("--dry-run", typed.dlq.dry_run, "Say what replay would do");
    dlq.add_flag("--again", typed.dlq.again, "Also what has been replayed before");
    add_output(dlq, typed, {"text", "json"}, "How to write the answer");
    dlq.footer("\nExample: velostream dlq replay trades_per_minute --reason wrong_type --dry-run");
}

void define_others(CLI::App& app, Typed& typed) {
    CLI::App& schema = *app.add_subcommand(
        "schema", "The configuration as a JSON Schema: for editors, and for reading");
    schema.add_flag("--markdown", typed.schema.markdown, "As the reference page, in Markdown");
    schema.add_flag("--server", typed.schema.server,
                    "The schema of the server file instead of job files");
    schema.footer("\nExample: velostream schema > velostream.schema.json");
    CLI::App& completion =
        *app.add_subcommand("completion", "A script that completes commands in a shell");
    completion.add_option("shell", typed.shell, "Which shell")
        ->check(one_of({"bash", "zsh", "fish"}))
        ->type_name("bash|zsh|fish")
        ->required();
    completion.footer("\nExample: source <(velostream completion bash)");
    CLI::App& version = *app.add_subcommand("version", "Which build this is");
    version.add_flag("--json", typed.version_json, "As JSON");
    add_output(version, typed, {"text", "json"}, "How to write it");
    version.footer("\nExample: velostream version --json");
}

}  // namespace

void define_commands(CLI::App& app, Typed& typed) {
    app.name("velostream");
    app.require_subcommand(0, 1);  // In `run jobs`, jobs is a folder.
    app.description("Streaming SQL on Kafka: reads topics, runs queries, writes topics.");
    define_run(app, typed);
    define_lint(app, typed);
    define_explain(app, typed);
    define_test(app, typed);
    define_demo(app, typed);
    define_daemon_clients(app, typed);
    define_init(app, typed);
    define_dlq(app, typed);
    define_others(app, typed);
    app.add_flag("-V,--version", typed.version_flag, "Which build this is");
    app.footer(kFooter);
}

}  // namespace velo::server
