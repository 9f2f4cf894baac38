// A plan in words: what `explain` says, before it is text, JSON or a graph.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/plan.hpp"

namespace velo::engine {

/// One thing worth knowing, such as `prunes: a, b`.
struct Fact {
    std::string_view name;  // Lower-case words.
    std::vector<std::string> values;
    bool list = true;  // False: always exactly one value.
};

/// A query as a whole, or one of its operators.
struct Outline {
    std::string_view title;  // `source`, `window`
    std::string name;        // Of the source: `trades`
    std::vector<Fact> facts;
};

/// A declared column's name, a system column's, or what stands for one.
[[nodiscard]] std::string column_name(const SourcePlan& source, const SourceColumn& column);

/// The query first, then its operators in the order rows pass them.
[[nodiscard]] std::vector<Outline> outline(const Plan& plan);

}  // namespace velo::engine
