#include "server/command/command_line.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/error.hpp"
#include "server/command/command_options.hpp"

namespace velo::server {

namespace {

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

int refuse(std::ostream& err, std::string_view text) {
    err << "velostream: " << text << "\nTry 'velostream --help'.\n";
    return kExitUsage;
}

// CLI11 says of a mistyped word only that a subcommand is missing.
std::optional<std::string> unknown_subcommand(const CLI::App& app,
                                              const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments[0].starts_with('-')) return std::nullopt;
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands(nullptr))
        names.push_back(command->get_name());
    if (std::ranges::find(names, arguments[0]) != names.end()) return std::nullopt;
    const std::string hint = did_you_mean(arguments[0], {names.begin(), names.end()});
    return fmt::format("unknown command '{}'{}", arguments[0],
                       hint.empty() ? fmt::format("; it can be {}", fmt::join(names, ", ")) : hint);
}

// " velostream lint jobs/", from the command's last words of help.
std::string example_of(const CLI::App& command) {
    const std::string footer = command.get_footer();
    const std::size_t colon = footer.find(':');
    return colon == std::string::npos ? std::string{} : footer.substr(colon + 1);
}

// What of CLI11's complaint a person needs.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error) {
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
        const std::string text = error.what();  // `Could not convert: --port = x`
        const std::size_t at = text.find("--");
        const std::size_t equals = text.find(" = ");
        if (at < equals && equals != std::string::npos)
            return fmt::format("{}: '{}' is no number it can take", text.substr(at, equals - at),
                               text.substr(equals + 3));
    }
    const auto chosen = app.get_subcommands();
    if (chosen.empty()) return error.what();
    const CLI::App& command = *chosen[0];
    const std::vector<std::string> rest = app.remaining(true);
    const bool lacks_one = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    if (lacks_one && rest.empty()) {
        for (const CLI::Option* option : command.get_options()) {
            if (!option->get_required() || option->count() != 0) continue;
            const std::string name = option->get_positional() ? "" : option->get_name() + " ";
            return fmt::format("'{}' needs {}{}, as in{}", command.get_name(), name,
                               option->get_type_name(), example_of(command));
        }
    }
    const bool has_more = lacks_one || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    if (!has_more || rest.empty()) return error.what();
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::string_view word = std::string_view(rest[0]).substr(0, rest[0].find('='));
    const std::string hint = did_you_mean(word, {names.begin(), names.end()});
    return fmt::format("'{}' does not take '{}'{}", command.get_name(), word, hint);
}

using Parsed = std::expected<Command, std::string>;

/// Turns words into values, and fills in what only the environment says.
class ToCommand {
public:
    ToCommand(Typed typed, const config::Environment& environment)
        : typed_(std::move(typed)), environment_(environment) {
        from_environment(typed_.config, "VELOSTREAM_CONFIG");
        if (!typed_.config.empty()) server_file_ = typed_.config;
    }

    Parsed make(const std::string& name) {
        if (name == "run") return run();
        if (name == "lint") return lint();
        if (name == "explain") return explain();
        if (name == "test") return test();
        if (name == "jobs") return jobs();
        if (name == "top") return top();
        if (name == "tap") return tap();
        if (name == "dlq") return dlq();
        if (name == "init") {
            typed_.init.server_file = server_file_;
            return std::move(typed_.init);
        }
        if (name == "demo") return typed_.demo;
        if (name == "schema") return typed_.schema;
        if (name == "completion") return completion();
        return VersionArguments{typed_.version_json || typed_.output == "json"};
    }

private:
    void from_environment(std::string& value, const std::string& variable) const {
        if (value.empty()) value = environment_(variable).value_or("");
    }

    Parsed run() {
        typed_.run.server_file = server_file_;
        from_environment(typed_.log_level, "VELOSTREAM_LOG");
        from_environment(typed_.log_format, "VELOSTREAM_LOG_FORMAT");
        typed_.run.log_level = value_of(config::log_levels(), typed_.log_level);
        if (!typed_.log_level.empty() && !typed_.run.log_level) {
            return std::unexpected(fmt::format("unknown log level '{}'; it can be {}",
                                               typed_.log_level,
                                               fmt::join(words_of(config::log_levels()), ", ")));
        }
        typed_.run.log_format = value_of(config::log_formats(), typed_.log_format);
        if (!typed_.log_format.empty() && !typed_.run.log_format) {
            return std::unexpected(fmt::format("unknown log format '{}'; it can be {}",
                                               typed_.log_format,
                                               fmt::join(words_of(config::log_formats()), ", ")));
        }
        if (typed_.run.watch && typed_.run.until_end)
            return std::unexpected("--watch and --until-end do not go together: one never ends");
        return std::move(typed_.run);
    }

