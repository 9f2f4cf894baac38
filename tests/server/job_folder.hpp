// A folder of configuration files for a test, removed at its end.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>

#include "config/environment.hpp"

namespace velo::server {

class JobFolder {
public:
    JobFolder()
        : path_(std::filesystem::temp_directory_path() /
                ("velo_jobs_" + std::to_string(getpid()))) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~JobFolder() { std::filesystem::remove_all(path_); }
    JobFolder(const JobFolder&) = delete;
    JobFolder& operator=(const JobFolder&) = delete;

    /// Writes a file and returns its path.
    std::string write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
        return file.string();
    }
    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (path_ / name).string();
    }
    /// `text` without the name of this folder, so that tests can pin it.
    [[nodiscard]] std::string relative(std::string text) const {
        for (std::size_t at = text.find(path()); at != std::string::npos; at = text.find(path()))
            text.erase(at, path().size() + 1);
        return text;
    }

private:
    std::filesystem::path path_;
};

/// A job that is right; `output` names its sink's file.
inline std::string good_job(const std::string& name, const std::string& output = "-") {
    return "name: " + name +
           "\nsources:\n  trades:\n    file: {path: in.jsonl}\n    schema: {symbol: STRING, price: "
           "DOUBLE, at: TIMESTAMP}\n"
           "    event_time: {column: at}\nquery: |\n  SELECT symbol, price\n  FROM trades\n  WHERE "
           "price > 0\nsink:\n  file: {path: \"" +
           output + "\"}\n";
}

inline config::Environment no_variables() {
    return [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
}

}  // namespace velo::server
