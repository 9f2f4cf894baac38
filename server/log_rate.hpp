// How often the same thing is said: a few times at once, then at most every ten seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/time.hpp"

namespace velo::server {

/// Per code and job. Lines without a code are not limited: they are not repeated by data.
/// Bounds: at most kMaxKnown pairs are remembered; the oldest is forgotten.
/// Thread: one at a time.
class LogRate {
public:
    static constexpr Duration kInterval = std::chrono::seconds{10};
    static constexpr std::size_t kMaxKnown = 1000;

    /// Nothing: say nothing now. Otherwise how many lines were held back since the last one. `burst`: how many may come
    /// within one interval before any is held back.
    [[nodiscard]] std::optional<std::uint64_t> admit(std::string_view code, std::string_view job,
                                                     EventTime now, std::uint32_t burst = 1);

private:
    struct Said {
        EventTime at;             // The first of this interval.
        std::uint32_t lines = 1;  // In this interval.
        std::uint64_t held_back = 0;
    };
    std::map<std::pair<std::string, std::string>, Said> said_;
};

}  // namespace velo::server
