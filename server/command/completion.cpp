// Shell completion, made of the same table of commands and options that parses them.
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "server/command/command_options.hpp"
#include "server/command/commands.hpp"

namespace velo::server {

namespace {

struct CompletedOption {
    std::string name;  // `--output`
    std::string help;
    std::vector<std::string> words;  // What its value can be; empty: a file, or no value.
    bool has_value = false;
};

struct CompletedCommand {
    std::string name;
    std::string help;
    std::vector<CompletedOption> options;
    std::vector<std::string> words;  // Of the first argument without a name; empty: files.
};

// `text|json` are words; FILE|DIR stands for what is not known here.
std::vector<std::string> words_of(const std::string& type_name) {
    if (type_name.find('|') == std::string::npos ||
        type_name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos)
        return {};
    std::vector<std::string> words;
    std::istringstream parts(type_name);
    for (std::string word; std::getline(parts, word, '|');) words.push_back(word);
    return words;
}

std::vector<CompletedCommand> commands() {
    Typed typed;
    CLI::App app;
    define_commands(app, typed);
    std::vector<CompletedCommand> all;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        CompletedCommand& into = all.emplace_back(
            CompletedCommand{command->get_name(), command->get_description(), {}, {}});
        for (const CLI::Option* option : command->get_options()) {
            const std::vector<std::string> words = words_of(option->get_type_name());
            if (option->get_lnames().empty()) {
                if (into.words.empty()) into.words = words;
                continue;
            }
            into.options.push_back({"--" + option->get_lnames().front(), option->get_description(),
                                    words, option->get_type_size() > 0});
        }
    }
    return all;
}

std::vector<std::string> names_of(const std::vector<CompletedCommand>& all) {
    std::vector<std::string> names;
    for (const CompletedCommand& command : all) names.push_back(command.name);
    return names;
}

std::vector<std::string> option_names(const CompletedCommand& command) {
    std::vector<std::string> names;
    for (const CompletedOption& option : command.options) names.push_back(option.name);
    return names;
}

std::string bash() {
    const auto all = commands();
    std::string out =
        "# bash completion of velostream; load it with: source <(velostream completion bash)\n"
        "_velostream() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
    out += fmt::format(
        "        mapfile -t COMPREPLY < <(compgen -W \"{} --help --version\" -- \"$word\")\n"
        "        return\n    fi\n    case ${{COMP_WORDS[1]}}:$before in\n",
        fmt::join(names_of(all), " "));
    for (const CompletedCommand& command : all) {
        for (const CompletedOption& option : command.options) {
            if (option.words.empty()) continue;
            out += fmt::format(
                "        {}:{}) mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\"); return ;;"
                "\n",
                command.name, option.name, fmt::join(option.words, " "));
        }
    }
    out += "    esac\n    case ${COMP_WORDS[1]} in\n";
    for (const CompletedCommand& command : all) {
        out += fmt::format(
            "        {}) mapfile -t COMPREPLY < <(compgen -W \"{}{}{}\" -- \"$word\") ;;\n",
            command.name, fmt::join(option_names(command), " "), command.words.empty() ? "" : " ",
            fmt::join(command.words, " "));
    }
    out +=
        "    esac\n}\n"
        "complete -o default -o bashdefault -F _velostream velostream\n";
    return out;
}

// Text inside single quotes of a shell, where brackets and colons mean something to zsh.
std::string quoted(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            if (c == '[' || c == ']' || c == ':') out += '\\';
            out += c;
        }
    }
    return out;
}

std::string zsh() {
    const auto all = commands();
    std::string out =
        "#compdef velostream\n"
        "# zsh completion of velostream; load it with: source <(velostream completion zsh)\n"
        "_velostream() {\n    local -a commands\n    commands=(\n";
    for (const CompletedCommand& command : all)
        out += fmt::format("        '{}:{}'\n", command.name, quoted(command.help));
    out +=
        "    )\n"
        "    if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
        "    local command=$words[2]\n    shift words; (( CURRENT-- ))\n    case $command in\n";
    for (const CompletedCommand& command : all) {
        out += fmt::format("        {}) _arguments", command.name);
        for (const CompletedOption& option : command.options) {
            const std::string value =
                !option.has_value      ? ""
                : option.words.empty() ? ":value:_files"
                                       : fmt::format(":value:({})", fmt::join(option.words, " "));
            out += fmt::format(" '{}[{}]{}'", option.name, quoted(option.help), value);
        }
        out += command.words.empty()
                   ? " '*:file:_files'"
                   : fmt::format(" '1:word:({})' '*: :'", fmt::join(command.words, " "));
        out += " ;;\n";
    }
    out += "    esac\n}\ncompdef _velostream velostream\n";
    return out;
}

std::string fish_quoted(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string fish() {
    const auto all = commands();
    std::string out =
        "# fish completion of velostream; load it with: velostream completion fish | source\n";
    for (const CompletedCommand& command : all) {
        out += fmt::format("complete -c velostream -n __fish_use_subcommand -f -a {} -d '{}'\n",
                           command.name, fish_quoted(command.help));
    }
    for (const CompletedCommand& command : all) {
        const std::string when =
            fmt::format("complete -c velostream -n '__fish_seen_subcommand_from {}'", command.name);
        for (const CompletedOption& option : command.options) {
            const std::string value =
                !option.has_value      ? ""
                : option.words.empty() ? " -r"
                                       : fmt::format(" -x -a '{}'", fmt::join(option.words, " "));
            out += fmt::format("{} -l {}{} -d '{}'\n", when, option.name.substr(2), value,
                               fish_quoted(option.help));
        }
        if (!command.words.empty())
            out += fmt::format("{} -f -a '{}'\n", when, fmt::join(command.words, " "));
    }
    return out;
}

}  // namespace

int completion(const CompletionArguments& arguments, std::ostream& out) {
    switch (arguments.shell) {
        case CompletionArguments::Shell::Bash:
            out << bash();
            break;
        case CompletionArguments::Shell::Zsh:
            out << zsh();
            break;
        case CompletionArguments::Shell::Fish:
            out << fish();
            break;
    }
    return kExitOk;
}

}  // namespace velo::server
