// Hands the samples of jobs to those who look at them: everyone sees the same ones, each at most so many a second.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/job/job_table.hpp"
#include "server/runtime/tap.hpp"

namespace velo::server {

/// `source`, `sink`, `dlq`.
[[nodiscard]] std::string_view tap_point_name(runtime::TapPoint point) noexcept;
/// The error says what it can be.
[[nodiscard]] std::expected<runtime::TapPoint, std::string> tap_point_of(std::string_view name);

/// One sample as JSON: what is no UTF-8 is base64; values of headers that are named like secrets are ***.
[[nodiscard]] std::string tap_sample_json(runtime::TapPoint point,
                                          const runtime::TapSample& sample);

/// Thread:  the HTTP server's.
/// Invariants: (1) a pipeline is asked for samples only while somebody looks at its job. (2) what is kept is bounded.
class TapDesk {
public:
    /// How often a looker's stream is served, and how much it gets then: 100 samples a second.
    static constexpr int kEveryMs = 200;
    static constexpr std::size_t kMostPerTurn = 20;

    explicit TapDesk(JobTable& jobs) : jobs_(jobs) {}
    TapDesk(const TapDesk&) = delete;
    TapDesk& operator=(const TapDesk&) = delete;

    /// One looker's stream of server-sent events, from now on: `state` first and whenever the job's changes, `sample`, and
    /// `gone` before the end. After `limit` samples it ends; 0: never. Must not outlive the desk.
    [[nodiscard]] std::function<std::optional<std::string>()> look(std::string job,
                                                                   runtime::TapPoint point,
                                                                   std::uint64_t limit);

private:
    using Place = std::pair<std::string, runtime::TapPoint>;
    struct Shown {
        int lookers = 0;
        std::uint64_t next = 0;        // The number of the sample that comes next.
        std::deque<std::string> last;  // Those before it, as JSON.
    };
    class Looker;

    Shown& enter(const Place& place);
    void leave(const Place& place);
    /// The job's state and what is the matter with it, as JSON; nullopt when the job is gone. Takes what has come.
    [[nodiscard]] std::optional<std::string> serve(const Place& place, Shown& shown);

    JobTable& jobs_;
    std::map<Place, Shown> shown_;
};

}  // namespace velo::server
