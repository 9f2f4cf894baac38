#include "engine/plan/unsupported.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace velo::engine {

namespace {

struct Instead {
    std::string_view functions;  // Upper case, a blank before and after each.
    std::string_view text;
};

constexpr std::array kInstead{
    Instead{" LEAD ",
            "a row is answered when the watermark has passed it, and the next one may never come; "
            "take LAG from the later row"},
    Instead{" NTILE PERCENT_RANK CUME_DIST ",
            "it needs all rows of a partition, and a stream never ends; there are ROW_NUMBER, RANK "
            "and DENSE_RANK OVER (PARTITION BY … ORDER BY the event time)"},
    Instead{" COLLECT ",
            "ARRAY_AGG(x) gives the values as an array, STRING_AGG(x, ',') as one text"},
    Instead{" EARLIEST_BY_OFFSET LATEST_BY_OFFSET ",
            "use FIRST(x) and LAST(x), which go by event time, then source partition and offset"},
    Instead{
        " DELTA SKEWNESS KURTOSIS REGR_COUNT REGR_AVGX REGR_AVGY REGR_SXX REGR_SXY REGR_SYY ",
        "this aggregate is not supported; there are LAST(x) - FIRST(x), STDDEV, CORR, COVAR_POP "
        "and REGR_SLOPE"},
    Instead{" NOW CURRENT_TIMESTAMP CURRENT_DATE CURRENT_TIME LOCALTIMESTAMP RANDOM "
            "RAND UUID ",
            "answers depend on the data alone, so that a replay gives them again; use "
            "'_event_time' or '_timestamp'"},
    Instead{" TUMBLE_START WINDOW_START WINDOWSTART HOP_START SESSION_START ",
            "the start of a row's window is the column '_window_start'"},
    Instead{" TUMBLE_END WINDOW_END WINDOWEND HOP_END SESSION_END ",
            "the end of a row's window is the column '_window_end'"},
    Instead{" TUMBLE HOP TUMBLING HOPPING SLIDING SESSION ",
            "windows are a clause after GROUP BY: WINDOW TUMBLING (time, 1m)"},
    Instead{" ROWTIME PROCTIME ", "the event time is the column '_event_time'"},
    Instead{
        " HEADER HAS_HEADER HEADER_KEYS SET_HEADER REMOVE_HEADER ",
        "record headers are not supported yet; '_key', '_topic', '_partition' and '_offset' are"},
    Instead{" JSON_OBJECT JSON_ARRAY JSON_OBJECTAGG JSON_ARRAYAGG JSON_RECORDS ",
            "the output is JSON already, nested values too; or write TO_JSON(STRUCT(a := x)), "
            "TO_JSON(ARRAY[x, y])"},
    Instead{" EXPLODE_OUTER POSEXPLODE POSEXPLODE_OUTER INLINE FLATTEN JSON_TABLE ",
            "rows of an array are FROM … [LEFT] JOIN UNNEST(array) [WITH ORDINALITY] AS name ON "
            "TRUE"},
    Instead{
        " PARSE_JSON TRY_PARSE_JSON JSON_PARSE ",
        "JSON without a type stays a text, which JSON_VALUE(text, path) looks into; with one it "
        "is FROM_JSON(text, 'STRUCT<…>')"},
    Instead{" TO_CHAR TO_NUMBER ",
            "its patterns differ from system to system; use FORMAT_TIMESTAMP(time, 'yyyy-MM-dd "
            "HH:mm:ss') or CAST"},
    Instead{" GEN_RANDOM_UUID GENERATE_UUID UUIDGEN ",
            "answers depend on the data alone; UUID_V5(namespace, name) makes the same UUID each "
            "time"},
    Instead{" REGEXP_MATCH REGEXP_EXTRACT_ALL REGEXP_SPLIT REGEXP_SPLIT_TO_ARRAY "
            "REGEXP_MATCHES_ALL ",
            "SPLIT(text, delimiter) gives an array, REGEXP_EXTRACT(text, pattern, group) one part"},
};

void refuse_select(const sql::Select& select, Mistakes& mistakes) {
    if (select.from.subquery) refuse_unsupported(*select.from.subquery, mistakes);
    for (const sql::Join& join : select.joins) {
        mistakes.add(join.place, "JOIN is not supported yet; a query reads one source");
    }
}

}  // namespace

void refuse_unsupported(const sql::Query& query, Mistakes& mistakes) {
    for (const sql::Query::Named& named : query.with) refuse_unsupported(*named.query, mistakes);
    for (const sql::Select& select : query.selects) refuse_select(select, mistakes);
}

std::string instead_of_function(std::string_view function) {
    std::string word = " ";
    for (const char c : function)
        word += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    word += ' ';
    const auto found = std::ranges::find_if(kInstead, [&](const Instead& entry) {
        return entry.functions.find(word) != std::string_view::npos;
    });
    return found == kInstead.end() ? std::string{} : std::string(found->text);
}

}  // namespace velo::engine
