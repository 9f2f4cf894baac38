#include "engine/format/json_text.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace velo;
using namespace velo::engine;

namespace {

std::string double_text(double value) {
    std::array<char, kNumberSize> text{};
    return {text.data(), write_double(text.data(), value)};
}

double read_back(const std::string& text) {
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    CHECK(result.ptr == text.data() + text.size());
    return value;
}

std::string json_string(std::string_view text) {
    std::string out(json_string_size(text), '~');
    out.resize(static_cast<std::size_t>(write_json_string(out.data(), text) - out.data()));
    return out;
}

std::string interval_text(std::int64_t micros) {
    std::array<char, kNumberSize> text{};
    return {text.data(), write_interval(text.data(), micros)};
}

// The digits of the number without point, exponent and the zeros around them.
std::string significant_digits(const std::string& text) {
    std::string digits;
    for (const char c : text) {
        if (c == 'e') break;
        if (c >= '0' && c <= '9') digits += c;
    }
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    while (digits.ends_with('0')) digits.pop_back();
    return digits;
}

// What the standard library, which has no short way, gives.
std::string shortest_digits(double value) {
    std::array<char, kNumberSize> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
            .ptr;
    return significant_digits({text.data(), end});
}

void check_double(double value) {
    const std::string text = double_text(value);
    INFO(text);
    REQUIRE(std::bit_cast<std::uint64_t>(read_back(text)) == std::bit_cast<std::uint64_t>(value));
    REQUIRE(significant_digits(text) == shortest_digits(value));
}

}  // namespace

TEST_CASE("doubles are written as people write them", "[json]") {
    CHECK(double_text(0) == "0");
    CHECK(double_text(-0.0) == "-0.0");
    CHECK(double_text(20) == "20");
    CHECK(double_text(0.1) == "0.1");
    CHECK(double_text(-123.25) == "-123.25");
    CHECK(double_text(100.05) == "100.05");
    CHECK(double_text(187.4321) == "187.4321");
    CHECK(double_text(0.30000000000000004) == "0.30000000000000004");
    CHECK(double_text(1e5) == "100000");
    CHECK(double_text(9007199254740992.0) == "9007199254740992");
    CHECK(double_text(1e16) == "1e+16");
    CHECK(double_text(1e20) == "1e+20");
    CHECK(double_text(0.000001) == "0.000001");
    CHECK(double_text(0.0000001) == "1e-07");
    CHECK(double_text(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
    CHECK(double_text(-std::numeric_limits<double>::denorm_min()) == "-5e-324");
}

TEST_CASE("every double reads back as itself and has the fewest digits", "[json]") {
    std::mt19937_64 random(20240115);
    for (int i = 0; i < 100'000; ++i) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) check_double(value);
    }
    for (int i = 0; i < 100'000; ++i)
        check_double(static_cast<double>(random() % 100'000'000'000) /
                     std::pow(10.0, static_cast<double>(random() % 12)));
    for (int i = 0; i < 100'000; ++i)
        check_double(static_cast<double>(random() % 1000) * static_cast<double>(random() % 1000) /
                     static_cast<double>(random() % 1000 + 1));
    for (const double edge : {1e13, 1e15, 1e9, 9007199254740992.0, 9007199254740994.0, 1e-6, 5e-7,
                              999999999999999.9, 9999999999999.99, 4503599627370496.5}) {
        check_double(edge);
        check_double(std::nextafter(edge, 0.0));
        check_double(std::nextafter(edge, 1e300));
    }
    rc::check("any double", [](double value) {
        RC_PRE(std::isfinite(value));
        check_double(value);
    });
}

TEST_CASE("strings escape what JSON asks for and nothing else", "[json]") {
    CHECK(json_string("") == R"("")");
    CHECK(json_string("plain") == R"("plain")");
    CHECK(json_string("größe 日本 😀 / \x7F") == "\"größe 日本 😀 / \x7F\"");
    CHECK(json_string("a\"b\\c") == R"("a\"b\\c")");
    CHECK(json_string("\b\f\n\r\t") == R"("\b\f\n\r\t")");
    CHECK(json_string(std::string_view("\0\x01\x1F", 3)) == R"("\u0000\u0001\u001f")");
}

TEST_CASE("one byte to escape is found wherever it stands", "[json]") {
    for (std::size_t size = 1; size < 40; ++size) {
        for (std::size_t place = 0; place < size; ++place) {
            std::string text(size, '!');
            for (const char special : {'"', '\\', '\x1F'}) {
                text[place] = special;
                const std::string escape =
                    special == '\x1F' ? "\\u001f" : std::string("\\") + special;
                REQUIRE(json_string(text) == '"' + std::string(place, '!') + escape +
                                                 std::string(size - place - 1, '!') + '"');
            }
        }
        const std::string beyond(size, '\xC3');
        REQUIRE(json_string(beyond) == '"' + beyond + '"');
    }
}

TEST_CASE("a text of nothing but escapes has room", "[json]") {
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{128}, std::size_t{129}, std::size_t{5000}}) {
        CHECK(json_string(std::string(size, '\x01')).size() == 6 * size + 2);
    }
}

TEST_CASE("times are written as write_rfc3339 writes them", "[json]") {
    TimeWriter times;
    const auto check = [&](std::int64_t micros) {
        std::array<char, kRfc3339Size> text{};
        const std::string written(text.data(), times.write(text.data(), micros));
        REQUIRE(written == rfc3339_text(EventTime{Duration{micros}}));
    };
    for (const std::int64_t edge :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{999},
          std::int64_t{1'000}, std::int64_t{-86'400'000'000}, std::int64_t{-86'400'000'001},
          std::int64_t{1'705'312'800'000'000}, INT64_MIN, INT64_MIN + 1, INT64_MAX}) {
        check(edge);
        check(edge);
    }
    std::mt19937_64 random(7);
    for (int i = 0; i < 10'000; ++i) {
        const auto any = static_cast<std::int64_t>(random());
        check(any);
        check(any % 1'000'000'000'000'000);
        check(1'705'312'800'000'000 + static_cast<std::int64_t>(random() % 100'000'000'000));
    }
}

TEST_CASE("durations are written as they are read", "[json]") {
    CHECK(interval_text(0) == "0s");
    CHECK(interval_text(90'000'000) == "1m30s");
    CHECK(interval_text(-90'000'000) == "-1m30s");
    CHECK(interval_text(694'861'001'001) == "8d1h1m1s1ms1us");
    CHECK(interval_text(INT64_MIN) == "-106751991d4h54s775ms808us");
    rc::check("as duration_text", [](std::int64_t micros) {
        RC_ASSERT(interval_text(micros) == duration_text(Duration{micros}));
    });
}
