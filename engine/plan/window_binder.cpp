#include "engine/plan/window_binder.hpp"

#include <utility>

#include <fmt/format.h>

namespace velo::engine {

namespace {

using sql::ExpressionKind;

bool check_time(const sql::Window& window, const Scope& scope, const QueryText& text,
                Mistakes& mistakes) {
    if (!scope.has_event_time()) {
        mistakes.add(window.place,
                     fmt::format("WINDOW needs an event time, and the records of source '{}' have "
                                 "none; declare event_time: {{column: …}}",
                                 scope.source().name));
        return false;
    }
    if (!window.time) return true;
    const sql::Expression& time = *window.time;
    if (time.kind != ExpressionKind::Name) {
        mistakes.add(time.place, fmt::format("the time of WINDOW is the source's event time '{}', "
                                             "not {}; write its name or leave it out",
                                             scope.event_time_name(), text.quoted(time.place)));
        return false;
    }
    const auto found = scope.find(time.path);
    if (!found) {
        mistakes.add(time.place, found.error());
        return false;
    }
    const auto is = [&](std::uint32_t column) {
        return found->symbol == symbol(Space::Source, column);
    };
    const auto field = scope.event_time_field();
    if (field ? is(*field) : is(scope.system_column(ColumnOrigin::Timestamp))) return true;
    if (is(scope.system_column(ColumnOrigin::EventTime))) return true;
    if (scope.relation() != nullptr && scope.relation()->united) {
        mistakes.add(time.place,
                     fmt::format("the time of WINDOW is the event time, and {} is not that in "
                                 "every SELECT of the UNION ALL; write '_event_time', or select "
                                 "the event time of each as one column",
                                 text.quoted(time.place)));
        return false;
    }
    const bool could_be = space_of(found->symbol) == Space::Source &&
                          index_of(found->symbol) < scope.source().schema.size() &&
                          found->type == kTimestamp;
    mistakes.add(
        time.place,
        fmt::format(
            "the time of WINDOW is the source's event time '{}', not {}; write '{}'{}",
            scope.event_time_name(), text.quoted(time.place), scope.event_time_name(),
            could_be ? fmt::format(" or declare event_time: {{column: {}}}", found->name) : ""));
    return false;
}

/// What a length is in: by the clock, or by the calendar, whose days and months differ in length.
struct Length {
    std::optional<CalendarGrid::Unit> unit;  // nullopt: a fixed time.
    std::int64_t count = 0;                  // Units, or microseconds.
};

constexpr Duration kLongestDay = std::chrono::hours{25};
constexpr Duration kDay = std::chrono::days{1};
constexpr std::int64_t kLongestMonthDays = 31;
constexpr std::int64_t kShortestMonthDays = 28;

/// How long so many units are at most.
Duration at_most(const Length& length) {
    if (!length.unit) return Duration{length.count};
    const std::int64_t days =
        *length.unit == CalendarGrid::Unit::Day ? length.count : length.count * kLongestMonthDays;
    return days * kDay + (kLongestDay - kDay);
}
Duration at_least(const Length& length) {
    if (!length.unit) return Duration{length.count};
    const std::int64_t days =
        *length.unit == CalendarGrid::Unit::Day ? length.count : length.count * kShortestMonthDays;
    return days * kDay - (kLongestDay - kDay);
}

/// Binds what TUMBLING, HOPPING and SESSION have in parentheses after the time.
class WindowSizes {
public:
    WindowSizes(const sql::Window& window, Mistakes& mistakes)
        : window_(window), mistakes_(mistakes) {}

    std::optional<WindowPlan> bind() {
        const bool session = window_.kind == sql::Window::Kind::Session;
        const std::string_view what = session ? "the gap of a session" : "a window";
        if (window_.size_months == 0 && window_.size <= Duration::zero())
            return wrong(
                fmt::format("{} is longer than 0s, not '{}'", what, duration_text(window_.size)));
        if (window_.size > kLongestWindow)
            return wrong(fmt::format("{} is at most {} days long", what, kLongestWindow.count()));
        if (session && window_.size_months != 0)
            return wrong("the gap of a session is a time of fixed length; write it in days");
        if (session) return WindowPlan{WindowPlan::Kind::Session, window_.size, window_.size};
        return window_.zone || window_.size_months != 0 || window_.advance_months != 0 ? calendar()
                                                                                       : fixed();
    }

private:
    std::optional<WindowPlan> fixed() {
        const Length size{std::nullopt, window_.size.count()};
        const Length advance{std::nullopt, window_.advance.count()};
        const auto plan = overlapping(size, advance);
        if (!plan) return std::nullopt;
        if (!window_.offset || *window_.offset < window_.advance) return plan;
        mistakes_.add(window_.offset_place,
                      fmt::format("the offset is less than the {} from one window to the next, "
                                  "not '{}'",
                                  duration_text(window_.advance), duration_text(*window_.offset)));
        return std::nullopt;
    }

