#include "engine/sql/window_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/refused_forms.hpp"

namespace velo::engine::sql {

namespace {

struct Months {
    std::string_view word;
    int months;
};
constexpr std::array kMonths{Months{"MONTH", 1},    Months{"MONTHS", 1}, Months{"QUARTER", 3},
                             Months{"QUARTERS", 3}, Months{"YEAR", 12},  Months{"YEARS", 12}};
constexpr int kMostMonths = 1200;

}  // namespace

Window WindowParser::parse_clause() {
    const std::size_t start = tokens_.position() - 1;
    Window window;
    parse_kind(window);
    tokens_.expect_symbol("(");
    parse_parts(window);
    tokens_.expect_symbol(")");
    window.place = tokens_.place_from(start);
    return window;
}

void WindowParser::parse_kind(Window& window) {
    if (tokens_.accept_word("TUMBLING")) return;
    if (tokens_.accept_word("HOPPING") || tokens_.accept_word("SLIDING")) {
        window.kind = Window::Kind::Hopping;
    } else if (tokens_.accept_word("SESSION")) {
        window.kind = Window::Kind::Session;
    } else if (tokens_.is_word("HOP") || tokens_.is_word("TUMBLE") || tokens_.is_word("CUMULATE")) {
        refuse_here(
            "this window is written TUMBLING (time, size) or HOPPING (time, size, advance)");
    } else if (tokens_.is_name() && tokens_.is_word("AS", 1)) {
        refuse_here(
            "named windows are not supported; write the window in the parentheses of OVER ( … )");
    } else {
        tokens_.unexpected({"TUMBLING", "HOPPING", "SESSION"});
    }
}

void WindowParser::parse_parts(Window& window) {
    if (tokens_.is(TokenKind::Word) && tokens_.is_word("SIZE") &&
        (tokens_.is(TokenKind::Number, 1) || tokens_.is(TokenKind::Duration, 1))) {
        refuse_here(refused_in_window("SIZE"));
    }
    if (!expressions_.is_duration_next() && !tokens_.is(TokenKind::Text)) {
        window.time = expressions_.parse();
        if (!tokens_.accept_symbol(",")) tokens_.unexpected({"',' and the size of the window"});
    }
    parse_length(
        window.kind == Window::Kind::Session ? "the gap of the session" : "the size of the window",
        window.size, window.size_months);
    window.advance = window.size;
    window.advance_months = window.size_months;
    if (window.kind == Window::Kind::Hopping) {
        if (!tokens_.accept_symbol(","))
            tokens_.unexpected({"',' and how far the window advances"});
        parse_length("how far the window advances", window.advance, window.advance_months);
    }
    parse_options(window);
    end_parts(window);
}

// A duration, or months: their length varies, so they are counted.
void WindowParser::parse_length(std::string_view what, Duration& length, int& months) {
    const Token& token = tokens_.peek();
    const std::string_view reason =
        token.kind == TokenKind::Word ? refused_in_window(tokens_.text(token)) : std::string_view{};
    if (!reason.empty()) throw Error(tokens_.place(token), std::string(reason));
    length = {};
    months = 0;
    if (!is_months_next()) {
        length = expressions_.parse_duration_clause(what);
        return;
    }
    tokens_.accept_word("INTERVAL");
    const Token number = tokens_.take();
    std::string_view digits = tokens_.text(number);
    if (number.kind == TokenKind::Text) digits = digits.substr(1, digits.size() - 2);
    const Token unit = tokens_.take();
    const auto* const known = std::ranges::find_if(kMonths, [&](const Months& one) {
        return equals_ignoring_case(one.word, tokens_.text(unit));
    });
    int count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc{} || end != digits.data() + digits.size() || count < 1 ||
        count > kMostMonths / known->months) {
        throw Error(tokens_.place(number),
                    fmt::format("{} is a whole number of months, 1 to {}, not {}", what,
                                kMostMonths, tokens_.shown(number)));
    }
    months = count * known->months;
}

bool WindowParser::is_months_next() const noexcept {
    const std::size_t at = tokens_.is_word("INTERVAL") ? 1 : 0;
    if (!tokens_.is(TokenKind::Number, at) && (at == 0 || !tokens_.is(TokenKind::Text, at)))
        return false;
    return std::ranges::any_of(
        kMonths, [&](const Months& one) { return tokens_.is_word(one.word, at + 1); });
}

void WindowParser::parse_options(Window& window) {
    while (tokens_.is_symbol(",") &&
           (tokens_.is_word("OFFSET", 1) || tokens_.is_word("TIMEZONE", 1))) {
        tokens_.take();
        if (window.kind == Window::Kind::Session) {
            refuse_here(
                "a session begins with its first row; 'offset' and 'timezone' are for TUMBLING and "
                "HOPPING");
        }
        parse_option(window);
    }
}

