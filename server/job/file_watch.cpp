#include "server/job/file_watch.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo::server {

namespace {

constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                   IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;

bool is_of_interest(std::string_view name) {
    return name.ends_with(".yaml") || name.ends_with(".yml") || name == "..data";
}

}  // namespace

FileWatch::FileWatch() : descriptor_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    VELO_ASSERT(descriptor_ >= 0, "files can be watched");
}

FileWatch::~FileWatch() { close(descriptor_); }

void FileWatch::watch(const std::vector<std::string>& folders) {
    // Also those that are watched: a folder that was put in the place of another is not yet.
    std::vector<int> watches;
    for (const std::string& folder : folders) {
        const int watch = inotify_add_watch(descriptor_, folder.c_str(), kChanges);
        if (watch >= 0) watches.push_back(watch);
    }
    for (const int watch : watches_) {
        if (std::ranges::find(watches, watch) == watches.end())
            inotify_rm_watch(descriptor_, watch);
    }
    watches_ = std::move(watches);
}

bool FileWatch::take_changes() const {
    bool changed = false;
    alignas(inotify_event) std::array<char, 16 * 1024> bytes;
    for (;;) {
        const ssize_t size = read(descriptor_, bytes.data(), bytes.size());
        if (size <= 0) return changed;
        for (ssize_t at = 0; at < size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
            const std::string_view name = event->len == 0 ? "" : event->name;
            changed = changed || is_of_interest(name) ||
                      (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        }
    }
}

}  // namespace velo::server
