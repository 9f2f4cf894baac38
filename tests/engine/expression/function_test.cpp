#include "engine/expression/function.hpp"

#include <set>

#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

TEST_CASE("a function is found by its name or a synonym, in any case", "[function]") {
    const ScalarFunction* ceil = find_scalar_function("CEIL");
    REQUIRE(ceil != nullptr);
    CHECK(find_scalar_function("ceiling") == ceil);
    CHECK(find_scalar_function("Ceil") == ceil);
    CHECK(find_scalar_function("CEI") == nullptr);
    CHECK(find_scalar_function("") == nullptr);
}

TEST_CASE("every function has one name, a usage and a sentence of help", "[function]") {
    std::set<std::string> names;
    for (const ScalarFunction& function : scalar_functions()) {
        INFO(function.name);
        CHECK(names.insert(to_lower(function.name)).second);
        for (const std::string_view synonym : function.synonyms)
            CHECK(names.insert(to_lower(synonym)).second);
        CHECK_FALSE(function.usage.empty());
        CHECK(function.help.ends_with("."));
        CHECK(function.resolve != nullptr);
    }
    CHECK(names.size() > 160);
}

TEST_CASE("no function accepts a wrong number of arguments, and each says so", "[function]") {
    const std::vector<BoundPtr> none;
    const std::vector<BoundPtr> many(9, lit(kNull));
    const std::set<std::string_view> take_any{"CONCAT",      "CONCAT_WS", "GREATEST",
                                              "LEAST",       "IN",        "ARRAY_CONCAT",
                                              "ARRAY_UNION", "MAP_CONCAT"};
    for (const ScalarFunction& function : scalar_functions()) {
        INFO(function.name);
        if (function.name == "PI" || function.name == "ARRAY") continue;
        if (!take_any.contains(function.name)) CHECK(mistake(function.name, many) != "none");
        if (function.name == "MAP") continue;
        CHECK(mistake(function.name, none).starts_with("'" + std::string(function.name) + "' "));
    }
}

TEST_CASE("every function gives NULL or a fault for NULL arguments, never a crash", "[function]") {
    for (const ScalarFunction& function : scalar_functions()) {
        INFO(function.name);
        for (std::size_t count = 1; count <= 3; ++count) {
            Rows rows;
            std::vector<BoundPtr> args;
            for (std::size_t i = 0; i < count; ++i)
                args.push_back(rows.column(kNullType, {kNull, kNull}));
            if (mistake(function.name, args) != "none") continue;
            const Answers answers = rows.answers(call(function.name, args));
            const bool answers_nulls = function.name.starts_with("IS ") ||
                                       function.name == "CONCAT" || function.name == "ARRAY" ||
                                       function.name == "MAP";
            CHECK((answers == Answers{"NULL", "NULL"}) == !answers_nulls);
        }
    }
}

TEST_CASE("a mistake stands where the call does", "[function]") {
    try {
        static_cast<void>(call("ABS", {lit(text("a"))}));
        FAIL("ABS takes no STRING");
    } catch (const Error& error) {
        CHECK(error.mistakes().front().place == Place{{}, 3, 8, 1});
        CHECK(error.mistakes().front().text == "'ABS' takes a number, not STRING; write ABS(x)");
    }
}

TEST_CASE("fault codes and stages have the names that metrics and headers carry", "[fault]") {
    CHECK(fault_code_name(FaultCode::DivisionByZero) == "division_by_zero");
    CHECK(fault_code_name(FaultCode::InvalidUtf8) == "invalid_utf8");
    CHECK(fault_code_name(FaultCode::Late) == "late");
    CHECK(fault_stage_name(FaultStage::Decode) == "decode");
    CHECK(fault_stage_name(FaultStage::Encode) == "encode");
}

}  // namespace velo::engine