// offset 15m, timezone 'Europe/Berlin'
void WindowParser::parse_option(Window& window) {
    const Token word = tokens_.take();
    const bool is_offset = equals_ignoring_case(tokens_.text(word), "offset");
    if (is_offset ? window.offset.has_value() : window.zone.has_value()) {
        throw Error(tokens_.place(word),
                    fmt::format("'{}' is written twice; write it once", tokens_.text(word)));
    }
    const std::size_t start = tokens_.position();
    if (is_offset) {
        window.offset = expressions_.parse_duration_clause("the offset of the window");
        window.offset_place = tokens_.place_from(start);
        return;
    }
    if (!tokens_.is(TokenKind::Text))
        tokens_.unexpected({"a time zone in quotes, as in 'Europe/Berlin'"});
    const std::string_view quoted = tokens_.text(tokens_.take());
    window.zone = std::string(quoted.substr(1, quoted.size() - 2));
    window.zone_place = tokens_.place_from(start);
}

void WindowParser::end_parts(const Window& window) {
    if (tokens_.is_symbol(")")) return;
    if (tokens_.is_symbol(",") && window.kind == Window::Kind::Session) {
        refuse_here("SESSION takes a time and a gap; what a session belongs to stands in GROUP BY");
    }
    if (tokens_.is_symbol(",") && window.kind == Window::Kind::Tumbling &&
        !tokens_.is(TokenKind::Word, 1)) {
        refuse_here(
            "TUMBLING takes a time and a size; windows that overlap are HOPPING (time, size, "
            "advance)");
    }
    const std::size_t ahead = tokens_.is_symbol(",") ? 1 : 0;
    const Token& token = tokens_.peek(ahead);
    const std::string_view reason =
        token.kind == TokenKind::Word ? refused_in_window(tokens_.text(token)) : std::string_view{};
    if (!reason.empty()) throw Error(tokens_.place(token), std::string(reason));
    if (ahead == 1 && window.kind != Window::Kind::Session) {
        tokens_.take();
        tokens_.unexpected({"OFFSET", "TIMEZONE"});
    }
    tokens_.unexpected({"')'"});
}

bool WindowParser::is_table_next() const noexcept {
    return tokens_.is_word("TABLE") && tokens_.is_symbol("(", 1);
}

Window WindowParser::parse_table(Source& source) {
    const std::size_t start = tokens_.position();
    Window window;
    window.is_table = true;
    tokens_.expect_word("TABLE");
    tokens_.expect_symbol("(");
    parse_table_kind(window);
    tokens_.expect_symbol("(");
    parse_table_input(source);
    parse_descriptor(window);
    if (window.kind == Window::Kind::Hopping) {
        parse_length("how far the window advances", window.advance, window.advance_months);
        if (!tokens_.accept_symbol(",")) tokens_.unexpected({"',' and the size of the window"});
    }
    parse_length(
        window.kind == Window::Kind::Session ? "the gap of the session" : "the size of the window",
        window.size, window.size_months);
    if (window.kind != Window::Kind::Hopping) {
        window.advance = window.size;
        window.advance_months = window.size_months;
    }
    if (window.kind != Window::Kind::Session && tokens_.accept_symbol(",")) {
        const std::size_t offset = tokens_.position();
        window.offset = expressions_.parse_duration_clause("the offset of the window");
        window.offset_place = tokens_.place_from(offset);
    }
    tokens_.expect_symbol(")");
    tokens_.expect_symbol(")");
    window.place = tokens_.place_from(start);
    return window;
}

void WindowParser::parse_table_kind(Window& window) {
    if (tokens_.accept_word("TUMBLE")) return;
    if (tokens_.accept_word("HOP")) {
        window.kind = Window::Kind::Hopping;
    } else if (tokens_.accept_word("SESSION")) {
        window.kind = Window::Kind::Session;
    } else if (tokens_.is_word("CUMULATE")) {
        refuse_here(
            "CUMULATE is not supported; TUMBLE of its size with EMIT FINAL EARLY EVERY, or EMIT "
            "CHANGES EVERY, answers before a window ends");
    } else {
        tokens_.unexpected({"TUMBLE", "HOP", "SESSION"});
    }
}

// TABLE source,
void WindowParser::parse_table_input(Source& source) {
    tokens_.expect_word("TABLE");
    if (tokens_.is_symbol("("))
        refuse_here("TABLE takes the name of a source here; name the query in WITH");
    source.name = tokens_.expect_name("the name of a source");
    if (tokens_.is_word("PARTITION")) {
        refuse_here("what a session belongs to stands in GROUP BY; leave PARTITION BY out");
    }
    tokens_.expect_symbol(",");
}

// DESCRIPTOR ( time ),
void WindowParser::parse_descriptor(Window& window) {
    tokens_.expect_word("DESCRIPTOR");
    tokens_.expect_symbol("(");
    window.time = expressions_.parse();
    tokens_.expect_symbol(")");
    if (!tokens_.accept_symbol(",")) tokens_.unexpected({"',' and the size of the window"});
}

void WindowParser::refuse_here(std::string_view text) const {
    throw Error(tokens_.place(tokens_.peek()), std::string(text));
}

}  // namespace velo::engine::sql
