// The built daemon as a user sees it: started with arguments, watched through its output, its exit code and HTTP.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace velo::tests {

/// A folder of its own for one test, gone with it.
class TestFolder {
public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Writes a file and returns its path.
    std::string write(const std::string& name, const std::string& text) const;
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }
    [[nodiscard]] std::string read(const std::string& name) const;

private:
    std::filesystem::path path_;
};

/// How a finished run ended.
struct Ended {
    int exit_code = -1;  // 128 + signal when a signal ended it.
    std::string out;
    std::string err;
};

/// One run of `velostream` with the given arguments. Killed in the destructor if it still runs.
class Daemon {
public:
    /// `environment` is added to the test's own: {"VELO_CRASH_AT", "before_commit"}.
    explicit Daemon(const std::vector<std::string>& arguments, const std::string& input = {},
                    const std::vector<std::pair<std::string, std::string>>& environment = {});
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    void signal(int number) const;
    /// Waits for the end; std::runtime_error with the output so far when it takes longer.
    [[nodiscard]] Ended wait(std::chrono::seconds deadline = std::chrono::seconds{120});
    [[nodiscard]] bool is_running();
    [[nodiscard]] std::string err() const;
    /// For a person: its log, and its jobs or how it ended.
    [[nodiscard]] std::string report();
    [[nodiscard]] pid_t process_id() const noexcept { return process_; }

    /// The port it says it listens on; waits for that line.
    [[nodiscard]] std::uint16_t port();
    struct Answer {
        int status = 0;
        std::string body;
    };
    /// GETs a path; status 0 when nothing answers.
    [[nodiscard]] Answer get(const std::string& path);
    /// As get, with another method and lines of headers (`A: b\r\n`).
    [[nodiscard]] Answer ask(const std::string& method, const std::string& path,
                             const std::string& headers = {});
    /// Sums the series of a metric whose labels contain `labels` (`job_name="x"`); nullopt when there is none.
    [[nodiscard]] std::optional<double> metric(const std::string& name,
                                               const std::string& labels = {});
    /// Asks again until the condition holds; std::runtime_error with the log after the deadline.
    template <class Condition>
    void wait_until(Condition&& condition,
                    std::chrono::seconds deadline = std::chrono::seconds{60}) {
        const auto end = std::chrono::steady_clock::now() + deadline;
        while (!condition()) give_up_after(end);
    }

private:
    void give_up_after(std::chrono::steady_clock::time_point end);

    TestFolder folder_;
    pid_t process_ = 0;
    std::optional<int> status_;
    std::uint16_t port_ = 0;
};

/// Runs to the end.
[[nodiscard]] Ended run_velostream(const std::vector<std::string>& arguments,
                                   const std::string& input = {});

/// The numbers of a summary line.
struct Summary {
    std::uint64_t in = 0, answered = 0, filtered = 0, late = 0, dead_lettered = 0, dropped = 0,
                  out = 0;
    [[nodiscard]] bool balances() const noexcept {
        return in == answered + filtered + late + dead_lettered + dropped;
    }
};
/// Of the job, from what `run --until-end` wrote to standard error; std::runtime_error when there is none.
[[nodiscard]] Summary summary_of(const std::string& job, const std::string& err);

/// The raw text of a field of a flat JSON object (`"x"` with its quotes); empty when it is not there.
[[nodiscard]] std::string json_field(const std::string& json, const std::string& name);

}  // namespace velo::tests
