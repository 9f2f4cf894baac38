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
/// digits as letters, M d H m s with one or two, S… that many digits of a second's fraction, X a zone (`Z`, `+02`,
/// `+0200`, `+02:00`), 'text' and all that is no letter itself, '' a quote.
/// Thread: constant once compiled; shared by all.
class TimeFormat {
public:
    /// The error says what is wrong with the pattern.
    [[nodiscard]] static std::expected<TimeFormat, std::string> compile(std::string_view pattern);

    /// Microseconds since 1970; UTC without a zone, the first of the month and midnight where nothing says otherwise.
    [[nodiscard]] std::optional<std::int64_t> parse(std::string_view text) const noexcept;

private:
    struct Element {
        char letter = 0;  // 0: `literal` itself.
        int digits = 0;   // As many letters as there are.
        char literal = 0;
    };

    std::vector<Element> elements_;
};

}  // namespace velo::engine
