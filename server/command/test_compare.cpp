#include "server/command/test_compare.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/base/time.hpp"
#include "server/json_value.hpp"

namespace velo::server {

namespace {

constexpr std::size_t kShownRows = 10;  // Of each kind: who sees ten has seen what is wrong.

/// Compares rows of one query's output.
class RowComparison {
public:
    RowComparison(const engine::OutputPlan& output, bool partial)
        : output_(output), partial_(partial) {}

    [[nodiscard]] bool equal(const JsonValue& expected, const JsonValue& got) const {
        if (!partial_ && expected.fields.size() != got.fields.size()) return false;
        return std::ranges::all_of(expected.fields, [&](const auto& field) {
            return same_field(field.first, field.second, got);
        });
    }

    /// How many fields of an expected row are as they should be.
    [[nodiscard]] std::size_t equal_fields(const JsonValue& expected, const JsonValue& got) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            expected.fields,
            [&](const auto& field) { return same_field(field.first, field.second, got); }));
    }

    /// `avg_price: expected 20, got 21; late: expected nothing, got 3`
    [[nodiscard]] std::string fields_that_differ(const JsonValue& expected,
                                                 const JsonValue& got) const {
        std::string text;
        const auto add = [&](std::string_view name, const std::string& wanted,
                             const std::string& came) {
            text += fmt::format("{}{}: expected {}, got {}", text.empty() ? "" : "; ", name, wanted,
                                came);
        };
        for (const auto& [name, value] : expected.fields) {
            if (same_field(name, value, got)) continue;
            const JsonValue* other = got.find(name);
            add(name, shown(value), other == nullptr ? "nothing" : shown(*other));
        }
        if (partial_) return text;
        for (const auto& [name, value] : got.fields) {
            if (expected.find(name) == nullptr) add(name, "nothing", shown(value));
        }
        return text;
    }

private:
    [[nodiscard]] bool same_field(std::string_view name, const JsonValue& expected,
                                  const JsonValue& row) const {
        const JsonValue* got = row.find(name);
        if (got == nullptr) return false;
        if (same_json(expected, *got)) return true;
        const auto column = std::ranges::find(output_.columns, name, &engine::OutputColumn::name);
        if (column == output_.columns.end() ||
            column->expression->type.kind != engine::TypeKind::Timestamp)
            return false;
        const auto time = parse_rfc3339(expected.text);
        return time && time == parse_rfc3339(got->text);
    }

    static std::string shown(const JsonValue& value) {
        switch (value.kind) {
            case JsonValue::Kind::Null:
                return "null";
            case JsonValue::Kind::False:
                return "false";
            case JsonValue::Kind::True:
                return "true";
            case JsonValue::Kind::Number:
                return value.text;
            case JsonValue::Kind::String:
                return fmt::format("\"{}\"", value.text);
            case JsonValue::Kind::Array: {
                std::string out;
                for (const JsonValue& item : value.items)
                    out += (out.empty() ? "" : ", ") + shown(item);
                return "[" + out + "]";
            }
            case JsonValue::Kind::Object: {
                std::string out;
                for (const auto& [name, field] : value.fields)
                    out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ", name, shown(field));
                return "{" + out + "}";
            }
        }
        std::unreachable();
    }

    const engine::OutputPlan& output_;
    const bool partial_;
};

using Rows = std::vector<JsonValue>;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Which row that came is which expected one: as many pairs as can be made, for a partial row may fit several.
class Matching {
public:
    Matching(const Rows& expected, const Rows& got, const RowComparison& comparison)
        : expected_(expected), got_(got), comparison_(comparison), taken_by_(got.size(), kNone) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
            std::vector<bool> tried(got.size(), false);
            if (!place(i, tried)) missing.push_back(i);
        }
        for (std::size_t j = 0; j < got.size(); ++j) {
            if (taken_by_[j] == kNone) unexpected.push_back(j);
        }
    }

    std::vector<std::size_t> missing;     // Expected rows that did not come.
    std::vector<std::size_t> unexpected;  // Rows nobody expected.

private:
    bool place(std::size_t i, std::vector<bool>& tried) {
        for (std::size_t j = 0; j < got_.size(); ++j) {
            if (tried[j] || !comparison_.equal(expected_[i], got_[j])) continue;
            tried[j] = true;
            if (taken_by_[j] == kNone || place(taken_by_[j], tried)) {
                taken_by_[j] = i;
                return true;
            }
        }
        return false;
    }

    const Rows& expected_;
    const Rows& got_;
    const RowComparison& comparison_;
    std::vector<std::size_t> taken_by_;
};

