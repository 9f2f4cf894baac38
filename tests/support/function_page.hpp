// docs/sql/functions.md: the lists of functions as a page.
#pragma once

#include <string>

namespace velo::engine {

/// The rows that the examples of aggregates are over: the source of a SELECT … FROM trades.
struct ExampleTrades {
    static constexpr const char* kColumns =
        "at TIMESTAMP, symbol STRING, price DOUBLE, quantity BIGINT";
    static constexpr const char* kRows[] = {
        "00:00:01  A     10    1", "00:00:02  B     20    2", "00:00:03  A     40    2",
        "00:00:04  B     30    4", "00:00:05  NULL  NULL  6",
    };
};

[[nodiscard]] std::string function_page();

}  // namespace velo::engine
