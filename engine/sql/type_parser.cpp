#include "engine/sql/type_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "engine/sql/parser.hpp"
#include "engine/sql/refused_forms.hpp"

namespace velo::engine::sql {

namespace {

struct ScalarName {
    std::string_view name;
    Type type;
};

constexpr std::array kScalars{
    ScalarName{"BOOLEAN", kBoolean},   ScalarName{"BOOL", kBoolean},
    ScalarName{"BIGINT", kBigint},     ScalarName{"INT", kBigint},
    ScalarName{"INTEGER", kBigint},    ScalarName{"DOUBLE", kDouble},
    ScalarName{"FLOAT", kDouble},      ScalarName{"REAL", kDouble},
    ScalarName{"STRING", kString},     ScalarName{"VARCHAR", kString},
    ScalarName{"TEXT", kString},       ScalarName{"BYTES", kBytes},
    ScalarName{"DATE", kDate},         ScalarName{"TIMESTAMP", kTimestamp},
    ScalarName{"INTERVAL", kInterval}, ScalarName{"TIME", kTime},
};
constexpr std::array<std::string_view, 2> kDecimalNames{"DECIMAL", "NUMERIC"};
constexpr std::array<std::string_view, 3> kNestedNames{"ARRAY", "MAP", "STRUCT"};
constexpr std::string_view kAllNames =
    "BOOLEAN, BIGINT, DOUBLE, DECIMAL(p,s), STRING, BYTES, TIMESTAMP, DATE, TIME, INTERVAL, "
    "ARRAY<T>, "
    "MAP<STRING, T> or STRUCT<name T, …>";

class TypeParser {
public:
    explicit TypeParser(TokenReader& tokens) : tokens_(tokens) {}

    TypeName parse() {
        const Nesting nesting(tokens_);
        const std::size_t start = tokens_.position();
        if (!tokens_.is(TokenKind::Word)) tokens_.unexpected({"a type"});
        const Token word = tokens_.take();
        TypeName type;
        type.type = is_nested_name(tokens_.text(word)) ? parse_nested(word) : parse_scalar(word);
        type.place = tokens_.place_from(start);
        type.text = std::string(tokens_.text_from(start));
        return type;
    }

private:
    Type parse_scalar(const Token& word) {
        const std::string_view name = tokens_.text(word);
        for (const std::string_view decimal : kDecimalNames) {
            if (equals_ignoring_case(name, decimal)) return parse_decimal_type(word);
        }
        for (const ScalarName& scalar : kScalars) {
            if (!equals_ignoring_case(name, scalar.name)) continue;
            if (equals_ignoring_case(name, "DOUBLE")) tokens_.accept_word("PRECISION");
            if (tokens_.is_symbol("(")) parse_length(scalar);
            return scalar.type;
        }
        unknown(word);
    }

    // VARCHAR(20): the length is read and means nothing, for texts have no fixed size here.
    void parse_length(const ScalarName& scalar) {
        if (scalar.name != "VARCHAR") {
            const std::string_view reason = scalar.type == kTimestamp || scalar.type == kTime
                                                ? "it always counts microseconds"
                                                : "write it alone";
            throw Error(tokens_.place(tokens_.peek()),
                        fmt::format("{} takes no length; {}", scalar.name, reason));
        }
        tokens_.expect_symbol("(");
        static_cast<void>(parse_number(1, 1'000'000'000, "a length"));
        tokens_.expect_symbol(")");
    }

    Type parse_decimal_type(const Token& word) {
        if (!tokens_.is_symbol("(")) {
            throw Error(
                tokens_.place(word),
                fmt::format("{0} needs its digits; write {0}(18,2): 18 in all, 2 after the point",
                            tokens_.text(word)));
        }
        tokens_.expect_symbol("(");
        const int precision = parse_number(1, kMaxDecimalDigits, "the number of digits");
        int scale = 0;
        if (tokens_.accept_symbol(","))
            scale = parse_number(0, precision, "the number of digits after the point");
        tokens_.expect_symbol(")");
        return decimal_type(precision, scale);
    }

    int parse_number(int least, int most, std::string_view what) {
        if (!tokens_.is(TokenKind::Number)) tokens_.unexpected({what});
        const Token& token = tokens_.take();
        const std::string_view digits = tokens_.text(token);
        int value = -1;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && value >= least &&
            value <= most)
            return value;
        throw Error(tokens_.place(token), fmt::format("{} is {}; it can be {} to {}", what,
                                                      tokens_.shown(token), least, most));
    }

    static bool is_nested_name(std::string_view name) noexcept {
        return std::ranges::any_of(kNestedNames, [name](std::string_view nested) {
            return equals_ignoring_case(name, nested);
        });
    }

    // ARRAY<T> or ARRAY(T); MAP<STRING, T>; STRUCT<name T, …>.
    Type parse_nested(const Token& word) {
        const std::string_view name = tokens_.text(word);
        if (++depth_ > kDeepestType) {
            throw Error(tokens_.place(word), fmt::format("types are at most {} levels deep; use a "
                                                         "flatter one",
                                                         kDeepestType));
        }
        const bool round = tokens_.is_symbol("(");
        tokens_.expect_symbol(round ? "(" : "<");
        Type type;
        if (equals_ignoring_case(name, "ARRAY")) {
            type = array_type(parse().type);
        } else if (equals_ignoring_case(name, "MAP")) {
            const TypeName key = parse();
            if (key.type != kString)
                throw Error(key.place, fmt::format("the keys of a MAP are STRING, not {}; write "
                                                   "MAP<STRING, …>",
                                                   key.text));
            tokens_.expect_symbol(",");
            type = map_type(parse().type);
        } else {
            type = struct_type(parse_fields());
        }
        tokens_.expect_symbol(round ? ")" : ">");
        --depth_;
        return type;
    }

    std::vector<TypePart> parse_fields() {
        std::vector<TypePart> fields;
        do {
            const Identifier name = tokens_.expect_name("a field name");
            if (std::ranges::find(fields, name.text, &TypePart::name) != fields.end())
                throw Error(name.place, fmt::format("the field '{}' is declared twice", name.text));
            fields.push_back({name.text, parse().type});
        } while (tokens_.accept_symbol(","));
        return fields;
    }

    [[noreturn]] void unknown(const Token& word) {
        const std::string_view name = tokens_.text(word);
        const std::string start = fmt::format("unknown type {}", tokens_.shown(word));
        if (const std::string_view instead = type_instead_of(name); !instead.empty()) {
            throw Error(tokens_.place(word), fmt::format("{}; use {}", start, instead));
        }
        std::vector<std::string_view> names;
        names.reserve(kScalars.size() + kDecimalNames.size() + kNestedNames.size());
        for (const ScalarName& scalar : kScalars) names.push_back(scalar.name);
        names.insert(names.end(), kDecimalNames.begin(), kDecimalNames.end());
        names.insert(names.end(), kNestedNames.begin(), kNestedNames.end());
        const std::string hint = did_you_mean(name, names);
        throw Error(tokens_.place(word),
                    start + (hint.empty() ? fmt::format("; use {}", kAllNames) : hint));
    }

    TokenReader& tokens_;
    int depth_ = 0;  // Nested types that are open.
};

}  // namespace

TypeName parse_type_name(TokenReader& tokens) { return TypeParser(tokens).parse(); }

Type parse_type(std::string_view text) {
    TokenReader tokens(text);
    const TypeName type = parse_type_name(tokens);
    if (!tokens.is(TokenKind::End)) tokens.unexpected({"the end of the type"});
    return type.type;
}

}  // namespace velo::engine::sql
