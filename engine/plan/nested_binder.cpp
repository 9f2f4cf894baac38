// The part of ExpressionBinder that makes arrays, maps and structs and looks into them.
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/expression/nested_types.hpp"
#include "engine/plan/common_type.hpp"
#include "engine/plan/expression_binder.hpp"

namespace velo::engine {

namespace {

constexpr std::uint32_t kMostLambdas = 16;      // In one another.
constexpr std::uint32_t kLambdaParameters = 2;  // Numbers that each takes.
constexpr int kReduceRounds = 4;                // A type that still grows then would grow for ever.

}  // namespace

BoundPtr ExpressionBinder::bind_array(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    if (!bind_children(expression, 0, clause, args) || !read_times(args)) return nullptr;
    return call("ARRAY", std::move(args), expression);
}

BoundPtr ExpressionBinder::bind_map(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    if (!bind_children(expression, 0, clause, args)) return nullptr;
    return call("MAP", std::move(args), expression);
}

BoundPtr ExpressionBinder::bind_struct(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> values;
    if (!bind_children(expression, 0, clause, values)) return nullptr;
    std::vector<BoundPtr> args;
    for (std::size_t i = 0; i < values.size(); ++i) {
        args.push_back(bound_literal(Value{kString, expression.names[i].text}));
        args.push_back(std::move(values[i]));
    }
    return call("STRUCT", std::move(args), expression);
}

BoundPtr ExpressionBinder::bind_subscript(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    if (!bind_children(expression, 0, clause, args)) return nullptr;
    return call("SUBSCRIPT", std::move(args), expression);
}

BoundPtr ExpressionBinder::bind_fields(BoundPtr value, std::span<const sql::Identifier> names,
                                       const Expression& expression) {
    for (const sql::Identifier& name : names) {
        if (!value) return nullptr;
        const auto field = find_field(value->type, name.text, name.quoted);
        if (!field) {
            return wrong(expression.place,
                         fmt::format("{} {}", text_.quoted(expression.place), field.error()));
        }
        const std::string declared = value->type.parts.all()[*field].name;
        value =
            call("FIELD", {std::move(value), bound_literal(Value{kString, declared})}, expression);
    }
    return value;
}

const BoundPtr* ExpressionBinder::find_parameter(const sql::Identifier& name) const noexcept {
    for (std::size_t i = parameters_.size(); i-- > 0;) {
        if (same_name(parameters_[i].name, name)) return &parameters_[i].value;
    }
    return nullptr;
}

std::uint32_t ExpressionBinder::next_parameter() const noexcept {
    return lambdas_ * kLambdaParameters;
}

BoundPtr ExpressionBinder::bind_lambda(const Expression& lambda, std::span<const Type> types,
                                       std::size_t least, const Clause& clause) {
    if (lambda.kind != sql::ExpressionKind::Lambda || lambda.names.size() < least ||
        lambda.names.size() > types.size()) {
        return wrong(lambda.place, fmt::format("{} stands where a lambda is wanted; write {}",
                                               text_.quoted(lambda.place),
                                               least == 2 ? "(sum, x) -> sum + x" : "x -> x + 1"));
    }
    if (lambdas_ == kMostLambdas) {
        return wrong(lambda.place,
                     fmt::format("lambdas stand at most {} deep in one another", kMostLambdas));
    }
    for (std::size_t i = 0; i < lambda.names.size(); ++i) {
        auto parameter = std::make_shared<BoundExpression>();
        parameter->kind = BoundKind::Parameter;
        parameter->type = types[i];
        parameter->column = next_parameter() + static_cast<std::uint32_t>(i);
        parameter->text = lambda.names[i].text;
        parameter->place = lambda.names[i].place;
        parameters_.push_back({lambda.names[i], std::move(parameter)});
    }
    ++lambdas_;
    BoundPtr body = bind(*lambda.children[0], clause);
    --lambdas_;
    parameters_.resize(parameters_.size() - lambda.names.size());
    return body;
}

BoundPtr ExpressionBinder::bind_lambda_call(const Expression& expression, const Clause& clause) {
    const std::string_view name = expression.path.back().text;
    if (!is_plain_call(expression)) return nullptr;
    if (equals_ignoring_case(name, "REDUCE") || equals_ignoring_case(name, "AGGREGATE"))
        return bind_reduce(expression, clause);
    const bool filters =
        equals_ignoring_case(name, "FILTER") || equals_ignoring_case(name, "ARRAY_FILTER");
    return bind_elements(filters ? BoundKind::Filter : BoundKind::Transform, expression, clause);
}

BoundPtr ExpressionBinder::bind_elements(BoundKind kind, const Expression& expression,
                                         const Clause& clause) {
    const bool filters = kind == BoundKind::Filter;
    if (!is_arity(expression, 2, 2,
                  filters ? "FILTER(array, x -> condition)" : "TRANSFORM(array, x -> e)"))
        return nullptr;
    BoundPtr array = bind(*expression.children[0], clause);
    if (!array) return nullptr;
    const auto type = as_array(array->type);
    if (!type) {
        return wrong(expression.place,
                     fmt::format("{} goes over an ARRAY, and {} is {}", expression.path.back().text,
                                 text_.quoted(expression.children[0]->place), array->type.text()));
    }
    array = bound_cast(std::move(array), *type);
    const Type parameters[] = {type->element(), kBigint};
    BoundPtr body = bind_lambda(*expression.children[1], parameters, 1, clause);
    if (!body) return nullptr;
    if (filters) {
        body = condition(body, *expression.children[1]->children[0], "FILTER needs");
        if (!body) return nullptr;
        return make(kind, *type, {std::move(array), std::move(body)}, expression, next_parameter());
    }
    body = typed(body);
    auto result = nested_result(array_type(body->type));
    if (!result) return wrong(expression.place, "'TRANSFORM' " + result.error());
    return make(kind, *result, {std::move(array), std::move(body)}, expression, next_parameter());
}

// The value so far has the type that the start and each step have together.
BoundPtr ExpressionBinder::bind_reduce(const Expression& expression, const Clause& clause) {
    if (!is_arity(expression, 3, 3, "REDUCE(array, start, (sum, x) -> sum + x)")) return nullptr;
    BoundPtr array = bind(*expression.children[0], clause);
    BoundPtr start = bind(*expression.children[1], clause);
    if (!array || !start) return nullptr;
    const auto type = as_array(array->type);
    if (!type) {
        return wrong(expression.place,
                     fmt::format("REDUCE goes over an ARRAY, and {} is {}",
                                 text_.quoted(expression.children[0]->place), array->type.text()));
    }
    Type so_far = start->type.kind == TypeKind::Null ? type->element() : start->type;
    BoundPtr body;
    for (int round = 0; round < kReduceRounds; ++round) {
        const Type parameters[] = {so_far, type->element()};
        body = bind_lambda(*expression.children[2], parameters, 2, clause);
        if (!body) return nullptr;
        if (body->type == so_far) break;
        auto common = common_type(so_far, body->type);
        if (!common) break;
        // Sums of decimals would ask for one digit more each time.
        if (common->kind == TypeKind::Decimal)
            common = decimal_type(kMaxDecimalDigits, common->scale);
        if (*common == so_far) {
            body = bound_cast(std::move(body), so_far);
            break;
        }
        so_far = *common;
    }
    if (body->type != so_far || !can_cast(start->type, so_far)) {
        return wrong(expression.children[2]->place,
                     fmt::format("REDUCE starts with {}, and its lambda gives {}; CAST them to one "
                                 "type",
                                 start->type.text(), body->type.text()));
    }
    return make(BoundKind::Reduce, so_far,
                {bound_cast(std::move(array), *type), bound_cast(std::move(start), so_far),
                 std::move(body)},
                expression, next_parameter());
}

}  // namespace velo::engine
