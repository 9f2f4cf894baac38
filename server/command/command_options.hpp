// Every command and option of the program, once: parsing, help and shell completion are made of it.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "server/command/command_line.hpp"

namespace velo::server {

/// What CLI11 writes into, by subcommand; words become enumerators after parsing.
struct Typed {
    RunArguments run;
    LintArguments lint;
    ExplainArguments explain;
    TestArguments test;
    DemoArguments demo;
    SchemaArguments schema;
    JobsArguments jobs;
    TopArguments top;
    TapArguments tap;
    DlqArguments dlq;
    InitArguments init;
    bool version_json = false;
    bool version_flag = false;
    std::string config, log_level, log_format, shell;
    std::string output = "text";  // Of whichever subcommand.
};

/// Gives `app` all subcommands and options. `typed` outlives it.
void define_commands(CLI::App& app, Typed& typed);

}  // namespace velo::server
