// Units of time as calendars count them: fixed ones in microseconds, months and longer in months.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "engine/data/value.hpp"

namespace velo::engine {

struct TimeUnit {
    std::string_view name;
    std::int64_t micros = 0;  // 0: `months` instead.
    std::int64_t months = 0;
};

/// The unit that a literal names (`MONTH`, `months`, `SQL_TSI_MONTH`); the error says which there are.
[[nodiscard]] std::expected<const TimeUnit*, std::string> find_time_unit(const Value* literal);

/// `time` plus so many months: the same day of the month, or its last one. False where that leaves 64 bits.
[[nodiscard]] bool add_months(std::int64_t time, std::int64_t months, std::int64_t& out) noexcept;

}  // namespace velo::engine
