// Whether configuration files have changed: for --watch.
#pragma once

#include <string>
#include <vector>

namespace velo::server {

/// Watches folders, not files: editors and ConfigMaps put a new file in an old one's place.
/// Thread:  one.
class FileWatch {
public:
    FileWatch();
    ~FileWatch();
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Watches these from now on, and no others. A folder that cannot be watched is not.
    void watch(const std::vector<std::string>& folders);
    /// Readable when something happened.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// Takes what happened: whether a *.yaml or *.yml came, went or was written, or a ConfigMap was swapped.
    [[nodiscard]] bool take_changes() const;

private:
    int descriptor_;
    std::vector<int> watches_;
};

}  // namespace velo::server
