#include "tests/support/function_page.hpp"

#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/aggregate/aggregate.hpp"
#include "engine/expression/function_lists.hpp"
#include "engine/plan/special_forms.hpp"
#include "engine/plan/window_functions.hpp"

namespace velo::engine {

namespace {

// Inside a table and its code spans only the bar needs help.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

std::string also(const std::vector<std::string_view>& synonyms) {
    std::string out;
    for (const std::string_view synonym : synonyms)
        out += fmt::format("{}`{}`", out.empty() ? " Also " : ", ", synonym);
    return out.empty() ? out : out + ".";
}

template <class Function>
std::string row(const Function& function) {
    return fmt::format("| `{}` | {}{} | `{}` | `{}` |\n", cell(function.usage), cell(function.help),
                       cell(also(function.synonyms)), cell(function.example), cell(function.gives));
}

template <class Functions>
std::string chapter(std::string_view title, std::string_view note, const Functions& functions) {
    std::string out = fmt::format("\n## {}\n\n", title);
    if (!note.empty()) out += fmt::format("{}\n\n", note);
    out += "| usage | gives | example | its value |\n| --- | --- | --- | --- |\n";
    for (const auto& function : functions) out += row(function);
    return out;
}

std::string trades() {
    std::string out =
        "They skip rows where an argument is NULL, and give NULL where none is left, unless they "
        "say "
        "otherwise; `COUNT(*)` counts all. `f(DISTINCT x)` takes each value once, `f(x) FILTER "
        "(WHERE "
        "condition)` only the rows where the condition is TRUE. All merge, so all work in every "
        "window "
        "and OVER rows, and none depends on the order in which rows arrive. The examples are over "
        "these rows of `trades`:\n\n```\n";
    out += fmt::format("{}\n", ExampleTrades::kColumns);
    for (const char* line : ExampleTrades::kRows) out += fmt::format("{}\n", line);
    return out + "```";
}

}  // namespace

std::string function_page() {
    std::string page =
        "# Functions\n\n"
        "Generated from the lists of functions: a test compares this page with them and computes "
        "every "
        "example, and `VELO_REWRITE=1 engine_test \"[page]\"` writes it anew.\n\n"
        "Any NULL argument gives NULL unless that is the function's purpose or it says otherwise. "
        "Names "
        "do not care about case. A result beyond its type, and an argument that a function has no "
        "answer for, are faults of the row; `TRY(x)` makes them NULL.\n";
    page += chapter("Forms that evaluate only what they need", "", special_forms());
    for (const FunctionGroup& group : function_groups())
        page += chapter(group.title, group.note, group.functions);
    page += chapter("Aggregates", trades(), aggregate_functions());
    page += chapter("Window functions",
                    "They go OVER (PARTITION BY … ORDER BY the event time), as all aggregates do "
                    "([SQL](../sql.md#over)). The examples are over the same rows.",
                    window_functions());
    return page;
}

}  // namespace velo::engine
