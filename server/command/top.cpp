// The jobs of a running daemon, each second anew: plain text with cursor movements, nothing more.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/format/json_writer.hpp"
#include "server/command/commands.hpp"
#include "server/command/daemon_client.hpp"
#include "server/runtime/clock.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

namespace {

/// One job between two looks.
struct Line {
    std::string name, state, trouble;
    double in_rate = 0, out_rate = 0, late_rate = 0, dlq_rate = 0;
    double lag = 0, watermark_lag = 0, p99 = 0;
    bool has_lag = false, has_watermark = false, has_p99 = false;
    double busy = 0, backpressured = 0;  // Shares of the pipelines' time.
};

struct Look {
    std::int64_t at_ns = 0;
    JsonValue answer;
};

bool is_number(const JsonValue* value) {
    return value != nullptr && value->kind == JsonValue::Kind::Number;
}

const JsonValue* job_of(const Look& look, const std::string& name) {
    const JsonValue* jobs = look.answer.find("jobs");
    if (jobs == nullptr) return nullptr;
    const auto found = std::ranges::find_if(
        jobs->items, [&](const JsonValue& job) { return job.text_of("name") == name; });
    return found == jobs->items.end() ? nullptr : &*found;
}

Line line_of(const JsonValue& now, const JsonValue* before, double seconds) {
    Line line;
    line.name = now.text_of("name");
    line.state = now.text_of("state");
    line.trouble = now.text_of("trouble");
    // Counters that went down belong to another run: what they say now is what came since.
    const auto grown = [&](const char* name) {
        const double old = before == nullptr ? 0 : before->number_of(name);
        const double current = now.number_of(name);
        return current < old ? current : current - old;
    };
    line.in_rate = grown("records_in") / seconds;
    line.out_rate = grown("records_out") / seconds;
    line.late_rate = grown("records_late") / seconds;
    line.dlq_rate = grown("records_dead_lettered") / seconds;
    const double busy = grown("busy_seconds");
    const double held = grown("backpressured_seconds");
    const double all = busy + held + grown("idle_seconds");
    if (all > 0) {
        line.busy = busy / all;
        line.backpressured = held / all;
    }
    line.has_lag = is_number(now.find("lag"));
    line.lag = now.number_of("lag");
    line.has_watermark = is_number(now.find("watermark_lag_seconds"));
    line.watermark_lag = now.number_of("watermark_lag_seconds");
    const JsonValue* latency = now.find("latency_seconds");
    const JsonValue* processing = latency == nullptr ? nullptr : latency->find("processing");
    if (processing != nullptr) {
        line.has_p99 = is_number(processing->find("p99"));
        line.p99 = processing->number_of("p99");
    }
    return line;
}

std::vector<Line> lines_of(const Look& now, const Look& before) {
    std::vector<Line> lines;
    const double seconds = std::max(0.001, static_cast<double>(now.at_ns - before.at_ns) / 1e9);
    if (const JsonValue* jobs = now.answer.find("jobs")) {
        for (const JsonValue& job : jobs->items)
            lines.push_back(line_of(job, job_of(before, job.text_of("name")), seconds));
    }
    // The worst first: who looks at three in the morning looks at the top.
    const auto trouble = [](const Line& line) {
        if (line.state == "failed") return 0;
        if (line.state != "running") return 1;
        return line.trouble.empty() ? 3 : 2;
    };
    std::ranges::stable_sort(lines, [&](const Line& a, const Line& b) {
        return std::pair(trouble(a), -a.lag) < std::pair(trouble(b), -b.lag);
    });
    return lines;
}

std::string seconds_text(double seconds) {
    if (seconds < 0.001) return fmt::format("{:.0f}us", seconds * 1e6);
    if (seconds < 1) return fmt::format("{:.1f}ms", seconds * 1e3);
    if (seconds < 120) return fmt::format("{:.1f}s", seconds);
    if (seconds < 7200) return fmt::format("{:.0f}m", seconds / 60);
    return fmt::format("{:.0f}h", seconds / 3600);
}

std::string table(const std::vector<Line>& lines) {
    std::size_t widest = 3;
    for (const Line& line : lines) widest = std::max(widest, line.name.size());
    std::string out = fmt::format(
        "{:<{}}  {:<10} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} {:>6}\n", "JOB", widest,
        "STATE", "IN/s", "OUT/s", "LAG", "WM-LAG", "LATE/s", "DLQ/s", "P99", "BUSY", "HELD");
    for (const Line& line : lines) {
        out += fmt::format(
            "{:<{}}  {:<10} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>5.0f}% {:>5.0f}%\n",
            line.name, widest, line.state, short_count(line.in_rate), short_count(line.out_rate),
            line.has_lag ? short_count(line.lag) : "-",
            line.has_watermark ? seconds_text(line.watermark_lag) : "-",
            short_count(line.late_rate), short_count(line.dlq_rate),
            line.has_p99 ? seconds_text(line.p99) : "-", line.busy * 100, line.backpressured * 100);
        if (!line.trouble.empty()) out += "    " + line.trouble + '\n';
    }
    return out;
}

std::string json_text(const std::vector<Line>& lines) {
    std::string out;
    engine::JsonWriter json(out);
    json.begin_object().name("jobs").begin_array();
    for (const Line& line : lines) {
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
    Look before;
    for (bool first = true;; first = false) {
        const auto answer = daemon.get("/api/v1/jobs");
        if (!answer) {
            err << "velostream: " << answer.error() << '\n';
            return kExitFailed;
        }
        Look now{runtime::steady_now_ns(), parse_json(*answer).value_or(JsonValue{})};
        if (!first) {
            const std::vector<Line> lines = lines_of(now, before);
            if (!arguments.once && !arguments.json) out << "\x1b[H\x1b[2J";
            out << (arguments.json ? json_text(lines) : table(lines)) << std::flush;
            if (arguments.once || !out) return kExitOk;
        }
        before = std::move(now);
        pause.arm();
        pause.wait(std::chrono::seconds{arguments.once ? 2 : 1});
        pause.disarm();
    }
}

}  // namespace velo::server
