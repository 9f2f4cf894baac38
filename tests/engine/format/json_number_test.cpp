#include "engine/format/json_number.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/data/decimal.hpp"

using namespace velo;
using namespace velo::engine;

namespace {

// A number as it stands in a record: in memory that ends with it, or with what follows.
class Placed {
public:
    explicit Placed(const std::string& text, const std::string& after = "")
        : size_(kBefore + text.size() + after.size()), bytes_(std::make_unique<char[]>(size_)) {
        (after.empty() ? text : text + after).copy(bytes_.get() + kBefore, std::string::npos);
    }
    [[nodiscard]] const char* begin() const { return bytes_.get() + kBefore; }
    [[nodiscard]] const char* end() const { return bytes_.get() + size_; }
    [[nodiscard]] JsonNumber scan() const { return scan_number(begin(), end()); }

private:
    static constexpr std::size_t kBefore = 16;
    std::size_t size_;
    std::unique_ptr<char[]> bytes_;
};

void check_double(const std::string& text) {
    INFO(text);
    double expected = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), expected);
    REQUIRE(result.ec == std::errc{});
    for (const std::string& after :
         {std::string{}, std::string{"}"}, std::string{",\"next\":123456789012}"}}) {
        const Placed placed(text, after);
        const JsonNumber number = placed.scan();
        REQUIRE(number.end == placed.begin() + text.size());
        double value = 0;
        REQUIRE(to_double(number, placed.begin(), value) == NumberFit::Fits);
        REQUIRE(std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(expected));
    }
}

}  // namespace

TEST_CASE("a number ends where JSON's grammar says", "[json]") {
    struct Case {
        std::string text;
        std::size_t size;  // 0: no number.
    };
    for (const Case& example : {Case{"0", 1},       {"-0", 2},
                                {"12", 2},          {"12345678", 8},
                                {"123456789", 9},   {"1.5", 3},
                                {"1.5e3", 5},       {"1e+3", 4},
                                {"1E-3", 4},        {"0.00000001", 10},
                                {"1234567.8", 9},   {"123456.78", 9},
                                {"12345678.9", 10}, {"1234567890123456789012345", 25},
                                {"-", 0},           {"01", 0},
                                {"-01", 0},         {"1.", 0},
                                {"1.e5", 0},        {"1e", 0},
                                {"1e+", 0},         {"-.5", 0},
                                {"12345678.", 0},   {"0123456789", 0}}) {
        for (const std::string& after : {std::string{}, std::string{","}, std::string{" "},
                                         std::string{"}                   "}}) {
            INFO(example.text << after);
            const Placed placed(example.text, after);
            const char* const end = placed.scan().end;
            CHECK(end == (example.size == 0 ? nullptr : placed.begin() + example.size));
        }
    }
}

TEST_CASE("doubles are read as the nearest one", "[json]") {
    for (const char* const text : {"0",
                                   "-0",
                                   "0.0",
                                   "-0.0",
                                   "1",
                                   "123.25",
                                   "1234.567",
                                   "9007199254740991",
                                   "9007199254740993",
                                   "18446744073709551615",
                                   "0.1",
                                   "1e22",
                                   "1e23",
                                   "1e-22",
                                   "1e-23",
                                   "123456789012345678e-20",
                                   "2.2250738585072011e-308",
                                   "1.7976931348623157e308",
                                   "0.500000000000000166533453693773481063544750213623046875",
                                   "5e-324",
                                   "100000000000000000000000e-23"}) {
        check_double(text);
    }
    std::mt19937_64 random(99);
    for (int i = 0; i < 50'000; ++i) {
        const std::string digits = std::to_string(random() >> (random() % 64));
        const std::size_t point = random() % (digits.size() + 1);
        std::string text =
            (random() % 2 == 0 ? "-" : "") + (point == 0 ? "0" : digits.substr(0, point));
        if (point < digits.size()) text += "." + digits.substr(point);
        if (random() % 4 == 0) text += "e" + std::to_string(static_cast<int>(random() % 500) - 250);
        if (text.starts_with("0") && text.size() > 1 && text[1] != '.' && text[1] != 'e') continue;
        check_double(text);
    }
}

TEST_CASE("a number beyond DOUBLE is refused, one too small is zero", "[json]") {
    const auto fit = [](const std::string& text, double& value) {
        const Placed placed(text);
        return to_double(placed.scan(), placed.begin(), value);
    };
    double value = 1;
    CHECK(fit("1e309", value) == NumberFit::OutOfRange);
    CHECK(fit("-1e99999999999999999999", value) == NumberFit::OutOfRange);
    CHECK(fit("1e-400", value) == NumberFit::Fits);
    CHECK((value == 0 && !std::signbit(value)));
    CHECK(fit("-1e-400", value) == NumberFit::Fits);
    CHECK((value == 0 && std::signbit(value)));
    CHECK(fit("0e999", value) == NumberFit::Fits);
    CHECK(value == 0);
}

TEST_CASE("every integer reads back, however it is written", "[json]") {
    const auto read = [](const std::string& text) {
        const Placed placed(text);
        std::int64_t value = 0;
        RC_ASSERT(to_integer(placed.scan(), value) == NumberFit::Fits);
        return value;
    };
    rc::check("digits",
              [&](std::int64_t value) { RC_ASSERT(read(std::to_string(value)) == value); });
    rc::check("with zeros behind the point", [&](std::int64_t value) {
        RC_ASSERT(read(std::to_string(value) + ".000") == value);
    });
    rc::check("with an exponent", [&](std::int32_t value) {
        RC_ASSERT(read(std::to_string(value) + "e3") == std::int64_t{value} * 1000);
    });
    rc::check("with an exponent that takes digits away", [&](std::int32_t value) {
        RC_ASSERT(read(std::to_string(value) + "000e-3") == value);
    });
}

TEST_CASE("decimals are what parse_decimal makes of the same text", "[json]") {
    std::mt19937_64 random(5);
    for (int i = 0; i < 50'000; ++i) {
        std::string text =
            (random() % 2 == 0 ? "-" : "") + std::to_string(random() >> (random() % 64));
        if (random() % 2 == 0) text += "." + std::to_string(random() >> (random() % 64));
        if (random() % 4 == 0) text += "e" + std::to_string(static_cast<int>(random() % 40) - 20);
        const int scale = static_cast<int>(random() % 20);
        const Type type = decimal_type(scale + 1 + static_cast<int>(random() % 18), scale);
        INFO(text << " as " << type.text());
        const Placed placed(text);
        Int128 value = 0;
        const bool fits = to_decimal(placed.scan(), placed.begin(), type, value) == NumberFit::Fits;
        const auto expected = parse_decimal(text, type.precision, type.scale);
        REQUIRE(fits == expected.has_value());
        if (fits) REQUIRE((value == *expected));
    }
}
