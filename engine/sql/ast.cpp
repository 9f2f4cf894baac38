#include "engine/sql/ast.hpp"

#include <utility>

namespace velo::engine::sql {

std::string_view operator_text(Operator op) noexcept {
    switch (op) {
        case Operator::Or:
            return "OR";
        case Operator::And:
            return "AND";
        case Operator::Not:
            return "NOT";
        case Operator::Equal:
            return "=";
        case Operator::NotEqual:
            return "<>";
        case Operator::Less:
            return "<";
        case Operator::LessEqual:
            return "<=";
        case Operator::Greater:
            return ">";
        case Operator::GreaterEqual:
            return ">=";
        case Operator::IsDistinctFrom:
            return "IS DISTINCT FROM";
        case Operator::IsNotDistinctFrom:
            return "IS NOT DISTINCT FROM";
        case Operator::Concat:
            return "||";
        case Operator::Add:
        case Operator::Plus:
            return "+";
        case Operator::Subtract:
        case Operator::Negate:
            return "-";
        case Operator::Multiply:
            return "*";
        case Operator::Divide:
            return "/";
        case Operator::Modulo:
            return "%";
    }
    std::unreachable();
}

}  // namespace velo::engine::sql
