// What queries give, for tests/compare/compare.py: reads texts of the .slt format, each ended by a line `====`, from its
// input, and writes for each query, separated by tabs:
//
//   refused  "mistake"                     instead of all below
//   row      key as JSON, or -  cell …     in the order they were written; cells as batch_literal.hpp has them
//   gone     key                           a tombstone
//   count    fault code | output fault code | late  number
//   shapes   on …                          another number of pipelines and batch size gave other rows
//   done
//
// and a line `====` after the last one of a text.
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/format/json_writer.hpp"
#include "tests/support/logic_file.hpp"
#include "tests/support/logic_steps.hpp"

namespace {

using namespace velo::engine;

constexpr std::string_view kRule = "====";

std::string quoted(std::string_view text) {
    std::string out;
    JsonWriter(out).text(text);
    return out;
}

void add_rows(const LogicResult& result, std::vector<std::string>& lines) {
    for (const LogicRow& row : result.rows) {
        std::string line = row.tombstone ? "gone\t" : "row\t";
        line += row.key ? quoted(*row.key) : "-";
        for (const std::string& cell : row.cells) line += "\t" + cell;
        lines.push_back(std::move(line));
    }
}

// How often what came instead of a row.
using Counts = std::map<std::string, std::uint64_t>;

void add_counts(const LogicResult& result, Counts& counts) {
    for (const auto& [code, count] : result.faults) counts["fault\t" + code] += count;
    for (const auto& [code, count] : result.output_faults) counts["output fault\t" + code] += count;
    if (result.late != 0) counts["late"] += result.late;
}

std::vector<std::string> answer(const LogicCase& test, const Plan& plan, LogicShape shape) {
    LogicSteps run(test, plan, shape);
    std::vector<std::string> lines;
    Counts counts;
    for (const LogicStep& step : test.steps) {
        const LogicResult result = run.run(step);
        add_rows(result, lines);
        add_counts(result, counts);
    }
    for (const auto& [what, count] : counts)
        lines.push_back(fmt::format("count\t{}\t{}", what, count));
    return lines;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
    std::ranges::sort(lines);
    return lines;
}

void answer(const LogicCase& test) {
    std::vector<std::string> lines;
    try {
        const Plan plan = bind_query(test.sql, test.options);
        lines = answer(test, plan, {.pipelines = 1, .batch_rows = 0});
        const LogicShape other{.pipelines = 3, .batch_rows = 7};
        if (sorted(answer(test, plan, other)) != sorted(lines))
            lines.push_back("shapes\ton " + other.text());
    } catch (const velo::Error& error) {
        lines = {"refused\t" + quoted(error.what())};
    }
    lines.emplace_back("done");
    for (const std::string& line : lines) std::cout << line << '\n';
}

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    std::string text;
    for (std::string line; std::getline(std::cin, line);) {
        if (line != kRule) {
            text += line + "\n";
            continue;
        }
        for (const LogicCase& test : parse_logic_file("compared", text).cases) answer(test);
        std::cout << kRule << '\n' << std::flush;
        text.clear();
    }
}
