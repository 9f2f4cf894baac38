#include "server/log_rate.hpp"

#include <algorithm>

namespace velo::server {

std::optional<std::uint64_t> LogRate::admit(std::string_view code, std::string_view job,
                                            EventTime now, std::uint32_t burst) {
    if (code.empty()) return 0;
    const auto [found, is_new] =
        said_.try_emplace(std::pair(std::string(code), std::string(job)), Said{now});
    if (is_new) {
        if (said_.size() > kMaxKnown)
            said_.erase(std::ranges::min_element(said_, {},
                                                 [](const auto& each) { return each.second.at; }));
        return 0;
    }
    Said& said = found->second;
    if (now >= said.at &&
        now - said.at < kInterval) {  // A clock that was set back does not silence anything.
        if (said.lines < burst) {
            ++said.lines;
            return 0;
        }
        ++said.held_back;
        return std::nullopt;
    }
    said.at = now;
    said.lines = 1;
    return std::exchange(said.held_back, 0);
}

}  // namespace velo::server
