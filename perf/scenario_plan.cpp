#include "perf/scenario_plan.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "engine/plan/binder.hpp"
#include "engine/sql/parser.hpp"

namespace velo::perf {

namespace {

engine::SourceDeclaration declaration_of(const Scenario& scenario) {
    engine::SourceDeclaration source;
    source.name = "source_rows";
    std::string_view rest = scenario.schema;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const std::size_t begin = line.find_first_not_of(' ');
        const std::size_t colon = line.find(": ");
        source.schema.push_back({.name = std::string(line.substr(begin, colon - begin)),
                                 .type = engine::sql::parse_type(line.substr(colon + 2)),
                                 .nullable = true,
                                 .path = {},
                                 .time_unit = {}});
    }
    const std::string_view time = scenario.event_time;
    if (const std::size_t at = time.find("column: "); at != std::string_view::npos) {
        const std::string_view from = time.substr(at + 8);
        source.event_time_column = std::string(from.substr(0, from.find_first_of(",}")));
    }
    if (time.find("lateness: 5s") != std::string_view::npos)
        source.lateness = std::chrono::seconds{5};
    return source;
}

}  // namespace

engine::Plan plan_of(const Scenario& scenario) {
    engine::BindOptions options;
    options.sources = {declaration_of(scenario)};
    return engine::bind_query(scenario.query, options);
}

}  // namespace velo::perf
