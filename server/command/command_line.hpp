// What the user typed, as plain structs; all that sees CLI11.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "config/environment.hpp"
#include "config/log_choice.hpp"

namespace velo::server {

// Exit codes, as docs/operations.md promises them.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;    // At run time.
inline constexpr int kExitUsage = 2;     // The command line.
inline constexpr int kExitDeadline = 3;  // shutdown_deadline passed.
inline constexpr int kExitUnreachable =
    69;  // Kafka, with --until-end, --check-kafka and where a command asks it itself.
inline constexpr int kExitConfiguration = 78;  // A file or its SQL.

/// velostream run [--config F] [JOB.yaml|DIR …] [--workers N] [--until-end] [--watch]
struct RunArguments {
    std::optional<std::string> server_file;
    std::vector<std::string> jobs;
    std::optional<std::uint32_t> workers;  // Wins over the server file, as the log does.
    bool until_end = false;
    bool watch = false;  // Reload when a file changes.
    std::optional<config::LogLevel> log_level;
    std::optional<config::LogFormat> log_format;
};

/// velostream lint FILE|DIR … [--output text|json] [--check-kafka]
struct LintArguments {
    enum class Output : std::uint8_t { Text, Json };
    std::optional<std::string> server_file;
    std::vector<std::string> jobs;
    bool until_end = false;  // Judge as `run --until-end` would.
    Output output = Output::Text;
    bool check_kafka = false;  // Ask the cluster too.
};

/// velostream explain JOB.yaml [--output text|json|dot]
struct ExplainArguments {
    enum class Output : std::uint8_t { Text, Json, Dot };
    std::optional<std::string> server_file;
    std::string job;
    bool until_end = false;
    Output output = Output::Text;
};

/// velostream test FILE|DIR … [--output text|junit]
struct TestArguments {
    enum class Output : std::uint8_t { Text, Junit };
    std::optional<std::string> server_file;
    std::vector<std::string> jobs;
    Output output = Output::Text;
};

/// velostream demo [--check] [--port N]
struct DemoArguments {
    bool check = false;
    std::optional<std::uint16_t> port;  // nullopt: 8080, or any that is free; with --check no page.
};

/// velostream schema [--markdown] [--server]
struct SchemaArguments {
    bool markdown = false;
    bool server = false;  // Of the server file instead of job files.
};

/// velostream completion bash|zsh|fish
struct CompletionArguments {
    enum class Shell : std::uint8_t { Bash, Zsh, Fish };
    Shell shell = Shell::Bash;
};

/// Where a running daemon is and how it is asked; what is left out is taken from the server file.
struct DaemonAddress {
    std::optional<std::string> server_file;
    std::string url;         // `http://127.0.0.1:8080`
    std::string token_file;  // Holds the admin token.
};

/// velostream jobs [list|pause|resume|restart|drain|reset] [NAME] [--output text|json]
struct JobsArguments {
    DaemonAddress daemon;
    std::string action = "list";
    std::string name;
    bool json = false;
};

/// velostream top [--once] [--output text|json]
struct TopArguments {
    DaemonAddress daemon;
    bool once = false;
    bool json = false;
};

/// velostream tap JOB[.source|.sink|.dlq] [--limit N] [--output text|json]
struct TapArguments {
    DaemonAddress daemon;
    std::string job;
    std::string point = "sink";
    std::uint64_t limit = 0;  // 0: until a signal ends it.
    bool json = false;
};

/// velostream dlq list|show|replay JOB [--reason R] [--from WHEN] [--limit N] [--to TOPIC] [--dry-run] [--again]
struct DlqArguments {
    std::optional<std::string> server_file;
    std::string action;
    std::string job;  // Its name, or its file.
    std::string reason;
    std::string from;
    std::string to;           // A topic.
    std::uint64_t limit = 0;  // 0: as the action has it.
    bool dry_run = false;
    bool again = false;
    bool json = false;
};

/// velostream init --topic T [--brokers B] [-o JOB.yaml]
struct InitArguments {
    std::optional<std::string> server_file;
    std::string brokers;  // Empty: those of the server file.
    std::string topic;
    std::string file;  // Empty: standard output.
};

/// velostream version [--json]
struct VersionArguments {
    bool json = false;
};

using Command =
    std::variant<RunArguments, LintArguments, ExplainArguments, TestArguments, DemoArguments,
                 SchemaArguments, CompletionArguments, JobsArguments, TopArguments, TapArguments,
                 DlqArguments, InitArguments, VersionArguments>;

/// The command; or the exit code when there is nothing to do: help was asked for and is on `out`, or what was typed is wrong
/// and `err` says how. VELOSTREAM_CONFIG, VELOSTREAM_LOG and VELOSTREAM_LOG_FORMAT stand in for options that were left out.
[[nodiscard]] std::expected<Command, int> parse_command_line(
    const std::vector<std::string>& arguments, const config::Environment& environment,
    std::ostream& out, std::ostream& err);

}  // namespace velo::server
