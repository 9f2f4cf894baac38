#include "engine/expression/fault_text.hpp"

#include <utility>

#include "engine/data/value.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kLongest = 80;  // Bytes of the query or of a value in one message.

// Cut before a character, never inside one.
std::string shortened(std::string text) {
    if (text.size() <= kLongest) return text;
    std::size_t end = kLongest;
    while (end > 0 && is_continuation(text[end])) --end;
    text.resize(end);
    return text + "…";
}

std::string what(const BoundExpression& expression, FaultCode code,
                 std::span<const Column* const> args, std::uint32_t row) {
    switch (code) {
        case FaultCode::DivisionByZero:
            return "division by zero";
        case FaultCode::Overflow:
            return "the result does not fit " + expression.type.text();
        case FaultCode::BadCast:
            return shortened(value_at(*args[0], row).sql()) + " cannot become " +
                   expression.type.text();
        default:
            return "an argument is out of range";
    }
}

}  // namespace

std::string fault_text(const BoundExpression& expression, FaultCode code,
                       std::span<const Column* const> args, std::uint32_t row) {
    std::string text = what(expression, code, args, row);
    if (!expression.text.empty()) text += " in '" + shortened(expression.text) + "'";
    if (expression.place.line > 0) {
        text += " (query line " + std::to_string(expression.place.line) + ", column " +
                std::to_string(expression.place.column) + ")";
    }
    return text;
}

}  // namespace velo::engine
