// Every scalar function, in the order of the reference page. The lists, one line for each function, stand in
// operator_list.cpp, number_list.cpp, text_list.cpp, pattern_list.cpp, code_list.cpp, json_list.cpp, time_list.cpp and
// nested_list.cpp.
#include <array>
#include <vector>

#include "engine/expression/function_lists.hpp"

namespace velo::engine {

std::span<const FunctionGroup> function_groups() noexcept {
    static const std::array kGroups{
        FunctionGroup{"Operators", "", operator_functions()},
        FunctionGroup{"Numbers", "", number_functions()},
        FunctionGroup{"Texts", "Positions and lengths count characters (code points), from 1.",
                      text_functions()},
        FunctionGroup{
            "Regular expressions",
            "The syntax is that of RE2: linear in the text, no back-references. A pattern "
            "matches anywhere in the text unless it is anchored with `^` and `$`. Patterns "
            "are literals and compiled once.",
            pattern_functions()},
        FunctionGroup{"Digests and encodings",
                      "A STRING is taken as its UTF-8 bytes; BYTES as they are.", code_functions()},
        FunctionGroup{
            "JSON in texts",
            "Paths are literals: `$`, `.name`, `[\"any name\"]`, `[0]`, `[-1]` from the end. "
            "A text that is no JSON is NULL to all of them, and FALSE to IS_JSON.",
            json_functions()},
        FunctionGroup{
            "Times",
            "A TIMESTAMP is an instant; fields and units are those of UTC unless a time "
            "zone is given: an IANA name (`Europe/Berlin`), `UTC` or an offset (`+02:00`).",
            time_functions()},
        FunctionGroup{"Arrays, maps and structs",
                      "Elements are counted from 1. Two values are equal when all their parts are, "
                      "where NULL equals NULL.",
                      nested_functions()},
    };
    return kGroups;
}

std::span<const ScalarFunction> scalar_functions() noexcept {
    static const std::vector<ScalarFunction> kFunctions = [] {
        std::vector<ScalarFunction> all;
        for (const FunctionGroup& group : function_groups())
            all.insert(all.end(), group.functions.begin(), group.functions.end());
        return all;
    }();
    return kFunctions;
}

}  // namespace velo::engine
