// NTH_VALUE(x, n) of a frame: an aggregate that only OVER has.
#pragma once

#include "engine/aggregate/aggregate.hpp"

namespace velo::engine {

inline constexpr std::int64_t kMostNth = 1'000;

/// Takes arrays of one, which are no NULLs, and n, a number from 1 to kMostNth: the n-th array by event time, source
/// partition and offset; NULL where there are not so many.
[[nodiscard]] const AggregateFunction& nth_value_function();

}  // namespace velo::engine
