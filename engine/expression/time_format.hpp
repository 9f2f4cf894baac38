// Patterns for times as text, `yyyy-MM-dd HH:mm:ss.SSS`, compiled once.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace velo::engine {

/// The part of Java's DateTimeFormatter that ksqlDB and Flink users write: yyyy MM dd HH mm ss with exactly as many
/// digits as letters, M d H m s with one or two, S… that many digits of a second's fraction, MMM and MMMM a month's name,
/// EEE and EEEE a day's, hh and a the hours 1 to 12 and AM or PM, X a zone (`Z`, `+02`, `+0200`, `+02:00`), 'text' and all
/// that is no letter itself, '' a quote. Only written: yy, D the day of the year, Z `+0200`; XX and XXX are `+0200` and
/// `+02:00`, or `Z`.
/// Thread: constant once compiled; shared by all.
class TimeFormat {
public:
    enum class Use : std::uint8_t { Parse, Write };

    /// The error says what is wrong with the pattern.
    [[nodiscard]] static std::expected<TimeFormat, std::string> compile(std::string_view pattern,
                                                                        Use use = Use::Parse);

    /// Microseconds since 1970; UTC without a zone, the first of the month and midnight where nothing says otherwise.
    [[nodiscard]] std::optional<std::int64_t> parse(std::string_view text) const noexcept;
    /// Whether texts name their zone.
    [[nodiscard]] bool has_zone() const noexcept;

    /// Whether it shows nothing but a clock's face: no day, no zone.
    [[nodiscard]] bool is_of_clock() const noexcept;

    /// Appends what a clock shows at `local`, `offset` (both microseconds) ahead of UTC.
    void write(std::int64_t local, std::int64_t offset, std::string& out) const;

private:
    struct Element {
        char letter = 0;  // 0: `literal` itself.
        int digits = 0;   // As many letters as there are.
        char literal = 0;
    };
    static bool write_date(const Element& element, std::int64_t day, std::string& out);
    static bool write_clock(const Element& element, std::int64_t clock, std::string& out);
    static void write_zone(const Element& element, std::int64_t offset, std::string& out);

    std::vector<Element> elements_;
};

}  // namespace velo::engine
