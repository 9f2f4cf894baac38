// Places where a test lets the process die, to see that nothing is lost and nothing comes twice.
#pragma once

#include <array>
#include <string_view>

namespace velo {

/// Every place in a producer's life, so that a test can go through them all …
inline constexpr std::array<std::string_view, 12> kCrashPoints = {
    "before_init",   "after_init",   "before_begin",   "after_begin",
    "mid_produce",   "acknowledged", "before_offsets", "after_offsets",
    "before_commit", "after_commit", "after_abort",    "in_resend",
};

/// … and in a run's. `first_commit` is passed once in a job's life.
inline constexpr std::array<std::string_view, 12> kRunCrashPoints = {
    "first_commit", "leading", "opened", "recovered",     "restoring", "restored",
    "cut",          "closed",  "saving", "before_header", "saved",     "round_ended",
};

/// One of them; another name does not compile.
class CrashPoint {
public:
    consteval CrashPoint(const char* name) : name_(name) {  // NOLINT(google-explicit-constructor)
        bool is_known = false;
        for (const std::string_view each : kCrashPoints) is_known = is_known || each == name_;
        for (const std::string_view each : kRunCrashPoints) is_known = is_known || each == name_;
        if (!is_known) throw "no table names it";
    }
    [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }

private:
    std::string_view name_;
};

/// Kills the process, SIGKILL, when the environment's VELO_CRASH_AT is this name, or `name:3` at the third pass. Does
/// nothing unless the build has VELO_CRASH_POINTS.
void crash_point(CrashPoint point) noexcept;

}  // namespace velo
