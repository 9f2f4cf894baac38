// The product at work, with nothing but itself: a broker in this process, made-up trades, three jobs, and their books.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "connectors/kafka/embedded_broker.hpp"
#include "engine/base/error.hpp"
#include "server/command/commands.hpp"
#include "server/daemon.hpp"
#include "server/demo/answer_tail.hpp"
#include "server/demo/demo_jobs.hpp"
#include "server/demo/demo_view.hpp"
#include "server/demo/trade_generator.hpp"
#include "server/http/http_server.hpp"
#include "server/http/routes.hpp"
#include "server/job/job_table.hpp"
#include "server/metrics/job_view.hpp"
#include "server/runtime/clock.hpp"
#include "server/signals.hpp"

namespace velo::server {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kTradesPerSecond = 40'000;
constexpr std::int64_t kCheckNs = 10'000'000'000;
constexpr std::int64_t kCatchUpNs = 20'000'000'000;
constexpr std::int64_t kDrainNs = 30'000'000'000;
constexpr std::uint16_t kUsualPort = 8080;

/// What happens is seen in the table and on the page.
class QuietEvents final : public JobEvents {
public:
    void happened(const std::string&, const JobEvent&) override {}
    void ended() override { wake.notify(); }
    runtime::Wake wake;
};

bool is_over(const Job& job) {
    const runtime::JobState state = job.counters().state.load();
    return state == runtime::JobState::Failed || state == runtime::JobState::Stopped;
}

/// Everything the demo runs, and the order in which it comes and goes.
class Demo {
public:
    explicit Demo(const config::Environment& environment)
        : workers_(std::max(1U, std::thread::hardware_concurrency())),
          jobs_(workers_, false, events_),
          doors_{.jobs = jobs_,
                 .health = health_,
                 .admin_token = nullptr,
                 .is_loopback = true,
                 .reload = {}} {
        events_.wake.arm();  // For good: every event wakes the loop.
        broker_.make_topic(kTradesTopic, kTradesPartitions);
        for (const DemoJob& job : kDemoJobs) {
            broker_.make_topic(job.name, kTradesPartitions);
            broker_.make_topic(std::string(job.name) + ".dlq", 1);
        }
        for (JobDefinition& job : demo_jobs(broker_.address(), environment, workers_))
            jobs_.deploy(std::move(job));
        health_.started = true;
        generator_ = std::make_unique<TradeGenerator>(
            broker_, kTradesPerSecond,
            [this](std::int32_t partition) { return slowest_at(partition); });
    }

    /// The page's address. Without a wish it is the usual port, or any when that one is taken. Throws Error.
    [[nodiscard]] std::string serve_page(std::optional<std::uint16_t> port) {
        const auto listen = [this](std::uint16_t at) {
            http_ = std::make_unique<HttpServer>(
                fmt::format("127.0.0.1:{}", at),
                [this](const HttpRequest& request) { return answer(request, doors_); },
                doors_.requests);
        };
        try {
            listen(port.value_or(kUsualPort));
        } catch (const std::runtime_error&) {
            if (port) throw;
            listen(0);
        }
        return fmt::format("http://127.0.0.1:{}", http_->port());
    }

    /// Shows what goes on until a signal comes, or nobody listens any more.
    void watch(std::ostream& out, const std::string& page) {
        const std::uint32_t columns = terminal_width();
        DemoView view(out, columns, {.broker = broker_.address(), .page = page});
        AnswerTail answers(broker_.address(), "ohlc_1s");
        const std::int64_t began_ns = beat();
        JobsLook before = look();
        while (signals_.wait(events_.wake, -1, columns != 0 ? 500ms : 1000ms) == 0 && out) {
            const double seconds = static_cast<double>(beat() - began_ns) / 1e9;
            JobsLook now = look();
            view.show(seconds, now, before, answers.latest());
            before = std::move(now);
        }
    }