/// The unexpected row that is most like an expected one, if any field is.
std::size_t nearest_of(const JsonValue& expected, const Rows& got,
                       const std::vector<TestRow>& texts,
                       const std::vector<std::size_t>& candidates, const RowComparison& rows) {
    std::size_t nearest = kNone;
    std::size_t most = 0;
    for (const std::size_t j : candidates) {
        const std::size_t equal = rows.equal_fields(expected, got[j]);
        if (equal > most || (equal == most && equal > 0 && texts[j].json < texts[nearest].json)) {
            most = equal;
            nearest = j;
        }
    }
    return nearest;
}

void compare_sets(const config::JobTestSpec& test, const TestResult& result, const Rows& expected,
                  const Rows& got, const RowComparison& rows, std::vector<std::string>& lines) {
    const Matching matching(expected, got, rows);
    for (std::size_t n = 0; n < matching.missing.size(); ++n) {
        if (n == kShownRows) {
            lines.push_back(fmt::format("and {} more are missing", matching.missing.size() - n));
            break;
        }
        const std::size_t i = matching.missing[n];
        lines.push_back(fmt::format("missing     {}  ({})", test.output[i].row.value,
                                    test.output[i].row.place.text()));
        const std::size_t j = nearest_of(expected[i], got, result.rows, matching.unexpected, rows);
        if (j != kNone)
            lines.push_back("  nearest   " + rows.fields_that_differ(expected[i], got[j]));
    }
    // In an order of their own: how many pipelines wrote them must not show.
    std::vector<std::string> unexpected;
    for (const std::size_t j : matching.unexpected) unexpected.push_back(result.rows[j].json);
    std::ranges::sort(unexpected);
    for (std::size_t n = 0; n < unexpected.size(); ++n) {
        if (n == kShownRows) {
            lines.push_back(fmt::format("and {} more were not expected", unexpected.size() - n));
            break;
        }
        lines.push_back("unexpected  " + unexpected[n]);
    }
}

void compare_lists(const config::JobTestSpec& test, const TestResult& result, const Rows& expected,
                   const Rows& got, const RowComparison& rows, std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
        if (lines.size() >= 2 * kShownRows) return lines.push_back("and more");
        if (i >= expected.size()) {
            lines.push_back(fmt::format("unexpected  row {}: {}", i + 1, result.rows[i].json));
        } else if (i >= got.size()) {
            lines.push_back(fmt::format("missing     row {}: {}  ({})", i + 1,
                                        test.output[i].row.value, test.output[i].row.place.text()));
        } else if (!rows.equal(expected[i], got[i])) {
            lines.push_back(fmt::format("row {}  {}  ({})", i + 1,
                                        rows.fields_that_differ(expected[i], got[i]),
                                        test.output[i].row.place.text()));
        }
    }
}

void compare_count(std::string_view what,
                   const config::Placed<std::optional<std::uint64_t>>& expected, std::uint64_t got,
                   std::vector<std::string>& lines) {
    if (!expected.value || *expected.value == got) return;
    lines.push_back(fmt::format("{}: expected {}, got {}  ({})", what, *expected.value, got,
                                expected.place.text()));
}

}  // namespace

std::vector<std::string> differences(const config::JobTestSpec& test,
                                     const engine::OutputPlan& output, const TestResult& result,
                                     std::uint32_t pipelines) {
    std::vector<std::string> lines;
    if (!result.failure.empty()) lines.push_back("the job failed: " + result.failure);
    Rows expected;
    Rows got;
    for (const auto& row : test.output)
        expected.push_back(parse_json(row.row.value).value_or(JsonValue{}));
    for (const TestRow& row : result.rows)
        got.push_back(parse_json(row.json).value_or(JsonValue{}));
    const RowComparison rows(output, test.partial);
    const bool as_list = test.ordered && pipelines == 1;
    (as_list ? compare_lists : compare_sets)(test, result, expected, got, rows, lines);
    compare_count("late", test.late, result.late, lines);
    compare_count("dead_lettered", test.dead_lettered, result.dead_lettered, lines);
    // Rows that are missing may have become dead letters: why is what the reader wants to know.
    if (lines.empty()) return lines;
    for (const std::string& letter : result.dead_letters) lines.push_back("dead letter " + letter);
    return lines;
}

std::vector<std::string> order_differences(const TestResult& on_one, const TestResult& on_several) {
    const auto by_key = [](const TestResult& result) {
        std::map<std::string, std::vector<std::string>> rows;
        for (const TestRow& row : result.rows) {
            if (row.key) rows[*row.key].push_back(row.json);
        }
        return rows;
    };
    std::vector<std::string> lines;
    const auto several = by_key(on_several);
    for (const auto& [key, rows] : by_key(on_one)) {
        const auto found = several.find(key);
        if (found != several.end() && found->second != rows)
            lines.push_back(
                fmt::format("the rows of key {} come in another order than on one pipeline", key));
    }
    return lines;
}

}  // namespace velo::server
