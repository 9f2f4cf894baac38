#include "engine/plan/window_binder.hpp"

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

bool check_size(const sql::Window& window, Mistakes& mistakes) {
    const auto wrong = [&](std::string text) {
        mistakes.add(window.place, std::move(text));
        return false;
    };
    if (window.size <= Duration::zero())
        return wrong(
            fmt::format("a window is longer than 0s, not '{}'", duration_text(window.size)));
    if (window.size > kLongestWindow)
        return wrong(fmt::format("a window is at most {} days long", kLongestWindow.count()));
    if (window.kind != sql::Window::Kind::Hopping) return true;
    if (window.advance <= Duration::zero() || window.advance > window.size) {
        return wrong(fmt::format(
            "the advance of a HOPPING window is more than 0s and at most its size {}, not '{}'",
            duration_text(window.size), duration_text(window.advance)));
    }
    if (window.size / window.advance > kMostWindowsOfARow) {
        return wrong(fmt::format("a row would be in {} windows, more than {}; use a longer advance",
                                 window.size / window.advance, kMostWindowsOfARow));
    }
    return true;
}

EmitPlan final_answers(const sql::Emit& emit, const BoundQuery& query, bool bounded,
                       Mistakes& mistakes) {
    if (!query.grouped) {
        mistakes.add(emit.place,
                     "EMIT FINAL waits for groups to be complete, and each row of this query is "
                     "answered on its own; leave EMIT out");
    } else if (!query.window && !bounded) {
        mistakes.add(emit.place,
                     "EMIT FINAL without a window would answer only when the input ends, and here "
                     "it never does; add WINDOW TUMBLING "
                     "(1m), or use EMIT CHANGES EVERY 1s");
    }
    return {EmitMode::Final, std::nullopt};
}

}  // namespace

std::optional<WindowPlan> bind_window(const sql::Window& window, const Scope& scope,
                                      const QueryText& text, Mistakes& mistakes) {
    const bool time_is_right = check_time(window, scope, text, mistakes);
    if (!check_size(window, mistakes) || !time_is_right) return std::nullopt;
    if (window.kind == sql::Window::Kind::Hopping)
        return WindowPlan{WindowPlan::Kind::Hopping, window.size, window.advance};
    return WindowPlan{WindowPlan::Kind::Tumbling, window.size, window.size};
}

EmitPlan bind_emit(const std::optional<sql::Emit>& emit, const BoundQuery& query, bool bounded,
                   Mistakes& mistakes) {
    if (!emit) return {query.window ? EmitMode::Final : EmitMode::Changes, std::nullopt};
    if (emit->kind == sql::Emit::Kind::Final) return final_answers(*emit, query, bounded, mistakes);
    if (emit->every && !query.grouped) {
        mistakes.add(emit->place,
                     "EVERY keeps the last change of each group, and each row of this query is "
                     "answered on its own; leave EVERY out");
    } else if (emit->every && *emit->every <= Duration::zero()) {
        mistakes.add(emit->place,
                     "EVERY takes more than 0s; leave it out to write each change at once");
    }
    return {EmitMode::Changes, emit->every};
}

}  // namespace velo::engine
