#include "engine/plan/inner_state.hpp"

#include <string_view>

#include <fmt/format.h>

namespace velo::engine {

void refuse_inner_state(const sql::Select& select, const BoundQuery& query, Mistakes& mistakes) {
    if (!select.order_by.empty())
        mistakes.add(select.order_by_place,
                     "ORDER BY in a query in FROM is not supported yet; write ORDER BY … LIMIT "
                     "in the last SELECT");
    if (select.distinct)
        mistakes.add(select.distinct_place,
                     "DISTINCT in a query in FROM is not supported yet; write it in the last "
                     "SELECT, or let another job do it");
    if (select.limit)
        mistakes.add(select.limit_place,
                     "LIMIT in a query in FROM is not supported yet; write it in the last "
                     "SELECT");
    if (query.grouped) return;
    if (query.calls.buffer) {
        mistakes.add(query.calls.over.empty() ? select.place : query.calls.over.front().place,
                     "OVER in a query in FROM is not supported yet; let another job write it "
                     "to a topic and read that");
    }
    const auto& emit = select.emit;
    if (emit && (emit->kind == sql::Emit::Kind::Final || emit->every))
        mistakes.add(emit->place, "only the last SELECT writes anything; leave EMIT out here");
}

void refuse_rows_of_arrays(const Relation& from, const BoundQuery& query, Mistakes& mistakes) {
    if (query.unnests.empty()) return;
    const bool is_framed = query.calls.buffer && query.calls.buffer->rows == 0;
    const std::string_view beside = from.united     ? "beside UNION ALL"
                                    : from.answered ? "over the answers of groups"
                                    : is_framed     ? "beside OVER (PARTITION BY … ORDER BY …)"
                                                    : "";
    if (beside.empty()) return;
    mistakes.add(query.unnests.back().array->place,
                 fmt::format("UNNEST {} is not supported yet; let another job make the rows, and "
                             "read its topic",
                             beside));
}

void refuse_member_state(const sql::Select& select, const Relation& from, const BoundQuery& query,
                         Mistakes& mistakes) {
    if (from.answered)
        mistakes.add(select.place,
                     "a SELECT of a UNION ALL over the answers of groups is not supported yet; let "
                     "another job write them to a topic and read that");
    if (!query.unnests.empty())
        mistakes.add(query.unnests.back().array->place,
                     "UNNEST beside UNION ALL is not supported yet; let another job make the rows, "
                     "and read its topic");
    const auto refuse = [&](const Place& place, std::string_view what, std::string_view instead) {
        mistakes.add(place, fmt::format("{} in a SELECT of a UNION ALL is not supported yet; {}",
                                        what, instead));
    };
    constexpr std::string_view kOutside =
        "write it around all of them: SELECT … FROM (SELECT … UNION ALL SELECT …)";
    constexpr std::string_view kElsewhere =
        "let another job write it to a topic and read that, or group around all of them: "
        "SELECT … FROM (SELECT … UNION ALL SELECT …) GROUP BY …";
    if (select.distinct) refuse(select.distinct_place, "DISTINCT", kOutside);
    if (!select.order_by.empty()) refuse(select.order_by_place, "ORDER BY", kOutside);
    if (select.limit) refuse(select.limit_place, "LIMIT", kOutside);
    if (query.grouped) {
        refuse(select.place, "grouping rows", kElsewhere);
    } else if (query.calls.buffer) {
        refuse(query.calls.over.empty() ? select.place : query.calls.over.front().place, "OVER",
               kOutside);
    }
    const auto& emit = select.emit;
    if (emit && (emit->kind == sql::Emit::Kind::Final || emit->every))
        mistakes.add(emit->place, "the rows of a UNION ALL go on at once; leave EMIT out here");
}

}  // namespace velo::engine
