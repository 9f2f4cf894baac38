// Regular expressions, one line for each: name, synonyms, usage, help, example, what it gives, how it resolves, what it prepares.
#include <vector>

#include "engine/expression/function_lists.hpp"
#include "engine/expression/functions.hpp"

namespace velo::engine {

std::span<const ScalarFunction> pattern_functions() {
    static const std::vector<ScalarFunction> kFunctions{
        {"REGEXP_LIKE",
         {"REGEXP", "RLIKE", "REGEXP_MATCHES"},
         "REGEXP_LIKE(text, pattern [, flags])",
         "Whether the pattern matches somewhere; flags: i any case, m lines, s point takes "
         "newlines. Also text RLIKE pattern.",
         "REGEXP_LIKE('Order 66', 'order \\d+', 'i')",
         "TRUE",
         resolve_regexp_like,
         prepare_regexp},
        {"SIMILAR_TO",
         {},
         "text SIMILAR TO pattern",
         "Whether the whole text fits an SQL pattern: % _ as in LIKE, and | * + ? {n,m} ( ) [ ].",
         "'abc' SIMILAR TO '(a|x)b_'",
         "TRUE",
         resolve_similar,
         prepare_similar},
        {"REGEXP_COUNT",
         {},
         "REGEXP_COUNT(text, pattern [, flags])",
         "How many matches there are, one after another.",
         "REGEXP_COUNT('a1b22', '\\d+')",
         "2",
         resolve_regexp_count,
         prepare_regexp},
        {"REGEXP_EXTRACT",
         {"REGEXP_SUBSTR"},
         "REGEXP_EXTRACT(text, pattern [, group])",
         "The first match, or a group of it; NULL without a match.",
         "REGEXP_EXTRACT('id=42;', 'id=(\\d+)', 1)",
         "'42'",
         resolve_regexp_extract,
         prepare_regexp_extract},
        {"REGEXP_INSTR",
         {},
         "REGEXP_INSTR(text, pattern [, flags])",
         "Where the first match starts, from 1; 0 without one.",
         "REGEXP_INSTR('ab12', '\\d')",
         "3",
         resolve_regexp_instr,
         prepare_regexp},
        {"REGEXP_REPLACE",
         {},
         "REGEXP_REPLACE(text, pattern, by [, flags])",
         "The text with every match replaced; \\1 or $1 in by is a group.",
         "REGEXP_REPLACE('2024-01', '(\\d+)-(\\d+)', '$2/$1')",
         "'01/2024'",
         resolve_regexp_replace,
         prepare_regexp_replace},
    };
    return kFunctions;
}

}  // namespace velo::engine
