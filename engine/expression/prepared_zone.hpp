// A time zone that a call names by a literal.
#pragma once

#include "engine/expression/expression.hpp"
#include "engine/expression/time_zone.hpp"

namespace velo::engine {

struct PreparedZone : Prepared {
    explicit PreparedZone(TimeZone found) : zone(found) {}
    TimeZone zone;
};

inline constexpr std::string_view kZoneWanted =
    "wants its time zone as a literal; write 'Europe/Berlin'";

}  // namespace velo::engine
