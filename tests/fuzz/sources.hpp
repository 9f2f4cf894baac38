// The sources that the harnesses know.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "engine/plan/binder.hpp"
#include "engine/sql/parser.hpp"

namespace velo::engine {

/// A source whose first column is its event time.
inline SourceDeclaration declared(
    std::string name, std::initializer_list<std::pair<const char*, const char*>> columns) {
    SourceDeclaration source;
    source.name = std::move(name);
    for (const auto& [column, type] : columns)
        source.schema.push_back({.name = column, .type = sql::parse_type(type)});
    source.event_time_column = source.schema.front().name;
    return source;
}

/// One column of each type.
inline SourceDeclaration all_types(std::string name) {
    return declared(std::move(name),
                    {{"ts", "TIMESTAMP"},
                     {"k", "STRING"},
                     {"b", "BOOLEAN"},
                     {"i", "BIGINT"},
                     {"d", "DOUBLE"},
                     {"p", "DECIMAL(12,3)"},
                     {"x", "BYTES"},
                     {"day", "DATE"},
                     {"clock", "TIME"},
                     {"gap", "INTERVAL"},
                     {"tags", "ARRAY<STRING>"},
                     {"prices", "MAP<STRING, DECIMAL(10,2)>"},
                     {"who", "STRUCT<name STRING, at STRUCT<city STRING, no BIGINT>>"}});
}

}  // namespace velo::engine
