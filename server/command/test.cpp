// Runs the `tests:` of job files, each on 1, 2 and 8 pipelines, and reports.
#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/command/commands.hpp"
#include "server/command/test_compare.hpp"
#include "server/command/test_run.hpp"
#include "server/job/job_files.hpp"

namespace velo::server {

namespace {

using Lines = std::vector<std::string>;

/// One test as the report shows it.
struct Verdict {
    std::string job;
    std::string test;
    std::string place;
    double seconds = 0;
    std::vector<std::pair<std::string, Lines>> wrong;  // On which pipelines; what.
};

/// The report on one test: shapes with the same differences are told of together.
Verdict judge(const LoadedJob& job, const config::JobTestSpec& test,
              std::array<TestBench, 3>& benches) {
    const auto begun = std::chrono::steady_clock::now();
    Verdict verdict{.job = job.spec.name.value,
                    .test = test.name.value,
                    .place = test.name.place.text(),
                    .wrong = {}};
    std::optional<TestResult> on_one;
    for (TestBench& bench : benches) {
        TestResult result = bench.run(job.spec, job.plan, test);
        Lines lines = differences(test, job.plan.output, result, bench.pipelines());
        if (lines.empty() && on_one && test.ordered) lines = order_differences(*on_one, result);
        if (!on_one) on_one = std::move(result);
        if (lines.empty()) continue;
        const std::string number = std::to_string(bench.pipelines());
        if (!verdict.wrong.empty() && verdict.wrong.back().second == lines) {
            verdict.wrong.back().first += ", " + number;
        } else {
            verdict.wrong.emplace_back(number, std::move(lines));
        }
    }
    verdict.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return verdict;
}

std::string pipelines_text(const std::string& numbers) {
    return fmt::format("on {} pipeline{}", numbers, numbers == "1" ? "" : "s");
}

void write_text(const Verdict& verdict, std::ostream& out) {
    if (verdict.wrong.empty()) {
        out << fmt::format("ok      {}: {}\n", verdict.job, verdict.test);
        return;
    }
    for (const auto& [numbers, lines] : verdict.wrong) {
        out << fmt::format("FAILED  {}: {}  ({}, {})\n", verdict.job, verdict.test, verdict.place,
                           pipelines_text(numbers));
        for (const std::string& line : lines) out << "          " << line << '\n';
    }
}

std::string xml_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\n':
                out += "&#10;";
                break;
            default:
                // XML 1.0 has no way to write most control characters.
                out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
        }
    }
    return out;
}

// One suite per job; the form that Jenkins, GitLab and most others read.
void write_junit(const std::vector<Verdict>& verdicts, std::ostream& out) {
    const auto failures_of = [](std::span<const Verdict> some) {
        return std::ranges::count_if(some, [](const Verdict& v) { return !v.wrong.empty(); });
    };
    out << fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{}\" failures=\"{}\">\n",
        verdicts.size(), failures_of(verdicts));
    for (std::size_t from = 0; from < verdicts.size();) {
        std::size_t to = from;
        while (to < verdicts.size() && verdicts[to].job == verdicts[from].job) ++to;
        const std::span suite(verdicts.data() + from, to - from);
        out << fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n",
                           xml_text(suite[0].job), suite.size(), failures_of(suite));
        for (const Verdict& verdict : suite) {
            out << fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                               xml_text(verdict.job), xml_text(verdict.test), verdict.seconds);
            if (verdict.wrong.empty()) {
                out << "/>\n";
                continue;
            }
            out << ">\n";
            for (const auto& [numbers, lines] : verdict.wrong) {
                out << fmt::format("      <failure message=\"{}: {}\">", xml_text(verdict.place),
                                   pipelines_text(numbers));
                for (const std::string& line : lines) out << xml_text(line) << '\n';
                out << "</failure>\n";
            }
            out << "    </testcase>\n";
        }
        out << "  </testsuite>\n";
        from = to;
    }
    out << "</testsuites>\n";
}

}  // namespace

int test(const TestArguments& arguments, const config::Environment& environment, std::ostream& out,
         std::ostream& err) {
    const LoadedFiles files =
        load_files({arguments.server_file, arguments.jobs, true}, environment);
    if (!files.mistakes.empty()) {
        err << files.mistakes.text();
        return kExitConfiguration;
    }
    std::array<TestBench, 3> benches{TestBench{1}, TestBench{2}, TestBench{8}};
    std::vector<Verdict> verdicts;
    std::size_t failed = 0;
    for (const LoadedJob& job : files.jobs) {
        if (job.spec.tests.empty()) err << fmt::format("{} has no tests\n", job.spec.name.value);
        for (const config::JobTestSpec& each : job.spec.tests) {
            verdicts.push_back(judge(job, each, benches));
            if (!verdicts.back().wrong.empty()) ++failed;
            if (arguments.output == TestArguments::Output::Text) write_text(verdicts.back(), out);
        }
    }
    if (arguments.output == TestArguments::Output::Junit) write_junit(verdicts, out);
    err << fmt::format("{} {}, {} failed\n", verdicts.size(),
                       verdicts.size() == 1 ? "test" : "tests", failed);
    return failed == 0 ? kExitOk : kExitFailed;
}

}  // namespace velo::server
