#include <fmt/format.h>

#include "server/command/commands.hpp"
#include "server/job/job_files.hpp"
#include "server/job/kafka_check.hpp"

namespace velo::server {

int lint(const LintArguments& arguments, const config::Environment& environment, std::ostream& out,
         std::ostream& err) {
    LoadedFiles files =
        load_files({arguments.server_file, arguments.jobs, arguments.until_end}, environment);
    KafkaFindings kafka;
    const bool files_are_right = files.mistakes.empty();
    if (arguments.check_kafka) {
        kafka = check_kafka(files, environment);
        files.mistakes.add(kafka.mistakes);
    }
    const std::size_t mistakes = files.mistakes.mistakes().size();
    out << (arguments.output == LintArguments::Output::Json ? files.mistakes.json()
                                                            : files.mistakes.text());
    for (const Mistake& note : kafka.notes)
        err << fmt::format("{}: note: {}\n", note.place.text(), note.text);
    for (const std::string& line : kafka.lines) err << line << '\n';
    if (mistakes == 0) {
        err << fmt::format("{} {}, no mistakes\n", files.jobs.size(),
                           files.jobs.size() == 1 ? "job" : "jobs");
        return kExitOk;
    }
    err << fmt::format("{} {}\n", mistakes, mistakes == 1 ? "mistake" : "mistakes");
    // Who waits for Kafka to come up asks again; who has made a mistake has to correct it first.
    const bool only_silence = kafka.unreachable == kafka.mistakes.size();
    return files_are_right && only_silence ? kExitUnreachable : kExitConfiguration;
}

}  // namespace velo::server