    std::optional<WindowPlan> calendar() {
        CalendarGrid grid;
        if (window_.zone) {
            const auto zone = TimeZone::find(*window_.zone);
            if (!zone) {
                mistakes_.add(window_.zone_place, "WINDOW " + zone.error());
                return std::nullopt;
            }
            grid.zone = *zone;
            grid.zone_name = *window_.zone;
        }
        const auto size = calendar_length(window_.size, window_.size_months);
        const auto advance = calendar_length(window_.advance, window_.advance_months);
        if (!size || !advance) {
            return wrong(
                "a window by the calendar is of whole days, weeks, months or years; leave timezone "
                "out for shorter ones");
        }
        auto plan = overlapping(*size, *advance);
        if (!plan) return std::nullopt;
        if (size->unit != advance->unit || size->count % advance->count != 0) {
            return wrong(
                "the size of a HOPPING window by the calendar is a multiple of its advance, both "
                "in "
                "days and weeks, or both in months and years");
        }
        grid.unit = *advance->unit;
        grid.count = static_cast<std::int32_t>(advance->count);
        grid.periods = static_cast<std::int32_t>(size->count / advance->count);
        if (window_.offset && *window_.offset >= at_least(*advance)) {
            mistakes_.add(window_.offset_place,
                          fmt::format("the offset is less than the time from one window to the "
                                      "next, not '{}'",
                                      duration_text(*window_.offset)));
            return std::nullopt;
        }
        grid.offset = window_.offset.value_or(Duration{});
        plan->calendar = std::move(grid);
        return plan;
    }

    static std::optional<Length> calendar_length(Duration time, int months) {
        if (months != 0) return Length{CalendarGrid::Unit::Month, months};
        if (time % kDay != Duration::zero()) return std::nullopt;
        return Length{CalendarGrid::Unit::Day, time / kDay};
    }

    /// The plan of windows of `size` every `advance`, where a row is in no more than it may be.
    std::optional<WindowPlan> overlapping(const Length& size, const Length& advance) {
        WindowPlan plan{WindowPlan::Kind::Tumbling, at_most(size), at_most(advance),
                        window_.offset.value_or(Duration{})};
        if (window_.kind != sql::Window::Kind::Hopping) return plan;
        plan.kind = WindowPlan::Kind::Hopping;
        if (advance.count <= 0 || at_least(advance) > at_most(size)) {
            if (advance.unit) return wrong("the advance of a HOPPING window is at most its size");
            return wrong(fmt::format(
                "the advance of a HOPPING window is more than 0s and at most its size {}, not '{}'",
                duration_text(window_.size), duration_text(window_.advance)));
        }
        const std::int64_t windows = at_most(size) / at_least(advance);
        if (windows <= kMostWindowsOfARow) return plan;
        return wrong(fmt::format("a row would be in {} windows, more than {}; use a longer advance",
                                 windows, kMostWindowsOfARow));
    }

    std::nullopt_t wrong(std::string text) {
        mistakes_.add(window_.place, std::move(text));
        return std::nullopt;
    }

    const sql::Window& window_;
    Mistakes& mistakes_;
};

// What is wrong with answering more than once; empty: nothing.
std::string wrong_correction(const sql::Emit& emit, const BoundQuery& query) {
    if (!query.window) {
        return emit.every ? "EARLY answers before a window ends, and this query has none; use EMIT "
                            "CHANGES EVERY"
                          : "ALLOWED LATENESS keeps windows after their end, and this query has "
                            "none; leave it out";
    }
    if (emit.every && *emit.every <= Duration::zero())
        return "EARLY EVERY takes more than 0s; use EMIT CHANGES to write each change at once";
    if (!emit.allowed_lateness) return {};
    if (*emit.allowed_lateness <= Duration::zero())
        return "ALLOWED LATENESS takes more than 0s; leave it out to drop what is late";
    if (*emit.allowed_lateness > kLongestWindow)
        return fmt::format("ALLOWED LATENESS is at most {} days", kLongestWindow.count());
    if (query.window->kind == WindowPlan::Kind::Session) {
        return "ALLOWED LATENESS is for TUMBLING and HOPPING; give the source a longer lateness: "
               "event_time: {lateness: …}";
    }
    return {};
}

EmitPlan final_answers(const sql::Emit& emit, const BoundQuery& query, bool bounded,
                       Mistakes& mistakes) {
    if (!query.grouped) {
        mistakes.add(emit.place,
                     "EMIT FINAL waits for groups to be complete, and each row of this query is "
                     "answered on its own; leave EMIT out");
    } else if (emit.every || emit.allowed_lateness) {
        if (std::string wrong = wrong_correction(emit, query); !wrong.empty())
            mistakes.add(emit.place, std::move(wrong));
    } else if (!query.window && !bounded) {
        mistakes.add(emit.place,
                     "EMIT FINAL without a window would answer only when the input ends, and here "
                     "it never does; add WINDOW TUMBLING "
                     "(1m), or use EMIT CHANGES EVERY 1s");
    }
    return {EmitMode::Final, emit.every, emit.allowed_lateness.value_or(Duration{})};
}

}  // namespace

std::optional<WindowPlan> bind_window(const sql::Window& window, const Scope& scope,
                                      const QueryText& text, Mistakes& mistakes) {
    const bool time_is_right = check_time(window, scope, text, mistakes);
    std::optional<WindowPlan> plan = WindowSizes(window, mistakes).bind();
    return time_is_right ? plan : std::nullopt;
}

EmitPlan bind_emit(const std::optional<sql::Emit>& emit, const BoundQuery& query, bool bounded,
                   Mistakes& mistakes) {
    if (!emit) return {query.window ? EmitMode::Final : EmitMode::Changes, std::nullopt, {}};
    if (emit->kind == sql::Emit::Kind::Final) return final_answers(*emit, query, bounded, mistakes);
    if (emit->every && !query.grouped) {
        mistakes.add(emit->place,
                     "EVERY keeps the last change of each group, and each row of this query is "
                     "answered on its own; leave EVERY out");
    } else if (emit->every && *emit->every <= Duration::zero()) {
        mistakes.add(emit->place,
                     "EVERY takes more than 0s; leave it out to write each change at once");
    }
    return {EmitMode::Changes, emit->every, {}};
}

}  // namespace velo::engine
