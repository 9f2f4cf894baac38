// The jobs of a running daemon, each second anew: plain text with cursor movements, nothing more.
#include <chrono>
#include <string>
#include <vector>

#include "engine/format/json_writer.hpp"
#include "server/command/commands.hpp"
#include "server/command/daemon_client.hpp"
#include "server/command/job_lines.hpp"
#include "server/runtime/clock.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

namespace {

std::string json_text(const std::vector<JobLine>& lines) {
    std::string out;
    engine::JsonWriter json(out);
    json.begin_object().name("jobs").begin_array();
    for (const JobLine& line : lines) {
        json.begin_object().name("name").text(line.name).name("state").text(line.state);
        json.name("trouble").text(line.trouble);
        json.name("in_per_second").number(line.in_rate);
        json.name("out_per_second").number(line.out_rate);
        json.name("late_per_second").number(line.late_rate);
        json.name("dead_lettered_per_second").number(line.dlq_rate);
        json.name("lag");
        line.has_lag ? json.number(line.lag) : json.null();
        json.name("watermark_lag_seconds");
        line.has_watermark ? json.number(line.watermark_lag) : json.null();
        json.name("processing_p99_seconds");
        line.has_p99 ? json.number(line.p99) : json.null();
        json.name("busy").number(line.busy);
        json.name("backpressured").number(line.backpressured);
        json.end_object();
    }
    json.end_array().end_object();
    return out + '\n';
}

}  // namespace

int top(const TopArguments& arguments, const config::Environment& environment, std::ostream& out,
        std::ostream& err) {
    const DaemonClient daemon(arguments.daemon, environment);
    runtime::Wake pause;  // Nobody wakes it: it paces the looks.
    JobsLook before;
    for (bool first = true;; first = false) {
        const auto answer = daemon.get("/api/v1/jobs");
        if (!answer) {
            err << "velostream: " << answer.error() << '\n';
            return kExitFailed;
        }
        JobsLook now{runtime::steady_now_ns(), parse_json(*answer).value_or(JsonValue{})};
        if (!first) {
            const std::vector<JobLine> lines = job_lines(now, before);
            if (!arguments.once && !arguments.json) out << "\x1b[H\x1b[2J";
            out << (arguments.json ? json_text(lines) : job_line_table(lines)) << std::flush;
            if (arguments.once || !out) return kExitOk;
        }
        before = std::move(now);
        pause.arm();
        pause.wait(std::chrono::seconds{arguments.once ? 2 : 1});
        pause.disarm();
    }
}

}  // namespace velo::server
