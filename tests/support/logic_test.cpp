// Runs tests/sql/*.slt (or the files named): logic_test [--rewrite] [FILE …]. The last line says `N passed, N failed`.
// --rewrite writes what came out on one pipeline into the files, to be reviewed like code.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "tests/support/logic_check.hpp"

namespace {

using velo::engine::check;
using velo::engine::LogicCase;
using velo::engine::LogicFailure;
using velo::engine::LogicFile;
using velo::engine::LogicOutcome;
using velo::engine::LogicStep;

std::vector<std::string> all_files() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator("tests/sql")) {
        if (entry.path().extension() == ".slt") files.push_back(entry.path().string());
    }
    std::ranges::sort(files);
    return files;
}

void print(const std::string& path, const LogicFailure& failure) {
    fmt::print("{}:{}: {}\n", path, failure.line, failure.text);
    for (const std::string& detail : failure.details) fmt::print("    {}\n", detail);
}

// What is to stand instead of the lines `from` to `to` (from 1, half-open).
struct Replacement {
    int from = 0;
    int to = 0;
    std::vector<std::string> lines;
};

void rewrite(const LogicFile& file, const std::vector<Replacement>& replacements) {
    std::ofstream out(file.path, std::ios::binary);
    auto next = replacements.begin();
    for (int line = 1; line <= static_cast<int>(file.lines.size()) + 1; ++line) {
        if (next != replacements.end() && next->from == line) {
            for (const std::string& text : next->lines) out << text << '\n';
            line = next->to;
            ++next;
        }
        if (line <= static_cast<int>(file.lines.size()))
            out << file.lines[static_cast<std::size_t>(line) - 1] << '\n';
    }
}

struct Count {
    int passed = 0;
    int failed = 0;
};

void run_file(const std::string& path, bool rewrites, Count& count) {
    const LogicFile file = velo::engine::read_logic_file(path);
    std::vector<Replacement> replacements;
    for (const LogicCase& test : file.cases) {
        const LogicOutcome outcome = check(test);
        for (const LogicFailure& failure : outcome.failures) print(path, failure);
        for (std::size_t i = 0; i < test.steps.size(); ++i) {
            const LogicStep& step = test.steps[i];
            if (outcome.differs[i])
                replacements.push_back({step.expected_line, step.expected_end, outcome.actual[i]});
        }
        ++(outcome.failures.empty() ? count.passed : count.failed);
    }
    if (rewrites && !replacements.empty()) rewrite(file, replacements);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> files(argv + 1, argv + argc);
    const bool rewrites = std::erase(files, "--rewrite") > 0;
    if (files.empty()) files = all_files();
    Count count;
    for (const std::string& path : files) {
        try {
            run_file(path, rewrites, count);
        } catch (const velo::Error& error) {
            fmt::print("{}\n", error.what());
            ++count.failed;
        }
    }
    fmt::print("{} passed, {} failed\n", count.passed, count.failed);
    return count.failed == 0 && count.passed > 0 ? 0 : 1;
}
