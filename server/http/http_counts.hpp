// How often which path was asked, and what became of it.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace velo::server {

/// Bounds:  by the routes there are (what is none of them counts as `other`) and the codes they answer with.
/// Thread:  the HTTP server's, which also answers the scrape.
class HttpCounts {
public:
    /// `route` is a constant of the table of routes, or empty.
    void add(std::string_view route, unsigned code) {
        ++counts_[{route.empty() ? "other" : route, code}];
    }
    [[nodiscard]] const std::map<std::pair<std::string_view, unsigned>, std::uint64_t>& all()
        const noexcept {
        return counts_;
    }

private:
    std::map<std::pair<std::string_view, unsigned>, std::uint64_t> counts_;
};

}  // namespace velo::server