    /// Without a view; ends early when a signal comes.
    void wait(std::int64_t until_ns) {
        while (beat() < until_ns && signals_.wait(events_.wake, -1, 100ms) == 0) {
        }
    }

    /// No more trades; what has been written is read, answered and committed. A signal ends the waiting.
    void drain() {
        generator_->finish();
        health_.draining = true;
        const std::int64_t give_up_ns = beat() + kCatchUpNs;
        while (!has_caught_up() && beat() < give_up_ns &&
               signals_.wait(events_.wake, -1, 20ms) == 0) {
        }
        jobs_.ask_all_to_stop();
        const std::int64_t end_ns = beat() + kDrainNs;
        while (!jobs_.all_ended() && beat() < end_ns &&
               signals_.wait(events_.wake, -1, 100ms) == 0) {
        }
    }

    [[nodiscard]] const JobTable& jobs() const noexcept { return jobs_; }
    [[nodiscard]] const TradeCount& trades() const noexcept { return generator_->count(); }
    [[nodiscard]] std::uint64_t refused() const noexcept { return broker_.refused(); }

    /// What is wrong with the books of a job that has been drained, or nothing. Under the table's mutex.
    [[nodiscard]] std::string judge(const Job& job, const DemoJob& promise) {
        const runtime::Law law = runtime::law_of(job.counters());
        const std::uint64_t out = job.counters().out_records.get();
        const std::uint64_t late = promise.answers_each_row ? 0 : trades().late;
        if (!job.result() || job.result()->end != runtime::RunResult::End::Drained)
            return "did not come to its end: " + job.trouble();
        if (law.in != trades().trades)
            return fmt::format("read {} of {} trades", law.in, trades().trades);
        if (!law.balances()) return "the books do not balance";
        if (law.dead_lettered != trades().malformed)
            return fmt::format("{} dead letters for {} broken trades", law.dead_lettered,
                               trades().malformed);
        if (law.late != late) return fmt::format("{} late rows, and {} were sent", law.late, late);
        if (out == 0) return "no answer";
        if (promise.answers_each_row && out != law.answered)
            return fmt::format("{} answers to {} rows", out, law.answered);
        if (const std::uint64_t there = broker_.records_of(promise.name); there != out)
            return fmt::format("the broker has {} of {} answers", there, out);
        const std::uint64_t letters = broker_.records_of(std::string(promise.name) + ".dlq");
        if (letters != law.dead_lettered + late)
            return fmt::format("the broker has {} of {} dead letters", letters,
                               law.dead_lettered + late);
        return {};
    }

private:
    [[nodiscard]] static std::uint32_t terminal_width() {
        if (isatty(STDOUT_FILENO) == 0) return 0;
        winsize size{};
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
        return size.ws_col;
    }

    std::int64_t beat() {
        const std::int64_t now_ns = runtime::steady_now_ns();
        health_.control_beat_ns = now_ns;
        return now_ns;
    }

    [[nodiscard]] JobsLook look() const {
        return {runtime::steady_now_ns(), parse_json(jobs_json(jobs_)).value_or(JsonValue{})};
    }

    // Who does not read any more holds nobody up.
    [[nodiscard]] std::int64_t slowest_at(std::int32_t partition) const {
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        jobs_.visit([&](const Job& job) {
            if (is_over(job)) return;
            const runtime::PartitionTable& table = job.counters().partitions;
            const SourcePartition number{static_cast<std::uint32_t>(partition)};
            least = std::min<std::int64_t>(
                least, number.value < table.size() ? table.at(number).next_offset.get() : 0);
        });
        return least;
    }

    [[nodiscard]] bool has_caught_up() const {
        bool caught_up = true;
        jobs_.visit([&](const Job& job) {
            caught_up = caught_up &&
                        (is_over(job) || runtime::law_of(job.counters()).in == trades().trades);
        });
        return caught_up;
    }

