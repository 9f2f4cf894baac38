#include "engine/expression/signature.hpp"

#include <algorithm>
#include <utility>

#include "engine/data/decimal.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

constexpr int kBigintDigits = 19;
constexpr int kScaleKept = 6;

bool is_taken_as(Type type, Type wanted) noexcept {
    if (type == wanted || type.kind == TypeKind::Null) return true;
    if (wanted.kind == TypeKind::Double) return type.is_numeric();
    return wanted.kind == TypeKind::Timestamp && type.kind == TypeKind::Date;
}

int digits_of(Int128 value) noexcept {
    int digits = 1;
    while (digits < kMaxDecimalDigits && !fits_precision(value, digits)) ++digits;
    return digits;
}

}  // namespace

std::string wrong_count(std::size_t least, std::size_t most, std::size_t count) {
    std::string text = "takes " + std::to_string(least);
    if (most == least + 1) text += " or " + std::to_string(most);
    if (most > least + 1) text += " or more";
    return text + (most == 1 ? " argument" : " arguments") + ", not " + std::to_string(count);
}

std::string wrong_types(std::string_view wanted, Types types) {
    std::string text = "takes " + std::string(wanted) + ", not ";
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (i > 0) text += i + 1 == types.size() ? " and " : ", ";
        text += types[i].text();
    }
    return text;
}

std::string shortened(std::string_view text) {
    constexpr std::size_t kLongest = 80;
    if (text.size() <= kLongest) return std::string(text);
    std::size_t end = kLongest;
    while (end > 0 && is_continuation(text[end])) --end;
    return std::string(text.substr(0, end)) + "…";
}

Resolved resolve_fixed(Types types, std::vector<Type> wanted, Type result, Kernel kernel) {
    return resolve_optional(types, std::move(wanted), 0, result, kernel);
}

Resolved resolve_optional(Types types, std::vector<Type> wanted, std::size_t optional, Type result,
                          Kernel kernel) {
    const std::size_t least = wanted.size() - optional;
    if (types.size() < least || types.size() > wanted.size())
        return std::unexpected(wrong_count(least, wanted.size(), types.size()));
    wanted.resize(types.size());
    if (!std::ranges::equal(types, wanted, is_taken_as)) {
        std::string names;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (i > 0) names += i + 1 == wanted.size() ? " and " : ", ";
            names += wanted[i] == kDouble ? "a number" : wanted[i].text();
        }
        return std::unexpected(wrong_types(names, types));
    }
    return Signature{.args = std::move(wanted), .result = result, .kernel = kernel};
}

Type as_decimal(Type type, const Value* literal) noexcept {
    if (type.kind == TypeKind::Decimal) return type;
    if (literal == nullptr || literal->is_null() || type.kind != TypeKind::Bigint)
        return decimal_type(kBigintDigits, 0);
    return decimal_type(digits_of(std::get<std::int64_t>(literal->data)), 0);
}

Type bounded_decimal(int whole, int scale) noexcept {
    if (whole + scale <= kMaxDecimalDigits) return decimal_type(std::max(whole + scale, 1), scale);
    return decimal_type(kMaxDecimalDigits,
                        std::max(kMaxDecimalDigits - whole, std::min(scale, kScaleKept)));
}

}  // namespace velo::engine
