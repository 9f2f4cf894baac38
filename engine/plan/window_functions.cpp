#include "engine/plan/window_functions.hpp"

#include <algorithm>

#include "engine/base/error.hpp"

namespace velo::engine {

std::span<const WindowFunction> window_functions() {
    using enum WindowFunction::Kind;
    static const std::vector<WindowFunction> kFunctions{
        {RowNumber, "ROW_NUMBER", "ROW_NUMBER()", "The row's number in its partition, from 1.",
         "ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY at)", "1, 1, 2, 2, 1"},
        {Rank, "RANK", "RANK()",
         "The number of the first row with this row's event time: rows of one time have one rank, "
         "and the next one is as much higher.",
         "RANK() OVER (ORDER BY at)", "1, 2, 3, 4, 5"},
        {DenseRank, "DENSE_RANK", "DENSE_RANK()",
         "How many different event times there have been, this row's among them.",
         "DENSE_RANK() OVER (PARTITION BY symbol ORDER BY at)", "1, 1, 2, 2, 1"},
        {Lag, "LAG", "LAG(x [, n [, default]])",
         "x of the row n (1) rows before in the partition; the default, or NULL, where there are "
         "not so many.",
         "LAG(price) OVER (PARTITION BY symbol ORDER BY at)", "NULL, NULL, 10, 20, NULL"},
        {FirstValue, "FIRST_VALUE", "FIRST_VALUE(x)",
         "x of the first row of the frame, NULL or not; FIRST(x) passes over NULLs.",
         "FIRST_VALUE(price) OVER (ORDER BY at ROWS 1 PRECEDING)", "10, 10, 20, 40, 30"},
        {LastValue, "LAST_VALUE", "LAST_VALUE(x)",
         "x of the last row of the frame, NULL or not; LAST(x) passes over NULLs.",
         "LAST_VALUE(price) OVER (PARTITION BY symbol ORDER BY at)", "10, 20, 40, 30, NULL"},
        {NthValue, "NTH_VALUE", "NTH_VALUE(x, n)",
         "x of the n-th row of the frame, NULL or not; NULL where it has not so many. n is a "
         "number "
         "up to 1000.",
         "NTH_VALUE(price, 2) OVER (ORDER BY at ROWS 2 PRECEDING)", "NULL, 20, 20, 40, 30"},
    };
    return kFunctions;
}

const WindowFunction* find_window_function(std::string_view name) {
    const auto found = std::ranges::find_if(window_functions(), [&](const WindowFunction& one) {
        return equals_ignoring_case(one.name, name);
    });
    return found == window_functions().end() ? nullptr : &*found;
}

}  // namespace velo::engine
