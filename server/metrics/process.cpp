#include "server/metrics/process.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace velo::server {

namespace {

using prometheus::MetricType;

double boot_time_seconds() {
    std::ifstream file("/proc/stat");
    for (std::string word; file >> word;) {
        if (word == "btime") {
            double seconds = 0;
            file >> seconds;
            return seconds;
        }
    }
    return 0;
}

}  // namespace

std::vector<Family> process_families() {
    std::vector<Family> families;
    const auto add = [&families](const char* name, const char* help, MetricType type,
                                 double value) {
        families.emplace_back(name, help, type).add({}, value);
    };
    std::ifstream file("/proc/self/stat");
    std::string line(std::istreambuf_iterator<char>(file), {});
    const std::size_t after_name =
        line.rfind(')');  // The name may hold spaces; what follows it does not.
    if (after_name != std::string::npos) {
        std::istringstream rest(line.substr(after_name + 2));
        std::vector<std::string> fields(std::istream_iterator<std::string>(rest), {});
        if (fields.size() > 21) {
            const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
            const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
            add("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
                MetricType::Counter, (std::stod(fields[11]) + std::stod(fields[12])) / ticks);
            add("process_start_time_seconds", "Start time of the process, in seconds since 1970.",
                MetricType::Gauge, boot_time_seconds() + std::stod(fields[19]) / ticks);
            add("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge,
                std::stod(fields[20]));
            add("process_resident_memory_bytes", "Resident memory size in bytes.",
                MetricType::Gauge, std::stod(fields[21]) * page);
        }
    }
    std::error_code ignored;
    const auto descriptors = std::filesystem::directory_iterator("/proc/self/fd", ignored);
    if (!ignored)
        add("process_open_fds", "Open file descriptors.", MetricType::Gauge,
            static_cast<double>(std::distance(begin(descriptors), end(descriptors))));
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        add("process_max_fds", "Most file descriptors that may be open.", MetricType::Gauge,
            static_cast<double>(limit.rlim_cur));
    }
    return families;
}

}  // namespace velo::server
