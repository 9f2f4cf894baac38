// Our one pass against simdjson's DOM, which shares no line with it: the same verdict and values for valid records and for
// records with one byte changed.
#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "tests/engine/format/decoding.hpp"

using namespace velo;
using namespace velo::engine;
using velo::engine::tests::Decoding;

namespace {

namespace dom = simdjson::dom;

constexpr std::uint32_t kRecords = 20'000;

struct FieldKind {
    std::string_view name;
    Type type;
};

const std::vector<FieldKind> kFields{{"symbol", kString},
                                     {"price", kDouble},
                                     {"quantity", kBigint},
                                     {"flag", kBoolean},
                                     {"größe", kString}};

class RandomRecords {
public:
    explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    // An object with the declared fields, in any order, each at most once; `others`: with undeclared ones between them.
    std::string object(bool others) {
        std::string text = space() + "{";
        std::vector<std::size_t> order(kFields.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        if (below(3) == 0) std::shuffle(order.begin(), order.end(), random_);
        bool first = true;
        const auto member = [&](std::string_view name, const std::string& value) {
            text += (first ? "" : ",") + space() + '"' + std::string(name) + '"' + space() + ":" +
                    space() + value + space();
            first = false;
        };
        for (const std::size_t i : order) {
            if (below(8) == 0) continue;
            if (others && below(2) == 0) member("other" + std::to_string(below(20)), any_value(0));
            member(kFields[i].name, below(10) == 0 ? "null" : value(kFields[i].type));
        }
        return text + "}" + space();
    }

    void change_one_byte(std::string& text) {
        static constexpr std::string_view kBytes =
            "{}[]:,\"\\ 0159.eE+-tfnu\x01\x1F\x7F\x80\xC3\xFF\n";
        const std::size_t place = below(text.size());
        const char byte =
            below(4) == 0 ? static_cast<char>(below(256)) : kBytes[below(kBytes.size())];
        switch (below(3)) {
            case 0:
                text[place] = byte;
                break;
            case 1:
                text.insert(place, 1, byte);
                break;
            default:
                text.erase(place, 1);
                break;
        }
    }

private:
    std::string space() { return below(6) == 0 ? std::string(below(3), " \n\t\r"[below(4)]) : ""; }

    std::string value(Type type) {
        switch (type.kind) {
            case TypeKind::Boolean:
                return below(2) == 0 ? "true" : "false";
            case TypeKind::Bigint:
                return integer();
            case TypeKind::Double:
                return number();
            default:
                return string();
        }
    }
    std::string integer() {
        return (below(3) == 0 ? "-" : "") +
               std::to_string(below(2) == 0 ? below(1000) : random_() >> (14 + below(40)));
    }
    std::string
    number() {  // Short enough to stay within 64 bits without its point: simdjson refuses longer integers.
        std::string text =
            (below(3) == 0 ? "-" : "") + std::to_string(random_() >> (34 + below(30)));
        if (below(3) != 0) text += "." + std::to_string(below(100'000));
        if (below(8) == 0) text += "e" + std::to_string(static_cast<int>(below(40)) - 20);
        return text;
    }
    std::string string() {
        static const std::vector<std::string> kPieces{
            "a",     "SYM",   "ü",         "日本",      "😀", R"(\")",
            R"(\\)", R"(\n)", R"(\u00e9)", R"(\u20ac)", " ",  "0123456789abcdef"};
        std::string text = "\"";
        for (std::uint64_t i = below(8); i > 0; --i) text += kPieces[below(kPieces.size())];
        return text + '"';
    }
    std::string any_value(int depth) {
        switch (below(depth < 4 ? 6 : 4)) {
            case 0:
                return string();
            case 1:
                return number();
            case 2:
                return "null";
            case 3:
                return "true";
            case 4: {
                std::string text = "[";
                for (std::uint64_t i = below(4); i > 0; --i)
                    text += space() + any_value(depth + 1) + (i > 1 ? "," : "");
                return text + space() + "]";
            }
            default: {
                std::string text = "{";
                for (std::uint64_t i = below(4); i > 0; --i)
                    text += space() + string() + ":" + any_value(depth + 1) + (i > 1 ? "," : "");
                return text + "}";
            }
        }
    }

    std::mt19937_64 random_;
};

/// One value as the rules of interface 1.1 take it from simdjson's element; nullopt: refused.
std::optional<Value> taken(const dom::element& element, Type type) {
    if (element.is_null()) return Value{type, {}};
    switch (type.kind) {
        case TypeKind::String:
            if (!element.is_string()) return std::nullopt;
            return Value{type, std::string(element.get_string().value())};
        case TypeKind::Boolean:
            if (!element.is_bool()) return std::nullopt;
            return Value{type, element.get_bool().value()};
        case TypeKind::Double:
            if (!element.is_number()) return std::nullopt;
            return Value{type, element.get_double().value()};
        default:
            break;
    }
    if (element.is_int64()) return Value{type, element.get_int64().value()};
    if (!element.is_double()) return std::nullopt;
    const double value = element.get_double().value();
    if (std::floor(value) != value || value < -0x1p63 || value >= 0x1p63) return std::nullopt;
    return Value{kDouble, value};
}

/// The row that simdjson gives, of duplicates the first; nullopt: the record is refused.
std::optional<std::vector<Value>> expected_row(dom::parser& parser, const std::string& payload) {
    dom::object object;
    if (parser.parse(payload).get(object) != simdjson::SUCCESS) return std::nullopt;
    std::vector<Value> row;
    for (const FieldKind& field : kFields) {
        std::optional<Value> value = Value{field.type, {}};
        for (const auto member : object) {
            if (member.key != field.name) continue;
            value = taken(member.value, field.type);
            break;
        }
        if (!value) return std::nullopt;
        row.push_back(*value);
    }
    return row;
}

/// A decoder of all the fields.
struct Declared : Decoding {
    Declared() {
        for (const FieldKind& field : kFields) column(std::string(field.name), field.type.text());
    }
};

bool same(const Value& ours, const Value& theirs) {
    const auto* const their_double = std::get_if<double>(&theirs.data);
    if (their_double == nullptr) return ours == theirs;
    if (const auto* integer = std::get_if<std::int64_t>(&ours.data))
        return static_cast<double>(*integer) == *their_double;  // 1e18
    const auto* const value = std::get_if<double>(&ours.data);
    return value != nullptr && *value == *their_double;  // simdjson has no sign for the integer -0.
}

bool has_row(const Decoding& decoding, std::uint32_t row, const std::vector<Value>& expected) {
    for (std::size_t column = 0; column < expected.size(); ++column) {
        if (!same(value_at(decoding.batch().columns[column], row), expected[column])) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("simdjson reads the same from records with all kinds of other fields", "[json]") {
    RandomRecords random(1);
    dom::parser parser;
    Declared decoding;
    std::vector<std::string> payloads;
    for (std::uint32_t i = 0; i < kRecords; ++i) {
        payloads.push_back(random.object(true));
        decoding.record(payloads.back());
    }
    decoding.decode();
    for (std::uint32_t row = 0; row < kRecords; ++row) {
        INFO(payloads[row]);
        const auto expected = expected_row(parser, payloads[row]);
        REQUIRE(expected.has_value());
        REQUIRE(decoding.fault(row) == "");
        REQUIRE(has_row(decoding, row, *expected));
    }
}

TEST_CASE("simdjson gives the same verdict on records with one byte changed", "[json]") {
    RandomRecords random(2);
    dom::parser parser;
    Declared decoding;
    std::vector<std::string> payloads;
    for (std::uint32_t i = 0; i < 5 * kRecords; ++i) {
        payloads.push_back(random.object(false));
        random.change_one_byte(payloads.back());
        decoding.record(payloads.back());
    }
    decoding.decode();
    std::uint32_t refused = 0;
    for (std::uint32_t row = 0; row < payloads.size(); ++row) {
        INFO(payloads[row]);
        const auto expected = expected_row(parser, payloads[row]);
        const std::string fault = decoding.fault(row);
        INFO(fault);
        REQUIRE(fault.empty() == expected.has_value());
        if (expected) {
            REQUIRE(has_row(decoding, row, *expected));
        } else {
            ++refused;
        }
    }
    CHECK(refused > kRecords);
    CHECK(refused < 4 * kRecords);
}

TEST_CASE("bytes changed in fields that nobody reads never refuse what simdjson accepts",
          "[json]") {
    RandomRecords random(3);
    dom::parser parser;
    Declared decoding;
    std::vector<std::string> payloads;
    for (std::uint32_t i = 0; i < 2 * kRecords; ++i) {
        payloads.push_back(random.object(true));
        random.change_one_byte(payloads.back());
        decoding.record(payloads.back());
    }
    decoding.decode();
    for (std::uint32_t row = 0; row < payloads.size(); ++row) {
        const auto expected = expected_row(parser, payloads[row]);
        if (!expected) continue;
        INFO(payloads[row]);
        REQUIRE(decoding.fault(row) == "");
        REQUIRE(has_row(decoding, row, *expected));
    }
}
