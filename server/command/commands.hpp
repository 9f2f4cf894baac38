// The commands of the program, one function each. Each returns the exit code; data goes to `out`, notices to `err`.
#pragma once

#include <ostream>

#include "config/environment.hpp"
#include "server/command/command_line.hpp"

namespace velo::server {

/// The daemon. Throws Error with the mistakes that keep it from starting.
[[nodiscard]] int run(const RunArguments& arguments, const config::Environment& environment,
                      std::ostream& err);

/// The report of mistakes, on `out`; 78 when there is one, 69 when all there is is a Kafka that does not answer.
[[nodiscard]] int lint(const LintArguments& arguments, const config::Environment& environment,
                       std::ostream& out, std::ostream& err);

/// The plan of one job, on `out`; 78 when it has mistakes, which then are on `err`.
[[nodiscard]] int explain(const ExplainArguments& arguments, const config::Environment& environment,
                          std::ostream& out, std::ostream& err);

/// Runs the tests of job files and reports on `out`; 1 when one fails, 78 when a file has mistakes, which then are on `err`.
[[nodiscard]] int test(const TestArguments& arguments, const config::Environment& environment,
                       std::ostream& out, std::ostream& err);

/// Jobs over a broker and data made here, until a signal ends it or, with --check, for ten seconds; 1 when the books are wrong.
[[nodiscard]] int demo(const DemoArguments& arguments, const config::Environment& environment,
                       std::ostream& out, std::ostream& err);

/// The configuration as a JSON Schema or as Markdown, on `out`.
[[nodiscard]] int schema(const SchemaArguments& arguments, std::ostream& out);

/// A script for a shell that completes the program's commands and options, on `out`.
[[nodiscard]] int completion(const CompletionArguments& arguments, std::ostream& out);

/// `jobs reset`: makes a job that runs nowhere forget its positions and its state; 69 when Kafka does not answer.
[[nodiscard]] int reset(const JobsArguments& arguments, const config::Environment& environment,
                        std::ostream& out, std::ostream& err);

/// Lists the jobs of a running daemon, or changes one; 1 when the daemon says no or does not answer.
[[nodiscard]] int jobs(const JobsArguments& arguments, const config::Environment& environment,
                       std::ostream& out, std::ostream& err);

/// The jobs of a running daemon, again and again until a signal ends it.
[[nodiscard]] int top(const TopArguments& arguments, const config::Environment& environment,
                      std::ostream& out, std::ostream& err);

/// Samples of a running job's records, on `out`, until there are enough or a signal ends it; 1 when the daemon says no,
/// does not answer or goes away.
[[nodiscard]] int tap(const TapArguments& arguments, const config::Environment& environment,
                      std::ostream& out, std::ostream& err);

/// The dead letters of a job: how many of which kind, or themselves, on `out`; or back to where they came from. 69 when
/// Kafka does not answer, 1 when something could not be replayed.
[[nodiscard]] int dlq(const DlqArguments& arguments, const config::Environment& environment,
                      std::ostream& out, std::ostream& err);

/// A first job file for a topic, into the file or on `out`; 69 when Kafka does not answer, 1 when there is nothing to learn
/// from the topic or the file is there already.
[[nodiscard]] int init(const InitArguments& arguments, const config::Environment& environment,
                       std::ostream& out, std::ostream& err);

/// Which build this is, on `out`.
[[nodiscard]] int version(const VersionArguments& arguments, std::ostream& out);

}  // namespace velo::server