    Parsed lint() {
        typed_.lint.server_file = server_file_;
        typed_.lint.output =
            typed_.output == "json" ? LintArguments::Output::Json : LintArguments::Output::Text;
        return std::move(typed_.lint);
    }

    Parsed explain() {
        typed_.explain.server_file = server_file_;
        if (typed_.output == "json") typed_.explain.output = ExplainArguments::Output::Json;
        if (typed_.output == "dot") typed_.explain.output = ExplainArguments::Output::Dot;
        return std::move(typed_.explain);
    }

    Parsed test() {
        typed_.test.server_file = server_file_;
        if (typed_.output == "junit") typed_.test.output = TestArguments::Output::Junit;
        return std::move(typed_.test);
    }

    Parsed jobs() {
        complete(typed_.jobs.daemon);
        typed_.jobs.json = typed_.output == "json";
        if (typed_.jobs.name.empty() && typed_.jobs.action != "list") {
            return std::unexpected(
                fmt::format("'jobs {}' needs the name of a job; 'jobs list' "
                            "shows them",
                            typed_.jobs.action));
        }
        return std::move(typed_.jobs);
    }

    Parsed top() {
        complete(typed_.top.daemon);
        typed_.top.json = typed_.output == "json";
        return std::move(typed_.top);
    }

    Parsed tap() {
        complete(typed_.tap.daemon);
        typed_.tap.json = typed_.output == "json";
        const std::size_t dot = typed_.tap.job.find('.');
        if (dot != std::string::npos) {
            typed_.tap.point = typed_.tap.job.substr(dot + 1);
            typed_.tap.job.resize(dot);
        }
        static const std::vector<std::string_view> kPoints{"source", "sink", "dlq"};
        if (std::ranges::find(kPoints, typed_.tap.point) != kPoints.end())
            return std::move(typed_.tap);
        const std::string hint = did_you_mean(typed_.tap.point, kPoints);
        return std::unexpected(
            fmt::format("'tap' knows no point '{}'{}", typed_.tap.point,
                        hint.empty() ? "; it can be source, sink or dlq" : hint));
    }

    Parsed dlq() {
        DlqArguments& dlq = typed_.dlq;
        dlq.server_file = server_file_;
        dlq.json = typed_.output == "json";
        if (dlq.action != "replay" && (!dlq.to.empty() || dlq.dry_run))
            return std::unexpected("--to and --dry-run go with 'dlq replay' only");
        if (dlq.action == "list" && dlq.limit != 0)
            return std::unexpected("--limit goes with 'dlq show' and 'dlq replay' only");
        return std::move(dlq);
    }

    Parsed completion() const {
        if (typed_.shell == "zsh") return CompletionArguments{CompletionArguments::Shell::Zsh};
        if (typed_.shell == "fish") return CompletionArguments{CompletionArguments::Shell::Fish};
        return CompletionArguments{CompletionArguments::Shell::Bash};
    }

    void complete(DaemonAddress& daemon) const {
        daemon.server_file = server_file_;
        from_environment(daemon.url, "VELOSTREAM_URL");
        from_environment(daemon.token_file, "VELOSTREAM_TOKEN_FILE");
    }

    Typed typed_;
    const config::Environment& environment_;
    std::optional<std::string> server_file_;
};

}  // namespace

std::expected<Command, int> parse_command_line(const std::vector<std::string>& arguments,
                                               const config::Environment& environment,
                                               std::ostream& out, std::ostream& err) {
    Typed typed;
    CLI::App app;
    define_commands(app, typed);
    if (const auto problem = unknown_subcommand(app, arguments))
        return std::unexpected(refuse(err, *problem));
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
    if (typed.version_flag) return VersionArguments{};
    const auto chosen = app.get_subcommands();
    if (chosen.empty()) {
        err << app.help();
        return std::unexpected(kExitUsage);
    }
    auto command = ToCommand(std::move(typed), environment).make(chosen[0]->get_name());
    if (!command) return std::unexpected(refuse(err, command.error()));
    return std::move(*command);
}

}  // namespace velo::server
