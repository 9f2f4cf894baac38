// The sources of the scenarios, and short words for binding queries over them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/plan/binder.hpp"

namespace velo::engine {

inline SourceDeclaration declared(std::string name, Schema schema, std::string event_time = {},
                                  Duration lateness = {}) {
    SourceDeclaration source;
    source.name = std::move(name);
    source.schema = std::move(schema);
    source.event_time_column = std::move(event_time);
    source.lateness = lateness;
    return source;
}

inline Field field(std::string name, Type type) {
    Field out;
    out.name = std::move(name);
    out.type = type;
    return out;
}

/// orders (S0), market_rows (S1), market_data (S2), trades (S3), and files: records without timestamps.
inline BindOptions scenarios() {
    using std::chrono::seconds;
    BindOptions options;
    options.sources = {
        declared("orders", {field("order_id", kBigint), field("customer_id", kBigint),
                            field("order_date", kString), field("total_amount", kDouble),
                            field("note", kString)}),
        declared(
            "market_rows",
            {field("symbol", kString), field("price", kDouble), field("timestamp", kTimestamp)},
            "timestamp"),
        declared("market_data", {field("symbol", kString), field("price", kDouble),
                                 field("quantity", kBigint), field("timestamp", kTimestamp)}),
        declared(
            "trades",
            {field("trader_id", kString), field("symbol", kString), field("price", kDouble),
             field("quantity", kBigint), field("trade_time", kTimestamp), field("note", kString)},
            "trade_time", seconds{5}),
        declared("lines",
                 {field("a", kBigint), field("b", decimal_type(10, 2)), field("c", kString),
                  field("at", kTimestamp), field("day", kDate), field("ok", kBoolean)}),
    };
    options.sources.back().record_timestamps = false;
    return options;
}

inline Plan bound(std::string_view sql) { return bind_query(sql, scenarios()); }

/// `line:column: text` of every mistake of the query; a query without one gives none.
inline std::vector<std::string> mistakes(std::string_view sql,
                                         const BindOptions& options = scenarios()) {
    try {
        static_cast<void>(bind_query(sql, options));
    } catch (const Error& error) {
        std::vector<std::string> lines;
        for (const Mistake& mistake : error.mistakes()) lines.push_back(mistake.line());
        return lines;
    }
    return {};
}

using Lines = std::vector<std::string>;

}  // namespace velo::engine