    const Signals signals_;  // Before any thread: they inherit what is blocked.
    const std::uint32_t workers_;
    QuietEvents events_;
    DaemonHealth health_;
    connectors::EmbeddedBroker broker_;  // Before the jobs, which must be gone first.
    JobTable jobs_;
    DaemonDoors doors_;
    std::unique_ptr<HttpServer> http_;
    std::unique_ptr<TradeGenerator> generator_;
};

std::string quantiles(const JsonValue* latency) {
    if (latency == nullptr) return "-";
    std::string text;
    for (const char* each : {"p50", "p95", "p99"}) {
        const JsonValue* value = latency->find(each);
        const bool is_known = value != nullptr && value->kind == JsonValue::Kind::Number;
        text +=
            (text.empty() ? "" : " / ") + (is_known ? seconds_text(latency->number_of(each)) : "-");
    }
    return text;
}

void print_latency(const JobTable& jobs, std::ostream& out) {
    const JobsLook look{0, parse_json(jobs_json(jobs)).value_or(JsonValue{})};
    out << fmt::format("\n{:<16}{:<28}{:<28}{}\n", "p50 / p95 / p99", "read to written",
                       "trade to written", "commit");
    for (const DemoJob& each : kDemoJobs) {
        const JsonValue* job = job_of(look, each.name);
        const JsonValue* latency = job == nullptr ? nullptr : job->find("latency_seconds");
        if (latency == nullptr) continue;
        out << fmt::format(
            "{:<16}{:<28}{:<28}{}\n", each.name, quantiles(latency->find("processing")),
            quantiles(latency->find("end_to_end")), quantiles(latency->find("commit")));
    }
}

// As they can be typed where the user is: in a clone, or wherever the program has been installed.
void print_next_steps(std::ostream& out) {
    std::error_code ignored;
    const auto here = std::filesystem::current_path(ignored);
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const std::string near = self.lexically_relative(here).string();
    const bool is_inside = !near.empty() && !near.starts_with("..");
    const std::string program = is_inside ? near : "velostream";
    out << "\nnext:  " << program;
    if (std::filesystem::exists("deploy/examples", ignored)) {
        out << " lint deploy/examples\n       " << program
            << " run --until-end deploy/examples/04_tumbling_window.yaml\n       " << program
            << " explain deploy/examples/trades_per_minute.yaml\n";
    } else {
        out << " schema --markdown\n       " << program << " run --help\n       " << program
            << " --help\n";
    }
}

}  // namespace

int demo(const DemoArguments& arguments, const config::Environment& environment, std::ostream& out,
         std::ostream& err) {
    Demo demo(environment);
    const bool has_page = !arguments.check || arguments.port;
    const std::string page = has_page ? demo.serve_page(arguments.port) : "";
    if (has_page) err << "velostream: listening on " << page << '\n' << std::flush;
    if (arguments.check) {
        demo.wait(runtime::steady_now_ns() + kCheckNs);
    } else {
        demo.watch(out, page);
        out << '\n';
    }
    demo.drain();
    bool right = demo.refused() == 0;
    if (!right) err << "demo: the broker refused " << demo.refused() << " trades\n";
    demo.jobs().visit([&](const Job& job) {
        out << summary_line(job) << '\n';
        const auto promise =
            std::ranges::find(kDemoJobs, job.definition().name,
                              [](const DemoJob& one) { return std::string(one.name); });
        if (const std::string wrong = demo.judge(job, *promise); !wrong.empty()) {
            right = false;
            err << "demo: " << job.definition().name << ": " << wrong << '\n';
        }
    });
    if (!arguments.check) print_latency(demo.jobs(), out);
    if (right) {
        out << (arguments.check ? "" : "\n")
            << "nothing is lost: in = answered + filtered + late + dead-lettered + dropped\n";
    }
    if (!arguments.check) print_next_steps(out);
    return right ? kExitOk : kExitFailed;
}

}  // namespace velo::server
