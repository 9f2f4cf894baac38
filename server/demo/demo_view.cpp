#include "server/demo/demo_view.hpp"

#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "server/command/daemon_client.hpp"
#include "server/version.hpp"

namespace velo::server {

namespace {

constexpr const char* kClear = "\x1b[2J";
constexpr const char* kToTop = "\x1b[H";
constexpr const char* kRestOfLine = "\x1b[K";
constexpr const char* kRestOfScreen = "\x1b[J";

std::string banner_text(const DemoBanner& banner) {
    std::string text = fmt::format("Velostream {} demo   broker {} (in memory, not durable)",
                                   kVersion, banner.broker);
    if (!banner.page.empty()) text += "   page " + banner.page;
    return text;
}

}  // namespace

DemoView::DemoView(std::ostream& out, std::uint32_t columns, DemoBanner banner)
    : out_(out), columns_(columns), banner_(std::move(banner)) {
    if (columns_ == 0) {
        out_ << banner_text(banner_) << '\n' << std::flush;
    } else {
        out_ << kClear;
    }
}

void DemoView::show(double seconds, const JobsLook& now, const JobsLook& before,
                    const std::string& answer) {
    const std::vector<JobLine> lines = job_lines(now, before);
    if (columns_ != 0) {
        std::string text = banner_text(banner_) + "\n\n" + job_line_table(lines) + "\nohlc_1s: " +
                           (answer.empty() ? "its first second is not over" : answer);
        text +=
            "\n\nEvery 2,500th trade comes half a minute late, every 5,000th is broken, half of "
            "them are of one symbol.\n";
        if (!banner_.page.empty()) text += "Open " + banner_.page + " for the whole picture. ";
        return draw(text + "Ctrl-C ends with the totals.\n");
    }
    for (const JobLine& line : lines) {
        const JsonValue* job = job_of(now, line.name);
        out_ << fmt::format(
            "{:6.1f} s  {:<15} {:<8} in {:>6}/s  out {:>6}/s  lag {:>5}  late {:>3.0f}  "
            "dead letters {:>3.0f}  p99 {}\n",
            seconds, line.name, line.state, short_count(line.in_rate), short_count(line.out_rate),
            line.has_lag ? short_count(line.lag) : "-", job->number_of("records_late"),
            job->number_of("records_dead_lettered"), line.has_p99 ? seconds_text(line.p99) : "-");
        if (!line.trouble.empty()) out_ << "          " << line.trouble << '\n';
    }
    if (answer != shown_answer_) out_ << "          ohlc_1s: " << (shown_answer_ = answer) << '\n';
    out_ << std::flush;
}

// A line that is wider than the terminal would take two, and the next picture would not cover this one.
void DemoView::draw(const std::string& text) {
    std::istringstream lines(text);
    out_ << kToTop;
    for (std::string line; std::getline(lines, line);)
        out_ << line.substr(0, columns_) << kRestOfLine << '\n';
    out_ << kRestOfScreen << std::flush;
}

}  // namespace velo::server
