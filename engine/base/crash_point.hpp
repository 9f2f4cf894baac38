// Places where a test lets the process die, to see that nothing is lost and nothing comes twice.
#pragma once

#include <array>
#include <string_view>

namespace velo {

/// Every place there is, so that a test can go through them all.
inline constexpr std::array<std::string_view, 12> kCrashPoints = {
    "before_init",   "after_init",   "before_begin",   "after_begin",
    "mid_produce",   "acknowledged", "before_offsets", "after_offsets",
    "before_commit", "after_commit", "after_abort",    "in_resend",
};

/// One of kCrashPoints; another name does not compile.
class CrashPoint {
public:
    consteval CrashPoint(const char* name) : name_(name) {  // NOLINT(google-explicit-constructor)
        bool is_known = false;
        for (const std::string_view each : kCrashPoints) is_known = is_known || each == name_;
        if (!is_known) throw "kCrashPoints does not name it";
    }
    [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }

private:
    std::string_view name_;
};

#ifdef VELO_CRASH_POINTS
/// Kills the process, SIGKILL, when the environment's VELO_CRASH_AT is this name, or `name:3` at the third pass.
void crash_point(CrashPoint point) noexcept;
#else
inline void crash_point(CrashPoint) noexcept {}
#endif

}  // namespace velo
