#include "tests/support/logic_check.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "tests/support/logic_steps.hpp"

namespace velo::engine {

namespace {

constexpr std::array<LogicShape, 6> kShapes{{{1, 0}, {1, 1}, {2, 0}, {2, 1}, {8, 0}, {8, 1}}};

// Keys are texts, and JSON stays as it is.
std::string key_text(const std::optional<std::string>& key) {
    if (!key) return "NULL";
    return key->starts_with('{') && key->find("  ") == std::string::npos ? *key : text_cell(*key);
}

// A row as cells, with what stands in front of them.
std::vector<std::string> cells_of(const LogicRow& row, bool shows_keys) {
    std::vector<std::string> cells;
    if (row.tombstone) return {"tombstone", key_text(row.key)};
    if (shows_keys) cells.push_back("key=" + key_text(row.key));
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    if (row.revision != 0) cells.push_back("revision=" + std::to_string(row.revision));
    return cells;
}

std::string joined(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells) line += (line.empty() ? "" : "  ") + cell;
    return line;
}

std::size_t width(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Columns as wide as their widest cell; tombstones keep out of that.
std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& cells : rows) {
        if (cells.front() == "tombstone") continue;
        widths.resize(std::max(widths.size(), cells.size()));
        for (std::size_t i = 0; i < cells.size(); ++i)
            widths[i] = std::max(widths[i], width(cells[i]));
    }
    std::vector<std::string> lines;
    for (const auto& cells : rows) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            line += cells[i];
            if (i + 1 == cells.size()) continue;
            const bool pads = cells.front() != "tombstone" && widths[i] > width(cells[i]);
            line += std::string((pads ? widths[i] - width(cells[i]) : 0) + 2, ' ');
        }
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> counts_of(const LogicResult& result) {
    std::vector<std::string> lines;
    if (result.late != 0) lines.push_back(fmt::format("late {}", result.late));
    if (result.filtered != 0) lines.push_back(fmt::format("filtered {}", result.filtered));
    for (const auto& [code, count] : result.faults)
        lines.push_back(fmt::format("fault {} {}", count, code));
    for (const auto& [code, count] : result.output_faults)
        lines.push_back(fmt::format("output_fault {} {}", count, code));
    return lines;
}

bool is_count(std::string_view line) {
    return line.starts_with("late ") || line.starts_with("filtered ") ||
           line.starts_with("fault ") || line.starts_with("output_fault ");
}

// An expected line in the form that `cells_of` gives the same row.
std::string canonical_line(const std::string& line, const std::vector<OutputName>& columns,
                           bool shows_keys) {
    std::vector<Cell> cells = split_cells(line);
    std::vector<std::string> out;
    const bool single = cells.size() == 1 && !cells.front().quoted;
    if (single && is_count(cells.front().text)) return cells.front().text;
    if (!cells.empty() && !cells.front().quoted && cells.front().text == "tombstone") {
        for (const Cell& cell : cells)
            out.push_back(cell.quoted ? text_cell(cell.text) : cell.text);
        return joined(out);
    }
    std::size_t first = 0;
    if (shows_keys && !cells.empty()) out.push_back(cells[first++].text);
    for (std::size_t i = first; i < cells.size(); ++i) {
        const std::size_t column = i - first;
        out.push_back(column < columns.size() ? canonical_cell(cells[i], columns[column].type)
                                              : cells[i].text);
    }
    return joined(out);
}

std::vector<std::string> actual_lines(const LogicResult& result, bool shows_keys) {
    std::vector<std::string> lines = counts_of(result);
    lines.reserve(lines.size() + result.rows.size());
    for (const LogicRow& row : result.rows) lines.push_back(joined(cells_of(row, shows_keys)));
    return lines;
}

// What is in one and not in the other, as sets that know how often.
std::vector<std::string> difference(std::vector<std::string> expected,
                                    std::vector<std::string> actual) {
    std::ranges::sort(expected);
    std::ranges::sort(actual);
    std::vector<std::string> missing;
    std::vector<std::string> surplus;
    std::ranges::set_difference(expected, actual, std::back_inserter(missing));
    std::ranges::set_difference(actual, expected, std::back_inserter(surplus));
    std::vector<std::string> details;
    details.reserve(missing.size() + surplus.size());
    for (const std::string& line : missing) details.push_back("- " + line);
    for (const std::string& line : surplus) details.push_back("+ " + line);
    return details;
}

