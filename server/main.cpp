// The program: arguments to a command, and the one place where errors become an exit code.
#include <exception>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "config/environment.hpp"
#include "engine/base/error.hpp"
#include "server/command/command_line.hpp"
#include "server/command/commands.hpp"

namespace {

using namespace velo::server;

int carry_out(const Command& command, const velo::config::Environment& environment) {
    struct Visitor {
        const velo::config::Environment& environment;
        int operator()(const RunArguments& arguments) const {
            return run(arguments, environment, std::cerr);
        }
        int operator()(const LintArguments& arguments) const {
            return lint(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const ExplainArguments& arguments) const {
            return explain(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const TestArguments& arguments) const {
            return test(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const DemoArguments& arguments) const {
            return demo(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const SchemaArguments& arguments) const {
            return schema(arguments, std::cout);
        }
        int operator()(const CompletionArguments& arguments) const {
            return completion(arguments, std::cout);
        }
        int operator()(const JobsArguments& arguments) const {
            return jobs(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const TopArguments& arguments) const {
            return top(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const TapArguments& arguments) const {
            return tap(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const DlqArguments& arguments) const {
            return dlq(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const InitArguments& arguments) const {
            return init(arguments, environment, std::cout, std::cerr);
        }
        int operator()(const VersionArguments& arguments) const {
            return version(arguments, std::cout);
        }
    };
    return std::visit(Visitor{environment}, command);
}

}  // namespace

int main(int count, char** words) {
    try {
        const auto environment = velo::config::process_environment();
        const auto command = parse_command_line({words + (count > 0 ? 1 : 0), words + count},
                                                environment, std::cout, std::cerr);
        const int code = command ? carry_out(*command, environment) : command.error();
        if (std::cout.flush()) return code;
        std::cerr
            << "velostream: standard output cannot be written\n";  // A full disk must not look like an empty report.
        return code == kExitOk ? kExitFailed : code;
    } catch (const velo::Error& error) {
        std::cerr << "velostream: " << error.what() << '\n';
        return kExitConfiguration;
    } catch (const std::exception& error) {
        std::cerr << "velostream: " << error.what() << '\n';
        return kExitFailed;
    }
}
