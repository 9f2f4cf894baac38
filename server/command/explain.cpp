#include "engine/plan/binder.hpp"
#include "server/command/commands.hpp"
#include "server/job/job_files.hpp"

namespace velo::server {

int explain(const ExplainArguments& arguments, const config::Environment& environment,
            std::ostream& out, std::ostream& err) {
    const LoadedFiles files =
        load_files({arguments.server_file, {arguments.job}, arguments.until_end}, environment);
    if (!files.mistakes.empty()) {
        err << files.mistakes.text();
        return kExitConfiguration;
    }
    for (const LoadedJob& job : files.jobs) {
        switch (arguments.output) {
            case ExplainArguments::Output::Text:
                out << engine::explain_text(job.plan);
                break;
            case ExplainArguments::Output::Json:
                out << engine::explain_json(job.plan);
                break;
            case ExplainArguments::Output::Dot:
                out << engine::explain_dot(job.plan);
                break;
        }
    }
    return kExitOk;
}

}  // namespace velo::server
