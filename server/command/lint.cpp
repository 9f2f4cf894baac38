#include <fmt/format.h>

#include "server/command/commands.hpp"
#include "server/job/job_files.hpp"

namespace velo::server {

int lint(const LintArguments& arguments, const config::Environment& environment, std::ostream& out,
         std::ostream& err) {
    const LoadedFiles files =
        load_files({arguments.server_file, arguments.jobs, arguments.until_end}, environment);
    const std::size_t mistakes = files.mistakes.mistakes().size();
    out << (arguments.output == LintArguments::Output::Json ? files.mistakes.json()
                                                            : files.mistakes.text());
    if (mistakes == 0) {
        err << fmt::format("{} {}, no mistakes\n", files.jobs.size(),
                           files.jobs.size() == 1 ? "job" : "jobs");
        return kExitOk;
    }
    err << fmt::format("{} {}\n", mistakes, mistakes == 1 ? "mistake" : "mistakes");
    return kExitConfiguration;
}

}  // namespace velo::server