using RowsByKey = std::map<std::string, std::vector<std::string>>;

RowsByKey rows_by_key(const LogicResult& result) {
    RowsByKey rows;
    for (const LogicRow& row : result.rows) {
        if (row.key) rows[*row.key].push_back(joined(cells_of(row, false)));
    }
    return rows;
}

/// Checks one case in all shapes.
class Checker {
public:
    explicit Checker(const LogicCase& test) : test_(test) {
        outcome_.actual.resize(test.steps.size());
        outcome_.differs.resize(test.steps.size(), false);
    }

    LogicOutcome run() {
        if (test_.is_error) {
            check_refusal();
        } else {
            check_answers();
        }
        return std::move(outcome_);
    }

private:
    void check_refusal() {
        const LogicStep& step = test_.steps.front();
        std::vector<std::string> lines;
        try {
            static_cast<void>(bind_query(test_.sql, test_.options));
        } catch (const Error& error) {
            for (const Mistake& mistake : error.mistakes()) lines.push_back(mistake.line());
        }
        if (lines == step.expected && !lines.empty()) return;
        fail(step.line, lines.empty() ? "the query is not refused" : "the refusal differs",
             difference(step.expected, lines));
        outcome_.actual.front() = lines;
        outcome_.differs.front() = true;
    }

    void check_answers() {
        try {
            const Plan plan = bind_query(test_.sql, test_.options);
            for (const OutputColumn& column : plan.output.columns)
                columns_.push_back({column.name, column.expression->type});
            for (const LogicShape shape : kShapes) {
                check_shape(plan, shape);
                if (!outcome_.failures.empty()) return;
            }
        } catch (const Error& error) {
            fail(test_.line, "the query is refused", {error.what()});
        }
    }

    void check_shape(const Plan& plan, LogicShape shape) {
        LogicSteps run(test_, plan, shape);
        for (std::size_t i = 0; i < test_.steps.size(); ++i) {
            const LogicStep& step = test_.steps[i];
            try {
                check_result(i, shape, run.run(step));
            } catch (const Error& error) {
                fail(step.line, fmt::format("on {}", shape.text()), {error.what()});
                return;
            }
        }
    }

    void check_result(std::size_t index, LogicShape shape, const LogicResult& result) {
        const LogicStep& step = test_.steps[index];
        std::vector<std::string> expected;
        expected.reserve(step.expected.size());
        for (const std::string& line : step.expected)
            expected.push_back(canonical_line(line, columns_, test_.shows_keys));
        const std::vector<std::string> details =
            difference(expected, actual_lines(result, test_.shows_keys));
        if (!details.empty()) {
            fail(step.line, fmt::format("on {}", shape.text()), details);
            if (shape.pipelines == 1 && shape.batch_rows == 0) {
                outcome_.actual[index] = expected_lines(result, test_.shows_keys);
                outcome_.differs[index] = true;
            }
        }
        RowsByKey by_key = rows_by_key(result);
        if (first_by_key_.size() == index) first_by_key_.push_back(by_key);
        if (details.empty() && by_key != first_by_key_[index]) {
            fail(step.line,
                 fmt::format("on {}, rows of one key came in another order than on {}",
                             shape.text(), kShapes.front().text()),
                 {});
        }
    }

    void fail(int line, std::string text, std::vector<std::string> details) {
        outcome_.failures.push_back({line, std::move(text), std::move(details)});
    }

    const LogicCase& test_;
    LogicOutcome outcome_;
    std::vector<OutputName> columns_;
    std::vector<RowsByKey> first_by_key_;  // By step, of the first shape.
};

}  // namespace

std::vector<std::string> expected_lines(const LogicResult& result, bool shows_keys) {
    std::vector<std::vector<std::string>> rows;
    rows.reserve(result.rows.size());
    for (const LogicRow& row : result.rows) rows.push_back(cells_of(row, shows_keys));
    std::vector<std::string> lines = aligned(rows);
    const std::vector<std::string> counts = counts_of(result);
    lines.insert(lines.end(), counts.begin(), counts.end());
    return lines;
}

LogicOutcome check(const LogicCase& test) { return Checker(test).run(); }

}  // namespace velo::engine
