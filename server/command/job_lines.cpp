#include "server/command/job_lines.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "server/command/daemon_client.hpp"

namespace velo::server {

namespace {

bool is_number(const JsonValue* value) {
    return value != nullptr && value->kind == JsonValue::Kind::Number;
}

JobLine line_of(const JsonValue& now, const JsonValue* before, double seconds) {
    JobLine line;
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

}  // namespace

const JsonValue* job_of(const JobsLook& look, const std::string& name) {
    const JsonValue* jobs = look.answer.find("jobs");
    if (jobs == nullptr) return nullptr;
    const auto found = std::ranges::find_if(
        jobs->items, [&](const JsonValue& job) { return job.text_of("name") == name; });
    return found == jobs->items.end() ? nullptr : &*found;
}

std::vector<JobLine> job_lines(const JobsLook& now, const JobsLook& before) {
    std::vector<JobLine> lines;
    const double seconds = std::max(0.001, static_cast<double>(now.at_ns - before.at_ns) / 1e9);
    if (const JsonValue* jobs = now.answer.find("jobs")) {
        for (const JsonValue& job : jobs->items)
            lines.push_back(line_of(job, job_of(before, job.text_of("name")), seconds));
    }
    // The worst first: who looks at three in the morning looks at the top.
    const auto trouble = [](const JobLine& line) {
        if (line.state == "failed") return 0;
        if (line.state != "running") return 1;
        return line.trouble.empty() ? 3 : 2;
    };
    std::ranges::stable_sort(lines, [&](const JobLine& a, const JobLine& b) {
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

std::string job_line_table(const std::vector<JobLine>& lines) {
    std::size_t widest = 3;
    for (const JobLine& line : lines) widest = std::max(widest, line.name.size());
    std::string out = fmt::format(
        "{:<{}}  {:<10} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} {:>6}\n", "JOB", widest,
        "STATE", "IN/s", "OUT/s", "LAG", "WM-LAG", "LATE/s", "DLQ/s", "P99", "BUSY", "HELD");
    for (const JobLine& line : lines) {
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

}  // namespace velo::server
