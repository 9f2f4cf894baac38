// The status page: files that are part of the program.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace velo::server {

struct PageFile {
    std::string_view path;  // `/app.js`
    std::string_view content_type;
    std::string_view content;
    std::string etag;  // Of the content, quotes included.
};

/// All of server/page/.
[[nodiscard]] std::span<const PageFile> page_files();

}  // namespace velo::server
