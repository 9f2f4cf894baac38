#include "engine/plan/window_text.hpp"

#include <fmt/format.h>

namespace velo::engine {

namespace {

std::string counted(std::int64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

std::string calendar_length(const CalendarGrid& grid, std::int64_t periods) {
    const std::int64_t count = grid.count * periods;
    if (grid.unit == CalendarGrid::Unit::Month)
        return grid.count % 12 == 0 ? counted(count / 12, "year") : counted(count, "month");
    return grid.count % 7 == 0 ? counted(count / 7, "week") : counted(count, "day");
}

std::string calendar_words(const CalendarGrid& grid) {
    if (grid.periods == 1)
        return fmt::format("TUMBLING {} of {}", calendar_length(grid, 1), grid.zone_name);
    return fmt::format("HOPPING {} every {} of {}", calendar_length(grid, grid.periods),
                       calendar_length(grid, 1), grid.zone_name);
}

std::string kind_words(const WindowPlan& window) {
    switch (window.kind) {
        case WindowPlan::Kind::Session:
            return fmt::format("SESSION, rows at most {} apart", duration_text(window.size));
        case WindowPlan::Kind::Tumbling:
            return "TUMBLING " + duration_text(window.size);
        case WindowPlan::Kind::Hopping:
            break;
    }
    return fmt::format("HOPPING {} every {}", duration_text(window.size),
                       duration_text(window.advance));
}

}  // namespace

std::string window_words(const WindowPlan& window) {
    std::string out = window.calendar ? calendar_words(*window.calendar) : kind_words(window);
    if (window.offset != Duration::zero()) out += ", offset " + duration_text(window.offset);
    return out;
}

}  // namespace velo::engine
