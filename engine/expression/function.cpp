#include "engine/expression/function.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/expression/fold.hpp"

namespace velo::engine {

namespace {

// What the resolver says, with the function's name before it and how to write it after it.
[[noreturn]] void refuse(const ScalarFunction& function, const Place& place,
                         const std::string& why) {
    const bool has_advice = why.find(';') != std::string::npos;
    throw Error(place, "'" + std::string(function.name) + "' " + why +
                           (has_advice ? "" : "; write " + std::string(function.usage)));
}

std::vector<const Value*> literals_of(const std::vector<BoundPtr>& args) {
    std::vector<const Value*> literals;
    for (const BoundPtr& arg : args)
        literals.push_back(arg->kind == BoundKind::Literal ? &arg->value : nullptr);
    return literals;
}

std::vector<Type> types_of(const std::vector<BoundPtr>& args) {
    std::vector<Type> types;
    for (const BoundPtr& arg : args) types.push_back(arg->type);
    return types;
}

}  // namespace

const ScalarFunction* find_scalar_function(std::string_view name) noexcept {
    for (const ScalarFunction& function : scalar_functions()) {
        if (equals_ignoring_case(function.name, name)) return &function;
        for (const std::string_view synonym : function.synonyms) {
            if (equals_ignoring_case(synonym, name)) return &function;
        }
    }
    return nullptr;
}

BoundPtr bound_call(const ScalarFunction& function, std::vector<BoundPtr> args, Place place,
                    std::string text) {
    if (function.instead != nullptr) {
        if (BoundPtr other = function.instead(args, place, text)) return other;
    }
    auto signature = function.resolve(types_of(args), literals_of(args));
    if (!signature) refuse(function, place, signature.error());
    VELO_ASSERT(signature->args.size() == args.size() && signature->kernel != nullptr,
                "a signature names every argument's type");
    auto node = std::make_shared<BoundExpression>();
    node->kind = BoundKind::Call;
    node->type = signature->result;
    node->function = &function;
    node->place = std::move(place);
    node->text = std::move(text);
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (!can_cast(args[i]->type, signature->args[i])) {
            refuse(function, node->place,
                   "cannot take " + args[i]->type.text() + " as " + signature->args[i].text());
        }
        node->children.push_back(bound_cast(std::move(args[i]), signature->args[i]));
    }
    if (function.prepare != nullptr) {
        auto prepared = function.prepare(signature->args, literals_of(node->children));
        if (!prepared) refuse(function, node->place, prepared.error());
        node->prepared = std::move(*prepared);
    }
    node->signature = std::make_shared<const Signature>(std::move(*signature));
    return folded(std::move(node));
}

}  // namespace velo::engine
